"""The settings of notebooks in the steps that are made from them. Where the graph says another thing, its word counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ..api.naming import slug
from ..document import shorten
from ..errors import Location, Problem
from ..graph import Graph, Step
from ..images import choose
from ..user_code import StepCode
from .reading import read_said
from .said import Said, Text

Code = dict[str, StepCode]


def merge(graph: Graph, code: Mapping[str, StepCode]) -> tuple[Graph, Code, list[Problem]]:
    """The graph and its code with what notebooks say, and what is wrong with that."""
    problems: list[Problem] = []
    merged: Code = dict(code)
    steps = []
    for step in graph.steps:
        reading = code[step.slug].reading if step.slug in code else None
        if reading is not None and reading.magics:
            said = read_said(reading.magics, Path(reading.module.path).parent)
            merged[step.slug] = _code(code[step.slug], step, said)
            _compare_mounts(said, graph)
            step = _step(step, said)
            problems += said.problems
        steps.append(step)
    return replace(graph, steps=tuple(steps)), merged, problems


def _code(code: StepCode, step: Step, said: Said) -> StepCode:
    return replace(
        code,
        env={**code.env, **dict(_variables(step, said))},
        packages=tuple(dict.fromkeys((*code.packages, *_packages(step, said)))),
        commands=tuple(each.text for each in said.commands),
    )


def _variables(step: Step, said: Said) -> Iterator[tuple[str, str]]:
    for name, given in said.env.items():
        if name not in step.env:
            yield name, given.text
        elif step.env[name] != given.text:
            _overruled(said, given.place, f"the variable `{name}`")


def _packages(step: Step, said: Said) -> Iterator[str]:
    listed = {_package(each): each for each in step.pip}
    for given in said.packages:
        there = listed.get(_package(given.text))
        if there is None:
            yield given.text
        elif there != given.text:
            _overruled(said, given.place, f"the package `{shorten(there)}`")


def _package(requirement: str) -> str:
    """The name of a package, in the one way of writing it."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else requirement


def _step(step: Step, said: Said) -> Step:
    return _with_resources(_with_image(step, said), said)


def _with_image(step: Step, said: Said) -> Step:
    if not said.images:
        return step
    given = said.images[-1]
    if "docker_image" in step.places:
        if given.text != step.image:
            _overruled(said, given.place, f"`docker_image: {shorten(step.image)}`")
        return step
    choice = choose(given.text)
    if complaint := choice.complaint:
        said.problems.append(
            Problem(
                given.place, complaint.wrong, complaint.expected, complaint.code, complaint.severity
            )
        )
    changed = replace(step, image=choice.image, python=choice.python)
    return _set(changed, {"docker_image": given.place})


def _with_resources(step: Step, said: Said) -> Step:
    resources = {kind: dict(amounts) for kind, amounts in step.resources.items()}
    places: dict[str, Location] = {}
    for (kind, name), given in said.resources.items():
        there = resources.setdefault(kind, {}).get(name)
        if there is None:
            resources[kind][name] = given.text
            places[f"resources.{kind}.{name}"] = given.place
        elif there != given.text:
            _overruled(said, given.place, f"`{name}: {there}` of `{kind}`")
    if not places:
        return step
    ordered = {kind: resources[kind] for kind in sorted(resources, reverse=True)}
    return _set(replace(step, resources=ordered), places)


def _set(step: Step, places: Mapping[str, Location]) -> Step:
    assert step.notebook is not None
    notebook = replace(step.notebook, settings=step.notebook.settings | places.keys())
    return replace(step, notebook=notebook, places={**step.places, **places})


def _overruled(said: Said, place: Location, what: str) -> None:
    wrong = f"the graph says otherwise: {what} counts"
    said.warn(place, wrong, "take one of the two out, so that they cannot differ")


def _compare_mounts(said: Said, graph: Graph) -> None:
    """What a notebook mounts, every step of the project has, or the graph has to say it."""
    known = {
        (f"{each.container}{each.sub_path}".strip("/"), each.mount_path.rstrip("/"))
        for each in graph.volumes
    }
    for remote, mount in said.mounts:
        if (remote.text.strip("/"), mount.text.rstrip("/")) not in known:
            _not_mounted(said, remote, mount)


def _not_mounted(said: Said, remote: Text, mount: Text) -> None:
    name = slug(re.sub(r"[^A-Za-z0-9]+", "-", mount.text).strip("-")) or "volume"
    wrong = f"no volume of the graph mounts `{shorten(remote.text)}` at `{shorten(mount.text)}`"
    remote_path = "users/NAME" + remote.text[1:] if remote.text.startswith("~") else remote.text
    entry = f"{name}: {{remote: {remote_path}, mount_path: {mount.text}}}"
    expected = (
        f"volumes are the whole project's: write `v3io_volumes: {{{shorten(entry)}}}` in the graph"
    )
    said.refuse(mount.place, wrong, expected)
