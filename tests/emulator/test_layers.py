"""The layers of the embedded v3io, as its docstring draws them: imports only go down, and nowhere in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from iguazioig import emulator

FOLDER = Path(emulator.__file__).parent
LAYERS = {
    "wire": ["errors", "paths", "requests", "responses"],
    "storage": ["record", "store", "nodes", "deletion", "retention", "streams", "database"],
    "functions": [
        "attributes", "expressions", "items", "objects", "reading", "scans", "listings", "inspection", "functions",
    ],
    "service": [
        "fault_words", "faults", "ledger", "admin", "connections", "server", "service", "threads", "embedded",
    ],
}  # fmt: skip
MODULES = [module for layer in LAYERS.values() for module in layer]


def test_every_module_is_in_a_layer() -> None:
    found = {path.stem for path in FOLDER.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert found - {"__init__", "__pycache__"} == set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_those_below_it(module: str) -> None:
    path = FOLDER / f"{module}.py" if (FOLDER / f"{module}.py").exists() else FOLDER / module
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    imported = {name for file in files for name in imports_of(file)}
    assert imported <= set(MODULES[: MODULES.index(module)])


def test_the_docstring_draws_them() -> None:
    assert emulator.__doc__
    lines = [line.split() for line in emulator.__doc__.splitlines()]
    drawn = {words[0]: words[1:] for words in lines if words and words[0] in LAYERS}
    assert list(reversed(drawn)) == list(LAYERS)
    assert drawn == LAYERS


def imports_of(file: Path) -> set[str]:
    """The modules of the emulator that a file imports, wherever in it."""
    level = len(file.relative_to(FOLDER).parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == level:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {name.split(".")[0] for name in names}
    return found
