"""Values as YAML source that YAML 1.1 and 1.2 read alike, and that yamllint has nothing to say about."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from .escapes import escape, is_visible

WIDTH = 80

_PLAIN = re.compile(
    r"[A-Za-z/][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./-]+|://[A-Za-z0-9_./:-]*[A-Za-z0-9_/-])?"
)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_SINGLE_SPACES = re.compile(r"[^ ]+( [^ ]+)*")
_WORD = re.compile(r"(?:[^ \\]|\\[^n])+ *(?:\\n)?| +(?:\\n)?|\\n")
_LONG_WORD = 60
_CHARACTER = re.compile(r"\\U.{8}|\\u.{4}|\\x..|\\.|.")


def plain(text: str, *, after: str = "") -> str:
    """The text without quotes where every reader takes it as text, else in double quotes.

    `after` is what stands before it in its first line: where that line gets too long, the text goes on below.
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and len(after + text) <= WIDTH:
        return text
    return quoted(text, after=after)


def quoted(text: str, *, after: str = "") -> str:
    """The text in double quotes with what is hidden escaped; folded over several lines where one gets too long.

    A lone surrogate, which no graph holds, has no YAML: libyaml refuses its escape.
    """
    line = f'"{_in_quotes(text)}"'
    if not after or len(after + line) <= WIDTH:
        return line
    indent = len(after) - len(after.lstrip(" -")) + 2
    lines = _fold(text, indent) if _folds(text) else _break(text, indent)
    return f"\n{' ' * indent}".join(lines)


def flow_mapping(pairs: Mapping[str, str]) -> str:
    """A mapping in one line; its values are YAML already."""
    return f"{{{', '.join(f'{plain(key)}: {value}' for key, value in pairs.items())}}}"


def flow_list(texts: Iterable[str]) -> str:
    """A list of texts in one line."""
    return f"[{', '.join(map(plain, texts))}]"


def _in_quotes(text: str) -> str:
    return escape(text).replace('"', '\\"')


def _folds(text: str) -> bool:
    """Whether a folded block says the text: it knows no escapes, and makes one space of a line break."""
    return is_visible(text) and _SINGLE_SPACES.fullmatch(text) is not None


def _fold(text: str, indent: int) -> list[str]:
    wrapped = textwrap.wrap(text, WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return [">-", *wrapped]


def _break(text: str, indent: int) -> list[str]:
    """Lines in double quotes; the backslash at the end of one takes its line break away."""
    lines = ['"']
    for piece in _pieces(_in_quotes(text)):
        is_full = len(lines) == 1 or indent + len(lines[-1] + piece) >= WIDTH
        if is_full or lines[-1].endswith("\\n"):
            # Spaces at the beginning of a line would be taken for its indentation.
            lines.append("\\" + piece if piece.startswith(" ") else piece)
        else:
            lines[-1] += piece
    return [*(line + "\\" for line in lines[:-1]), lines[-1] + '"']


def _pieces(escaped: str) -> Iterator[str]:
    """Words with the spaces and the line break that follow; a word that is too long for a line in characters."""
    for word in _WORD.findall(escaped):
        yield from [word] if len(word) <= _LONG_WORD else _CHARACTER.findall(word)
