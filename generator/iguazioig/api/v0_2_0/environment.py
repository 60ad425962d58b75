"""What an environment may say of a graph of API 0.2.0: how large it is and where it runs, not what it does."""

from __future__ import annotations

from dataclasses import replace

from ...document import Document, Mapping, Value
from ..fields import Field, Record, find_homes
from ..kinds import Text, choices
from ..layer import AsMany, ByName, InList, OnEach, part
from ..overlay import Overlay
from ..reader import GiveUpError, Reader
from ..texts import URL
from .keys import DEFAULTS, FUNCTION_RECORD, INPUT, OUTPUTS, PROJECT, STREAM, VOLUME

_CODE = "what a step does is the same in every environment, so that one of them tries what the next one runs; change the graph"
_WAY = "messages take the same way in every environment; change the graph"
_HOLDER = "it holds anchors, which were read with the graph; write it in `all_functions`, or in a step of `functions`"

_SIZES = (
    "min_replicas",
    "max_replicas",
    "resources",
    "docker_image",
    "pip",
    "tag",
    "env_custom",
    "class_init",
    "delivery",
    "log_level",
)
_REFUSED = {
    "name": "the name of a step stands before what differs, as in `functions: {score: {max_replicas: 4}}`",
    "class_module": _CODE,
    "class_name": _CODE,
    "methods": _CODE,
    "module_paths": _CODE,
    "error_stream": _WAY,
}

_ALL = part(FUNCTION_RECORD, _SIZES, {**_REFUSED, "input_streams": _WAY, "outputs": _WAY})
_INPUT = part(INPUT, ("max_workers", "read_batch_size"), {"seek_to": _WAY})
_OUTPUTS = part(OUTPUTS, (), {"streams": _WAY, "function": _CODE})
_STEP = part(FUNCTION_RECORD, (*_SIZES, "function_image_name"), _REFUSED)
_PROJECT = part(
    PROJECT,
    (
        "name",
        "namespace",
        "registry",
        "v3io_api",
        "access_key_secret",
        "volume_secret",
        "delivery",
    ),
    {
        "partition_key_name": _WAY,
        "error_stream": _WAY,
        "config_defaults": _HOLDER,
        "scaling_defaults": _HOLDER,
        "env_custom": _HOLDER,
    },
)


def _named(kind: type[ByName], of_each: Record, thing: str, example: str) -> ByName:
    what = f"a mapping of names to what differs, such as `{example}`"
    return kind(Text(), of_each, what, thing)


def _more(record: Record, **fields: Field) -> Record:
    return replace(record, fields={**record.fields, **fields})


STEP = _more(
    _STEP,
    input_streams=Field(
        _named(ByName, _INPUT, "input of this step", "{raw: {max_workers: 2}}"),
        "Its input streams, each with the trigger settings that differ.",
    ),
    outputs=Field(
        _more(
            _OUTPUTS,
            https=Field(
                AsMany(URL, "URLs, such as `[https://scores.example.com/in]`"),
                "The endpoints, as many as the graph has.",
            ),
        ),
        "Its endpoints.",
    ),
)

ENVIRONMENT = Record(
    "an environment",
    {
        "apiVersion": Field(choices("0.2.0"), "Version of the graph."),
        "project": Field(
            _more(
                _PROJECT,
                v3io_streams=Field(
                    _named(
                        ByName,
                        part(STREAM, STREAM.fields),
                        "stream of the graph",
                        "{raw: {shards: 8}}",
                    ),
                    "Streams of the graph, each with what differs.",
                ),
                v3io_volumes=Field(
                    _named(
                        ByName,
                        part(VOLUME, ("remote",), {"mount_path": _CODE}),
                        "volume of the graph",
                        "{user-dir: {remote: users/prod}}",
                    ),
                    "Volumes of the graph, each with what is mounted.",
                ),
                env_defaults=Field(
                    replace(
                        part(DEFAULTS, ("stream_container", "stream_shards", "stream_retention")),
                        title="the defaults of streams",
                    ),
                    "The defaults of streams.",
                ),
                all_functions=Field(
                    OnEach(_ALL, "functions"),
                    "What differs in every step; what `functions` says of one counts more.",
                ),
                functions=Field(
                    _named(InList, STEP, "step of the graph", "{score: {max_replicas: 4}}"),
                    "Steps of the graph, each with what differs.",
                ),
            ),
            "The project.",
        ),
    },
    null_is_empty=True,
    required=False,
)

_HOMES = find_homes(ENVIRONMENT)


def lay_over(document: Document, environment: Document) -> Document:
    """The graph of a document with an environment laid over it, and with the problems of both.

    Each value has the place where it was written. What is not for an environment is left out of it, and is a problem.
    """
    reader = Reader(list(environment.problems), _HOMES)
    root = document.root
    try:
        if environment.root is not None:
            ENVIRONMENT.read(environment.root, reader, "environment")
            if _has_project(root):
                root = Overlay(reader).lay(ENVIRONMENT, root, environment.root)
    except GiveUpError:
        pass
    return replace(document, root=root, problems=[*document.problems, *reader.problems])


def _has_project(root: Value | None) -> bool:
    """Whether there is anything to lay an environment over."""
    return isinstance(root, Mapping) and isinstance(
        root.entries.get("project", (None, None))[1], Mapping
    )
