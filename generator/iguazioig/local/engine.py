"""A real Nuclio on this machine: its processor, the wrapper that it starts in Python, and the Python for that.

Each is taken from what is said, or else from a variable, or else from where it usually is:

    IGUAZIOIG_PROCESSOR        the processor; or else the one in the PATH
    IGUAZIOIG_NUCLIO_WRAPPER   _nuclio_wrapper.py of the same version; or else in `py/` beside the processor, or beside it
    IGUAZIOIG_NUCLIO_PYTHON    a Python with nuclio-sdk, msgpack and what the steps need; or else the one that runs this
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import RunError

WRAPPER = "_nuclio_wrapper.py"
SOURCE = "all of it is in Nuclio's image quay.io/nuclio/handler-builder-python-onbuild"
IMPORTS = "import nuclio_sdk, msgpack"
VERSIONS = """
from importlib.metadata import distributions
for each in distributions():
    print(each.metadata["Name"], each.version)
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """The programs of a real Nuclio."""

    processor: Path
    wrapper: Path
    python: Path

    def versions(self) -> dict[str, str]:
        """The packages that its Python has, by their normalised names."""
        from packaging.utils import canonicalize_name

        said = _run(self.python, VERSIONS).stdout
        pairs = (line.split(" ", 1) for line in said.splitlines())
        return {canonicalize_name(name): version for name, version in pairs}


def find_engine(processor: Path | None, environ: Mapping[str, str]) -> Engine:
    """The engine with this processor. Raises RunError with all that is missing."""
    binary = processor or _named(environ, "IGUAZIOIG_PROCESSOR") or _in_path("processor")
    wrapper = _named(environ, "IGUAZIOIG_NUCLIO_WRAPPER") or _beside(binary)
    python = _named(environ, "IGUAZIOIG_NUCLIO_PYTHON") or Path(sys.executable)
    wrong = list(_missing(binary, wrapper, python))
    if wrong or binary is None or wrapper is None:
        raise RunError(f"the engine is not whole: {'; '.join(wrong)} ({SOURCE})")
    # Not `resolve`: a virtual environment's Python is a link, and works by its place.
    return Engine(binary.absolute(), wrapper.absolute(), python.absolute())


def _named(environ: Mapping[str, str], variable: str) -> Path | None:
    return Path(environ[variable]) if environ.get(variable) else None


def _in_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def _beside(processor: Path | None) -> Path | None:
    if processor is None:
        return None
    folders = (processor.parent / "py", processor.parent)
    return next((folder / WRAPPER for folder in folders if (folder / WRAPPER).is_file()), None)


def _missing(processor: Path | None, wrapper: Path | None, python: Path) -> Iterator[str]:
    if processor is None:
        yield "there is no `processor` in the PATH; say: --processor PATH"
    elif not os.access(processor, os.X_OK) or not processor.is_file():
        yield f"`{processor}` is no program"
    if wrapper is None:
        yield f"there is no `{WRAPPER}` beside the processor; say: export IGUAZIOIG_NUCLIO_WRAPPER=..."
    elif not wrapper.is_file():
        yield f"`{wrapper}` is no file"
    try:
        done = _run(python, IMPORTS)
    except OSError as error:
        yield f"`{python}` is no Python: {error.strerror}"
        return
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        yield f"`{python}` has not what the wrapper needs ({why}); say: {python} -m pip install nuclio-sdk msgpack"


def _run(python: Path, program: str) -> subprocess.CompletedProcess[str]:
    words = [str(python), "-B", "-c", program]
    return subprocess.run(words, capture_output=True, text=True, check=False)
