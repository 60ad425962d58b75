"""Functions of one project as a whole graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from ..api.naming import slug
from ..api.texts import NAME
from ..credentials import find_credentials
from ..document import parse
from ..errors import Location, Problem, ProblemsError, did_you_mean, printable
from ..project.yaml_text import flow_mapping, plain
from ..reported.config import Config, word
from .environment import is_server
from .function import Function
from .graph_text import Entry, Imported, Mark, written
from .steps import Step, names, reads, step
from .streams import Shapes, Streams
from .triggers import V3IO_KINDS, server_of
from .volumes import secrets, volumes

Value = TypeVar("Value")

_API = "http://v3io-webapi:8081"
_ACCESS_KEY = ("v3io-access", "accessKey")
_VOLUME_SECRET = "v3io-fuse"
_PARTITION_KEY = Mark(
    "the key of a message that is its partition key is not known",
    "say `partition_key_name` where it is not `PartitionKey`",
)
_ERRORS = Mark("where dead letters go is not known", "say `error_stream`, and declare that stream")


def import_graph(
    configs: Iterable[Config],
    *,
    path: str,
    project: str | None = None,
    shapes: Shapes = lambda container, path: None,
) -> Imported:
    """The graph of the functions of a project, which may be left out where there is one only; `path` is the graph's file.

    Raises ProblemsError where there is no function of the project, or where the graph would hold a credential.
    """
    chosen = _chosen(list(map(Function, configs)), project)
    steps = [each for each in chosen if word(each.spec, "runtime").startswith("python")]
    others = [each for each in chosen if each not in steps]
    if not steps:
        raise _refused("none of these functions runs Python", "a step is a Python class")
    graph = written(_graph(steps, others, shapes), path)
    _refuse_credentials(graph.text, path)
    return graph


def _chosen(functions: list[Function], project: str | None) -> list[Function]:
    """Those of the project, by name."""
    projects = sorted({each.project for each in functions})
    if not functions:
        raise _refused("there are no functions", "look into another namespace, or deploy some")
    if project is None and len(projects) > 1:
        known = ", ".join(f"`{printable(each or 'none', 60)}`" for each in projects)
        raise _refused(
            f"there are functions of several projects: {known}", "choose one with --project"
        )
    wanted = projects[0] if project is None else project
    if wanted not in projects:
        hint = did_you_mean(wanted, projects)
        raise _refused(
            f"there are no functions of project `{printable(wanted, 60)}`{hint}",
            "give --project another name",
        )
    return sorted((it for it in functions if it.project == wanted), key=lambda each: each.name)


def _graph(
    functions: Sequence[Function], others: Sequence[Function], shapes: Shapes
) -> Iterator[Entry]:
    name, marks = _name(functions[0].project)
    marks += [_left_out(each) for each in others]
    streams = Streams(slug(name))
    called = names(list(functions), slug(name))
    mounted = tuple(volumes(functions))
    read = [reads(each, its, streams) for each, its in zip(functions, called, strict=True)]
    steps = [step(*each, streams) for each in zip(functions, called, read, strict=True)]
    declared = streams.entries(shapes)
    steps = _without_outliers(functions, steps)
    yield Entry("apiVersion", "0.2.0")
    below = [
        Entry("name", plain(name), (*marks, _PARTITION_KEY, _ERRORS)),
        *_settings(functions, steps),
        *([Entry("v3io_streams", declared)] if declared else []),
        *([Entry("v3io_volumes", mounted)] if mounted else []),
        Entry("functions", tuple(each.entries for each in steps)),
    ]
    yield Entry("project", tuple(below))


def _name(project: str) -> tuple[str, list[Mark]]:
    if NAME.fits(project) and len(project) <= NAME.longest:
        return project, []
    what = f"the project is called `{printable(project, 60)}`, which is no name in a graph"
    return "imported", [Mark(what, "say another one")]


def _left_out(function: Function) -> Mark:
    runtime = printable(word(function.spec, "runtime"), 60)
    what = f"function `{printable(function.name, 60)}` runs `{runtime}`, and is left out"
    return Mark(what, "a step is a Python class")


def _settings(functions: Sequence[Function], steps: Sequence[Step]) -> Iterator[Entry]:
    """What is the project's, where it is not what a graph has anyway."""
    api = _most(_apis(functions, steps))
    if api and api != _API:
        yield Entry("v3io_api", plain(api))
    key = _most(each.environment.access_key for each in steps)
    if key and key != _ACCESS_KEY:
        yield Entry(
            "access_key_secret", flow_mapping({"name": plain(key[0]), "key": plain(key[1])})
        )
    secret = _most(name for each in functions for name in secrets(each))
    if secret and secret != _VOLUME_SECRET:
        yield Entry("volume_secret", plain(secret))


def _apis(functions: Sequence[Function], steps: Sequence[Step]) -> list[str]:
    """v3io's address as each step has it: its variable, or else the URL of a trigger."""
    found = []
    for function, each in zip(functions, steps, strict=True):
        triggers = (it for it in function.triggers.values() if word(it, "kind") in V3IO_KINDS)
        urls = [url.rstrip("/") for url in map(server_of, triggers) if is_server(url)]
        found.append(each.environment.api.rstrip("/") or next(iter(urls), ""))
    return found


def _without_outliers(functions: Sequence[Function], steps: Sequence[Step]) -> list[Step]:
    """The steps, with a mark at each whose v3io or whose Secret is not the project's."""
    api = _most(apis := _apis(functions, steps))
    key = _most(each.environment.access_key for each in steps)
    marked = []
    for each, its in zip(steps, apis, strict=True):
        marks = []
        if its and its != api:
            marks.append(Mark(f"its v3io is at `{its}`", "a graph has one address: `v3io_api`"))
        if each.environment.access_key not in (None, key):
            marks.append(
                Mark("its access key is in another Secret", "a graph has one: `access_key_secret`")
            )
        head = replace(each.entries[0], marks=(*each.entries[0].marks, *marks))
        marked.append(replace(each, entries=(head, *each.entries[1:])))
    return marked


def _most(values: Iterable[Value | None]) -> Value | None:
    """The value that most have; the first one of several."""
    every = [each for each in values if each]
    return max(dict.fromkeys(every), key=every.count) if every else None


def _refuse_credentials(text: str, path: str) -> None:
    found = find_credentials(parse(text.encode(), path))
    if found:
        raise ProblemsError(found.values())


def _refused(wrong: str, expected: str) -> ProblemsError:
    return ProblemsError([Problem(Location("import"), wrong, expected, "no-functions")])
