"""Which version a graph was probably written in that does not say so: its keys tell."""

from __future__ import annotations

from collections.abc import Iterator

from ..document import Mapping, Scalar, Sequence, Value

_LOOKED_AT = 20
"""How many functions are looked at."""


def guess_version(root: Value | None) -> str | None:
    """The version whose keys the functions of a graph have; None where they tell nothing."""
    functions = list(_functions(root))
    keys = {key for function in functions for key in function.entries}
    if keys & {"class_module", "class_name", "methods", "name"} and "function_name" not in keys:
        return "0.2.0"
    if not keys & {"function_name", "class_load_function", "processing_function"}:
        return None
    if keys & {"input_streams", "pip", "loggerSinks"}:
        return "v0_1"
    if "outputs" not in keys:
        return "v1alpha1"
    if any(_holds_text(function, "module_paths", "import_modules") for function in functions):
        return "v2alpha1"
    return "v2alpha3" if "class_init" in keys else "v2alpha2"


def _functions(root: Value | None) -> Iterator[Mapping]:
    project = _inside(root, "project")
    functions = _inside(project, "functions")
    if isinstance(functions, Sequence):
        yield from (each for each in functions.items[:_LOOKED_AT] if isinstance(each, Mapping))


def _inside(value: Value | None, key: str) -> Value | None:
    if not isinstance(value, Mapping) or key not in value.entries:
        return None
    return value.entries[key][1]


def _holds_text(function: Mapping, *keys: str) -> bool:
    found = (function.entries[key][1] for key in keys if key in function.entries)
    return any(isinstance(each, Scalar) and each.tag == "str" for each in found)
