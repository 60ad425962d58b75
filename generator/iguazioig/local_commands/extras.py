"""What these commands need besides the package itself."""

from __future__ import annotations

import importlib.util

from ..errors import RunError

EXTRAS = {
    "emulator": ["aiohttp", "lark", "orjson"],
    "run": ["nuclio_sdk", "packaging", "rich", "v3io"],
}


def need(*extras: str) -> None:
    """Raise RunError, with what installs it, where a package of these extras is missing."""
    names = [name for extra in extras for name in EXTRAS[extra]]
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise RunError(
            f"this needs {', '.join(missing)}; say: pip install 'iguazioig[{'run' if 'run' in extras else ','.join(extras)}]'"
        )
