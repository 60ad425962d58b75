"""Whether two values of a field mean the same, and what may be shown of them."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from ..quantities import quantity, seconds
from ..reported.config import text_of
from ..reported.private import is_private
from .fields import Keys

ABSENT: Final = None
"""What stands where there is no value."""

HIDDEN = "(not shown)"

_MASKED = "$ref:"
_DURATION = re.compile(r".*(Timeout|Interval)")
_KINDS = {"v3io-stream": "v3ioStream"}
_LEVELS = {"warning": "warn"}


def is_masked(value: Any) -> bool:
    """Whether the platform keeps the value in a Secret, and says only where (pkg/functionconfig/scrubber.go)."""
    return isinstance(value, str) and value.startswith(_MASKED)


def is_same(keys: Keys, one: Any, other: Any) -> bool:
    """Whether two values mean the same."""
    return bool(one == other or _meaning(keys, text_of(one)) == _meaning(keys, text_of(other)))


def _meaning(keys: Keys, text: str) -> Any:
    try:
        if keys[:2] == ("spec", "resources"):
            return quantity(text)
        if _DURATION.fullmatch(keys[-1]):
            return seconds(text)
    except (ArithmeticError, LookupError, ValueError):
        return text
    words = {"kind": _KINDS, "level": _LEVELS}.get(keys[-1], {})
    return words.get(text, text)


def is_hidden(keys: Keys, *values: Any) -> bool:
    """Whether one of the values may be a credential: then none is shown."""
    return any(is_private(keys, each) for each in values if each is not ABSENT)


def shown(value: Any) -> str:
    """A value in one line of a table; a dash for none."""
    if value is ABSENT:
        return "–"
    return json.dumps(value, ensure_ascii=False) if value in ("", "–") else text_of(value)
