"""What nuctl prints of functions, in each of the shapes in which it does: a list of mappings.

`nuctl get function -o json|yaml` is one function or a list, `nuctl export functions` one or a mapping by name, `nuctl export
project` has that mapping under `functions`; `kubectl get nucliofunctions -o json|yaml` has a list under `items`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ..document import parse, shorten
from ..errors import Location, Problem, ProblemsError
from .config import Config, part, word
from .plain import check_size, plain

MOST_BYTES = 64 * 1024 * 1024
"""JSON of nuctl has the log of each deployment in it."""

NOTHING = "No functions found"

_LOG_LINE = re.compile(r"(?:\x1b\[[0-9;]*m|\d\d\.\d\d\.\d\d \d\d:\d\d:)[^\n]*\n")
_QUESTION = re.compile(r"(?i)\b(?:login|passphrase|password|token|user ?name)\b[^\n]*[:?]\Z")
_LONGEST_QUESTION = 300
_LOG_IN = "log in before, or give it a configuration of Kubernetes that needs no answer"
_EXPECTED = "expected what `nuctl get function -o json` or `nuctl export functions` prints"
_KINDS = ("", "NuclioFunction", "Function")


def read_functions(content: bytes, name: str) -> list[Config]:
    """The functions in what nuctl printed, in its order; `name` is what messages call it.

    Raises ProblemsError for what is something else, or the half of an answer.
    """
    text = _without_log(_decoded(content, name))
    if text.strip() in ("", NOTHING):
        return []
    if _QUESTION.search(text.rstrip()[-_LONGEST_QUESTION:]):
        raise _wrong(name, "nuctl asks for something", _LOG_IN, "asks")
    data = _json(text, name) if text.lstrip()[:1] in ("{", "[") else _yaml(text, name)
    found = list(_functions(data, name))
    problems = [it for number, each in enumerate(found) for it in _problems(each, number, name)]
    if problems:
        raise ProblemsError(problems)
    return found


def _decoded(content: bytes, name: str) -> str:
    if len(content) > MOST_BYTES:
        raise _wrong(name, f"it has more than {MOST_BYTES:,} bytes", _EXPECTED, "too-large")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = f"the byte 0x{content[error.start]:02x} is not UTF-8"
        raise _wrong(name, wrong, _EXPECTED, "encoding") from error


def _without_log(text: str) -> str:
    """Without the lines of the log that nuctl prints before its answer (nuclio-facts 8.1)."""
    while found := _LOG_LINE.match(text):
        text = text[found.end() :]
    return text


def _json(text: str, name: str) -> Any:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = Location(name, error.lineno, error.colno)
        ended = not text[error.pos :].strip() or error.msg.startswith("Unterminated string")
        wrong = "the answer ends in the middle" if ended else f"this is no JSON: {error.msg}"
        cure = "run nuctl again: all of its output is needed" if ended else _EXPECTED
        raise ProblemsError(
            [Problem(place, wrong, cure, "half" if ended else "not-json")]
        ) from error
    except (RecursionError, ValueError) as error:  # a number of thousands of digits
        raise _wrong(name, "this is nothing that nuctl prints", _EXPECTED, "not-json") from error
    check_size(data, name)
    return data


def _yaml(text: str, name: str) -> Any:
    document = parse(text.encode(), name, "what nuctl prints")
    if document.problems:
        raise ProblemsError(document.problems)
    return plain(document.root)


def _functions(data: Any, name: str) -> list[Any]:
    if isinstance(data, list):
        return data
    if not isinstance(data, dict):
        raise _wrong(name, f"this is `{shorten(str(data))}`", _EXPECTED)
    if isinstance(data.get("items"), list):
        return list(data["items"])
    if isinstance(data.get("functions"), dict) and "project" in data:
        return list(data["functions"].values())
    if "spec" in data or "metadata" in data or "apiVersion" in data or not data:
        return [data]
    return list(data.values())


def _problems(config: Any, number: int, name: str) -> Iterable[Problem]:
    """What a function is not; nothing for one."""
    kind = word(config, "kind")
    if not isinstance(config, dict):
        yield Problem(Location(name), f"entry {number + 1} is no mapping", _EXPECTED)
    elif "project" in config and "spec" not in config:
        yield Problem(Location(name), "this is a graph, or a project", _EXPECTED)
    elif kind not in _KINDS:
        yield Problem(Location(name), f"entry {number + 1} is a `{shorten(kind)}`", _EXPECTED)
    elif not word(config, "metadata", "name"):
        yield Problem(Location(name), f"entry {number + 1} has no `metadata.name`", _EXPECTED)
    elif not part(config, "spec"):
        wrong = f"`{shorten(word(config, 'metadata', 'name'))}` has no `spec`"
        yield Problem(Location(name), wrong, _EXPECTED)


def _wrong(name: str, wrong: str, expected: str, code: str = "no-functions") -> ProblemsError:
    return ProblemsError([Problem(Location(name), wrong, expected, code)])
