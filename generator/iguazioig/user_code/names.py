"""Module names that a step folder has no room for."""

from __future__ import annotations

import sys

# Beside the user's modules in the folder of every step; compared without case, because folders of some machines are.
_GENERATED = frozenset(
    {
        "handler",
        "delivery",
        "delivery_batches",
        "delivery_duplicates",
        "delivery_letters",
        "delivery_outputs",
        "delivery_record",
    }
)

# The step folder is copied over Nuclio's wrapper and comes first on sys.path (nuclio-facts 2.3, 2.4), so a user's module
# of one of these names would be imported by Nuclio's wrapper, by nuclio_sdk or by v3io's client.
_USED_BY_STEPS = """
_nuclio_wrapper nuclio_sdk msgpack v3io orjson requests urllib3 idna certifi charset_normalizer
"""
_LIBRARIES = frozenset(_USED_BY_STEPS.split())

# What Python 3.12 and 3.13 took out: whether a name is refused must not depend on who generates.
_REMOVED = """
asynchat asyncore distutils imp smtpd aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib
ossaudiodev pipes sndhdr spwd sunau telnetlib uu xdrlib
"""

_STANDARD = sys.stdlib_module_names | {*_REMOVED.split(), "__main__"}


def top_level(name: str) -> str:
    """The first part of a dotted name: what becomes a file or folder of the step."""
    return name.partition(".")[0]


def is_standard(name: str) -> bool:
    """Whether a module of the standard library answers to this (dotted) name."""
    return top_level(name) in _STANDARD


def conflict(name: str) -> str | None:
    """What the module `name` would stand in the way of, or None."""
    top = top_level(name)
    if top.casefold() in _GENERATED:
        return f"the generated `{top.casefold()}.py` of the step"
    if top in _LIBRARIES:
        return f"the library `{top}`, which every step runs on"
    return f"`{top}` of Python's standard library" if is_standard(top) else None
