"""Who may import whom: the picture in CONTRIBUTING.md, held by a test."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "generator" / "iguazioig"

MAY_IMPORT: dict[str, set[str]] = {
    "displayed": {"display"},
    "errors": {"displayed"},
    "quantities": {"errors"},
    "commands": {"displayed"},
    "assets": set(),
    "images": {"errors"},
    "graph": {"displayed", "errors"},
    "document": {"errors", "syntax"},
    "syntax": {"errors"},
    "source": {"document", "errors", "graph"},
    "environments": {"errors", "folder", "graph", "source"},
    "credentials": {"document", "errors"},
    "notebooks": {"errors"},
    "user_code": {"errors", "graph", "notebooks"},
    "cluster": {"errors"},
    "clients": {"cluster", "commands", "graph", "plan"},
    "plan": {"clients", "displayed", "graph", "user_code"},
    "checks": {"errors", "graph", "plan", "quantities"},
    "picture": {"graph"},
    "display": {"clients", "commands", "deployment", "displayed", "errors", "graph", "picture", "plan"},
    "api": {"clients", "document", "errors", "graph", "images", "plan", "quantities"},
    "notebook_settings": {
        "api", "checks", "credentials", "document", "errors", "graph", "images", "notebooks", "user_code",
    },
    "project": {
        "assets", "checks", "clients", "cluster", "errors", "folder", "graph", "picture", "plan", "user_code",
    },
    "folder": {"errors"},
    "deployment": {
        "api", "checks", "clients", "commands", "credentials", "display", "displayed", "document", "environments", "errors",
        "folder", "graph", "notebook_settings", "plan", "project", "source", "user_code",
    },
    "repository": {"errors"},
    "change": {
        "assets", "checks", "deployment", "environments", "errors", "folder", "graph", "plan", "project", "repository", "source",
        "user_code",
    },
    "ci": {"assets", "errors", "folder"},
    "reported": {"cluster", "credentials", "document", "errors"},
    "drift": {"document", "errors", "folder", "quantities", "reported"},
    "importing": {
        "api", "cluster", "credentials", "document", "drift", "errors", "images", "project", "quantities", "reported",
    },
    "status": {"cluster", "drift", "errors", "graph", "local"},
    "arguments": {"deployment", "environments", "errors", "folder", "source"},
    "migration": {
        "api", "credentials", "deployment", "document", "errors", "folder", "graph", "project", "source", "syntax", "user_code",
    },
    "change_commands": {"api", "arguments", "change", "deployment", "errors", "migration", "source", "terminal"},
    "cluster_commands": {
        "arguments", "change", "cluster", "drift", "errors", "folder", "graph", "importing", "reported", "status", "terminal",
    },
    "start": {
        "api", "assets", "deployment", "document", "errors", "graph", "project", "source", "syntax", "user_code",
    },
    "start_commands": {
        "api", "arguments", "ci", "deployment", "errors", "graph", "repository", "source", "start", "terminal",
    },
    "terminal": {"checks", "commands", "errors", "folder", "graph"},
    "emulator": set(),
    "local": {"document", "emulator", "errors", "graph", "quantities"},
    "testing": {"deployment", "emulator", "errors", "folder", "graph", "local", "project", "source"},
    "run_view": {"errors", "local", "terminal"},
    "local_commands": {
        "arguments", "deployment", "emulator", "environments", "errors", "folder", "graph", "local", "project", "quantities",
        "run_view", "source", "terminal",
    },
    "cli": {
        "api", "arguments", "change_commands", "clients", "cluster_commands", "deployment", "errors", "folder", "local_commands",
        "picture", "plan", "project", "start_commands", "terminal",
    },
}  # fmt: skip


def rooms() -> list[Path]:
    return sorted(
        path for path in PACKAGE.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")
    )


@pytest.mark.parametrize("path", rooms(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_what_the_picture_shows(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert imported_rooms(path) - {room, "__init__"} <= MAY_IMPORT[room]


def test_every_room_is_in_the_picture() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert folders | modules == set(MAY_IMPORT)
    picture = (PACKAGE.parents[1] / "CONTRIBUTING.md").read_text()
    assert [room for room in sorted(MAY_IMPORT) if room not in picture] == []


def imported_rooms(path: Path) -> set[str]:
    """The first part below the package of everything that a module imports from it."""
    found: set[str] = set()
    parents = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = parents[: len(parents) - node.level + 1]
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {(*above, *name.split("."))[0] for name in names}
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
            assert not any(
                name.split(".")[0] == "iguazioig" for name in names
            ), "imports here are relative"
    return found - {"__version__"}


HEAVY = [
    "black", "v3io", "nuclio", "nuclio_sdk", "cookiecutter", "requests", "IPython", "rich", "aiohttp", "lark", "orjson",
    "packaging", "sqlite3", "asyncio", "multiprocessing", "ruamel",
    "nbconvert", "nbformat", "iguazioig.migration",
]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        (["--help"], [*HEAVY, "yaml", "jinja2", "difflib", "decimal", "iguazioig.deployment"]),
        (
            ["validate", "examples/scoring/graph.yaml"],
            [*HEAVY, "jinja2", "iguazioig.environments", "iguazioig.api.overlay"],
        ),
        (["plan", "examples/scoring/graph.yaml"], [*HEAVY, "jinja2"]),
        (["deploy", "--dry-run", "examples/scoring/graph.yaml"], [*HEAVY, "jinja2"]),
        (["generate", "--diff", "examples/scoring/graph.yaml"], HEAVY),
        (["diff", "-o", "examples/scoring/project", "examples/scoring/graph.yaml"], HEAVY),
        (["drift", "--help"], [*HEAVY, "yaml", "jinja2", "difflib", "decimal", "iguazioig.drift"]),
        (["migrate", "--check", "examples/scoring/graph.yaml"], [*HEAVY[:-1], "difflib"]),
    ],
    ids=lambda value: value[0] if value[0] not in HEAVY else "",
)
def test_a_command_imports_no_more_than_it_needs(command: list[str], absent: list[str]) -> None:
    program = (
        "import sys\nfrom iguazioig.cli import cli\n"
        f"cli({command!r}, standalone_mode=False)\n"
        f"print([name for name in {absent!r} if name in sys.modules], file=sys.stderr)"
    )
    root = PACKAGE.parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"
