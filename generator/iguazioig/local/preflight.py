"""What a project needs of this machine, looked for before anything starts."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ..errors import Location, NotReadyError, Problem
from .engine import Engine
from .files import read, shown
from .steps import DeployedStep, Secret

MOST_LINES = 10_000
OURS = frozenset({"V3IO_API", "V3IO_ACCESS_KEY"})
"""Variables that the local run sets: they say where the platform is."""


def inspect(
    steps: Iterable[DeployedStep],
    mounts: Collection[str],
    made_of: Path | None = None,
    engine: Engine | None = None,
) -> list[Problem]:
    """Everything that is missing, each with its cure. `mounts` are the volumes that were given a local folder.

    The packages are those of the Python that runs this, or else of the `engine`'s.
    `made_of` is the graph's file where the project was made of it for now: its own files are gone before anybody can look.
    """
    steps = list(steps)
    problems = [problem for step in steps for problem in step.warnings]
    python = Python(engine)
    problems += [*_packages(steps, python, made_of), *_secrets(steps), *_volumes(steps, mounts)]
    if made_of is None:
        return problems
    place = Location(shown(made_of))
    return list(dict.fromkeys(replace(problem, location=place) for problem in problems))


class Python:
    """The Python that the steps will have: what is installed in it, and how to install more."""

    def __init__(self, engine: Engine | None) -> None:
        self._versions = engine.versions() if engine else None
        self.pip = f"{shlex.quote(str(engine.python))} -m pip" if engine else "pip"

    def installed(self, name: str) -> str | None:
        """The version of a package, or None."""
        if self._versions is None:
            return _installed(name)
        return self._versions.get(canonicalize_name(name))

    def meets(self, required: Requirement) -> bool:
        """Whether it has what is required."""
        installed = self.installed(required.name)
        return installed is not None and required.specifier.contains(installed, prereleases=True)


def _packages(
    steps: Iterable[DeployedStep], python: Python, made_of: Path | None
) -> Iterator[Problem]:
    """One problem for each requirement that is not met, whatever number of steps have it."""
    found: dict[str, tuple[Location, Requirement]] = {}
    files: dict[str, list[str]] = {}
    for step in steps:
        for place, required in _requirements(step.folder / "requirements.txt"):
            if not python.meets(required):
                found.setdefault(str(required), (place, required))
                files.setdefault(place.path, []).append(str(required))
    if not found:
        return
    cure = shlex.join(found) if made_of else " ".join(f"-r {shlex.quote(each)}" for each in files)
    for text, (place, required) in found.items():
        installed = python.installed(required.name)
        if installed is None:
            wrong, severity = f"`{text}` is not installed here", "error"
        else:
            wrong, severity = f"`{text}` is wanted, and {installed} is installed here", "warning"
        yield Problem(place, wrong, f"say: {python.pip} install {cure}", "package", severity)  # type: ignore[arg-type]


def _requirements(path: Path) -> Iterator[tuple[Location, Requirement]]:
    """The requirements in a file that are for this machine, and can be read. Raises NotReadyError."""
    if not os.path.lexists(path):
        return
    for number, line in enumerate(read(path).decode("utf-8-sig", "replace").splitlines(), 1):
        if number > MOST_LINES:
            place = Location(shown(path), number)
            raise NotReadyError(
                [Problem(place, "it has too many lines", f"at most {MOST_LINES:,}")]
            )
        try:
            # Without its comment, its hashes, and what ties them to it.
            required = Requirement(re.split(r" #| --|\\$", line)[0])
            if required.marker is None or required.marker.evaluate():
                yield Location(shown(path), number), required
        except (InvalidRequirement, UndefinedComparison, UndefinedEnvironmentName, RecursionError):
            continue  # a comment, an option or an address: pip's own affair


@cache
def _installed(name: str) -> str | None:
    try:
        return version(name)
    except (PackageNotFoundError, ValueError):
        return None


def _secrets(steps: Iterable[DeployedStep]) -> Iterator[Problem]:
    """One problem for each variable that is nowhere, and one for each set of them."""
    missing: dict[str, Secret] = {}
    sets: dict[str, Secret] = {}
    for step in steps:
        sets.update({each.source: each for each in step.secret_sets if each.source not in sets})
        for name, secret in step.secrets.items():
            if name not in OURS and name not in os.environ:
                missing.setdefault(name, secret)
    for name, secret in missing.items():
        wrong = f"{name} comes from {secret.source}, which is not on this machine"
        yield Problem(secret.place, wrong, f"say: export {name}=...", "secret")
    for each in sets.values():
        wrong = f"variables come from all of {each.source}, which is not on this machine"
        yield Problem(each.place, wrong, "the step runs without them", "secret", "warning")


def _volumes(steps: Iterable[DeployedStep], mounts: Collection[str]) -> Iterator[Problem]:
    """One problem for each volume that is nowhere, whatever number of steps mount it."""
    missing = {
        mount: mount.place
        for step in reversed(list(steps))
        for mount in step.mounts
        if mount.name not in mounts and not os.path.isdir(mount.path)
    }
    for mount, place in missing.items():
        wrong = (
            f"volume `{mount.name}` is mounted at `{mount.path}`, and there is no such folder here"
        )
        yield Problem(place, wrong, f"say: --mount {shlex.quote(mount.name)}=DIR", "volume")


def variables(step: DeployedStep, api: str, access_key: str) -> dict[str, str]:
    """What a step's process finds in its environment: its function.yaml, and where this platform is."""
    secrets = {name: os.environ[name] for name in step.secrets if name in os.environ}
    return {**step.env, **secrets, "V3IO_API": api, "V3IO_ACCESS_KEY": access_key}


def folders(step: DeployedStep, mounts: Mapping[str, Path]) -> dict[str, str]:
    """The local folder of each path at which a volume is mounted."""
    return {each.path: str(mounts[each.name]) for each in step.mounts if each.name in mounts}
