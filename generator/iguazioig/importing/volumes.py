"""The volumes of all functions as `v3io_volumes`: a graph mounts each of them into every step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..api.texts import FOLDER, PATH, SECRET_NAME, VOLUME_NAME
from ..errors import printable
from ..project.yaml_text import flow_mapping, plain
from ..reported.config import part, word
from .function import Function
from .graph_text import Entry, Mark

_DRIVER = "v3io/fuse"


def volumes(functions: Iterable[Function]) -> Iterator[Entry]:
    """The entries of `v3io_volumes`."""
    functions = list(functions)
    mounted: dict[tuple[str, str, str], list[str]] = {}
    for each in functions:
        for volume in _volumes(each):
            mounted.setdefault(volume, []).append(each.name)
    names: set[str] = set()
    for (name, remote, path), users in mounted.items():
        marks = []
        if len(users) < len(functions):
            what = f"only {', '.join(printable(it, 60) for it in users[:5])} {'has' if len(users) == 1 else 'have'} it"
            marks.append(Mark(what, "a graph mounts it into every step"))
        if name in names:
            marks.append(Mark(f"two volumes are called `{name}`", "keep one of the two names"))
        free = next(
            it for it in (name, *(f"{name}-{n}" for n in range(2, 10**6))) if it not in names
        )
        names.add(free)
        yield Entry(
            free, flow_mapping({"remote": plain(remote), "mount_path": plain(path)}), tuple(marks)
        )


def _volumes(function: Function) -> Iterator[tuple[str, str, str]]:
    for name, volume in part(function.spec, "volumes").items():
        found = _remote(volume), word(volume, "volumeMount", "mountPath")
        if VOLUME_NAME.fits(name) and PATH.fits(found[0]) and FOLDER.fits(found[1]):
            yield (name, *found)
        else:
            what = f"volume `{printable(name, 60)}` is none of v3io, or has an odd name or path"
            function.mark(what, "a graph has folders of v3io containers")
        if word(volume, "volume", "flexVolume", "options", "accessKey"):
            function.mark(
                f"volume `{printable(name, 60)}` has an access key in it, which is not written",
                "put it in the Secret that `volume_secret` names",
            )


def _remote(volume: Any) -> str:
    options = part(volume, "volume", "flexVolume", "options")
    if word(volume, "volume", "flexVolume", "driver") != _DRIVER:
        return ""
    return f"{word(options, 'container')}/{word(options, 'subPath').strip('/')}".strip("/")


def secrets(function: Function) -> list[str]:
    """The Secrets that its volumes name."""
    found = (
        word(volume, "volume", "flexVolume", "secretRef", "name")
        for volume in part(function.spec, "volumes").values()
    )
    return [each for each in found if each and SECRET_NAME.fits(each)]
