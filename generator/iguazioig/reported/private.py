"""What of a function must not be shown: nobody has looked through it for credentials, as everybody has through a graph.

What may also be something else counts here: a value too little in a report is a nuisance, one too much is for ever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..credentials import is_reference, may_be_credential
from .config import text_of

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SAYING = ("credential", "passcode", "passphrase", "passw", "secret")
_WORDS = frozenset(
    {
        "auth", "authorization", "cookie", "cred", "creds", "dsn", "jwt", "licence", "license", "otp", "pat", "pin",
        "pw", "pwd", "salt", "session", "sid", "sig", "signature", "token", "tokens",
    }
)  # fmt: skip
_COLUMNS = frozenset(
    {"column", "foreign", "group", "message", "partition", "primary", "routing", "row", "sort"}
)
_HARMLESS = re.compile(r"true|false|null|none|[0-9]{1,4}[a-z]{0,2}", re.IGNORECASE)
_PAIR = re.compile(
    r"(?P<name>-{0,2}[A-Za-z_][\w.-]*)(?=[\"'\s]{0,4}(?P<sign>[=:,]?)[\"'\s]{0,9}(?P<value>[^\s\"',;&|}\]]{1,99}))"
)
"""Looked at from each name; the value may be the name of another."""
_USER = re.compile(r"://(?!git@)[^/\s]*@|\b(?:Bearer|Basic)\s+\S{8}")
_PLACES = frozenset({"args", "arguments", "codeEntryAttributes", "command", "headers", "sidecars"})
_REFERENCES = frozenset({"configMapKeyRef", "secretKeyRef", "secretRef"})
"""Below these stands which Secret, and which key of it."""

_PROGRAMS = "apk|apt|apt-get|chmod|chown|conda|cp|dnf|ldconfig|ln|mamba|microdnf|mkdir|mv|pip3?|python3? -m pip|rm|touch|yum"
_PLAIN = re.compile(rf"(?:{_PROGRAMS})(?: [^\s|<>`$]+)*")
_PROGRAM = re.compile(r"[a-z][a-z0-9.-]{0,19}")


def is_private(keys: Sequence[str], value: Any) -> bool:
    """Whether the value at some keys of a function's configuration may be a credential, or have one in it."""
    text = text_of(value)
    if not _REFERENCES.isdisjoint(keys):
        return may_be_credential("", text)
    if not _PLACES.isdisjoint(keys) or is_private_text(keys[-1], text):
        return True
    return "commands" in keys and not _is_plain(text)


def is_private_text(name: str, text: str) -> bool:
    """Whether a text that has a name, such as a variable's, may be a credential, or have one in it."""
    if may_be_credential(name, text) or _USER.search(text):
        return True
    return (_is_telling(name) and not _is_harmless(text)) or _has_pair(text)


def shown_command(text: str) -> str:
    """A build command as it may be shown: all of a plain one, of another its program."""
    if _is_plain(text) and not is_private_text("", text):
        return text
    program = text.split()[0] if text.split() else ""
    return f"{program} …" if _PROGRAM.fullmatch(program) else "…"


def _is_plain(text: str) -> bool:
    return all(_PLAIN.fullmatch(each.strip()) for each in re.split(r"&&|;", text))


def _is_telling(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if any(each in name.lower() for each in _SAYING) or not _WORDS.isdisjoint(words):
        return True
    if any(word.endswith("pass") for word in words):
        return True
    pairs = zip(["", *words], words, strict=False)
    return any(word in ("key", "keys") and before not in _COLUMNS for before, word in pairs)


def _is_harmless(text: str) -> bool:
    return is_reference(text) or _HARMLESS.fullmatch(text) is not None


def _has_pair(text: str) -> bool:
    """Whether a text names something that says `credential`, and its value: `password=…`, `"token": "…"`, `--secret …`."""
    return any(map(_is_pair, _PAIR.finditer(text)))


def _is_pair(found: re.Match[str]) -> bool:
    is_said = bool(found["sign"]) or found["name"].startswith("-")
    return is_said and _is_telling(found["name"]) and not _is_harmless(found["value"])
