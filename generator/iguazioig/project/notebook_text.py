"""The modules that are made from notebooks, as black writes them. All other output is laid out as black would do it."""

from __future__ import annotations

from functools import lru_cache

from ..errors import GraphError, Problem
from ..graph import Step
from ..user_code import StepCode


def notebook_files(step: Step, code: StepCode) -> dict[str, bytes]:
    """The module of a step's notebook, by its path in the step folder; none where there is no notebook.

    Raises GraphError where black is not installed.
    """
    if code.reading is None:
        return {}
    try:
        return {f"{step.class_module}.py": _blackened(code.reading.module.text)}
    except ImportError as error:
        wrong = "a module made from a notebook is formatted by black, which is not installed"
        expected = "say: pip install 'iguazioig[notebook]'"
        place = step.at("class_module")
        raise GraphError([Problem(place, wrong, expected, "black-missing")]) from error


@lru_cache(maxsize=256)
def _blackened(text: bytes) -> bytes:
    """The text in black's own style; what black cannot read, and Python can, stays as it is."""
    import black  # costs 60 ms
    from black.parsing import InvalidInput

    try:
        return black.format_str(text.decode(), mode=black.Mode()).encode()
    except InvalidInput:
        return text
