"""What a project needs of this machine, looked for before anything starts."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from ..errors import Location, Problem
from .steps import DeployedStep, Mount, shown

OURS = frozenset({"V3IO_API", "V3IO_ACCESS_KEY"})
"""Variables that the local run sets: they say where the platform is."""


def inspect(steps: Iterable[DeployedStep], mounts: Collection[str]) -> list[Problem]:
    """Everything that is missing, each with its cure. `mounts` are the volumes that were given a local folder."""
    steps = list(steps)
    problems = [problem for step in steps for problem in (*_packages(step), *_secrets(step))]
    return [*problems, *_volumes(steps, mounts)]


def _packages(step: DeployedStep) -> Iterator[Problem]:
    path = step.folder / "requirements.txt"
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            required = Requirement(line.partition(" #")[0])
        except InvalidRequirement:
            continue  # a comment, an option or an address: pip's own affair
        if required.marker is None or required.marker.evaluate():
            yield from _package(
                Location(shown(path), number), required, f"pip install -r {shown(path)}"
            )


def _package(place: Location, required: Requirement, cure: str) -> Iterator[Problem]:
    try:
        installed = version(required.name)
    except PackageNotFoundError:
        yield Problem(place, f"`{required}` is not installed here", f"say: {cure}", "package")
        return
    if not required.specifier.contains(installed, prereleases=True):
        wrong = f"`{required}` is wanted, and {installed} is installed here"
        yield Problem(place, wrong, f"for the same version say: {cure}", "package", "warning")


def _secrets(step: DeployedStep) -> Iterator[Problem]:
    place = Location(shown(step.folder / "function.yaml"))
    for name, source in step.secrets.items():
        if name not in OURS and name not in os.environ:
            wrong = f"{name} comes from {source}, which is not on this machine"
            yield Problem(place, wrong, f"say: export {name}=...", "secret")
    for name in step.secret_sets:
        wrong = f"variables come from all of Secret `{name}`, which is not on this machine"
        yield Problem(place, wrong, "the step runs without them", "secret", "warning")


def _volumes(steps: Iterable[DeployedStep], mounts: Collection[str]) -> Iterator[Problem]:
    """One problem for each volume that is nowhere, whatever number of steps mount it."""
    missing: dict[Mount, DeployedStep] = {}
    for step in steps:
        for mount in step.mounts:
            if mount.name not in mounts and not Path(mount.path).is_dir():
                missing.setdefault(mount, step)
    for mount, step in missing.items():
        place = Location(shown(step.folder / "function.yaml"))
        wrong = (
            f"volume `{mount.name}` is mounted at `{mount.path}`, and there is no such folder here"
        )
        yield Problem(place, wrong, f"say: --mount {mount.name}=DIR", "volume")


def variables(step: DeployedStep, api: str, access_key: str) -> dict[str, str]:
    """What a step's process finds in its environment: its function.yaml, and where this platform is."""
    secrets = {name: os.environ[name] for name in step.secrets if name in os.environ}
    return {**step.env, **secrets, "V3IO_API": api, "V3IO_ACCESS_KEY": access_key}


def folders(step: DeployedStep, mounts: Mapping[str, Path]) -> dict[str, str]:
    """The local folder of each path at which a volume is mounted."""
    return {each.path: str(mounts[each.name]) for each in step.mounts if each.name in mounts}
