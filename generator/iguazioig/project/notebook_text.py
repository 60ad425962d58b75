"""The modules that are made from notebooks, as black writes them. All other output is laid out as black would do it."""

from __future__ import annotations

from functools import lru_cache

from ..errors import GraphError, Problem
from ..graph import Step
from ..user_code import StepCode

YEAR = "26."
"""How the versions of black begin that write one year's style; the extra `notebook` asks for these."""


def notebook_files(step: Step, code: StepCode) -> dict[str, bytes]:
    """The module of a step's notebook, by its path in the step folder; none where there is no notebook.

    Raises GraphError where black is not installed, or of another year: its bytes would be others.
    """
    if code.reading is None:
        return {}
    if wrong := _missing():
        place = step.at("class_module")
        expected = "say: pip install 'iguazioig[notebook]'"
        raise GraphError([Problem(place, wrong, expected, "black-missing")])
    return {f"{step.class_module}.py": _blackened(code.reading.module.text)}


def _missing() -> str | None:
    try:
        import black  # costs 60 ms
    except ImportError:
        return "a module made from a notebook is formatted by black, which is not installed"
    version: str = vars(black)["__version__"]
    if not version.startswith(YEAR):
        return f"a module made from a notebook is formatted by black {YEAR}x, and {version} is installed"
    return None


@lru_cache(maxsize=256)
def _blackened(text: bytes) -> bytes:
    """The text in black's own style; what black cannot read, and Python can, stays as it is."""
    from black import Mode, format_str
    from black.parsing import InvalidInput

    try:
        return format_str(text.decode(), mode=Mode()).encode()
    except (InvalidInput, RecursionError):
        return text
