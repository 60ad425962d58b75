"""Which characters stand in a file as they are, and the escapes of the others, which Python and YAML spell alike."""

from __future__ import annotations

import re

# Control characters, odd spaces, what has no width or turns the direction of reading, and what no file can hold. A fixed
# list: what Python itself calls printable depends on its version, and the output must not.
_HIDDEN = re.compile(
    "[\0-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ud800-\uf8ff\ufeff\ufff0-\ufffb\ufffe\uffff\U000e0000-\U0010ffff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    """The text as it stands between quotes, but for the quotes in it."""
    return show(text.replace("\\", "\\\\"))


def show(text: str) -> str:
    """The text with an escape for each character that cannot be seen."""
    return _HIDDEN.sub(_escape, text)


def is_visible(text: str) -> bool:
    """Whether every character of the text can be seen."""
    return _HIDDEN.search(text) is None


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
