"""The golden cases: folders with a graph and what is expected of it, found by listing."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
EXAMPLES = ROOT / "examples"

ALL_CASES = sorted(
    folder
    for home in (EXAMPLES, TESTS / "golden")
    for folder in home.iterdir()
    if (folder / "graph.yaml").exists()
)
"""Every folder that holds a `graph.yaml`: the examples, and the cases of the tests."""


def name_of(case: Path) -> str:
    """The name of a case, as pytest shows it."""
    return f"{case.parent.name}/{case.name}"


def read_tree(folder: Path) -> dict[str, bytes]:
    """The files below a folder, by POSIX path; nothing where there is no folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
