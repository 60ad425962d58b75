"""The keys of the versions before 0.2.0, in the groups in which versions share them (graph-older 1)."""

from __future__ import annotations

from collections.abc import Mapping

from ..fields import Field, Record
from ..json_value import JsonMapping
from ..kinds import DOTTED, FUNCTION, Integer, Kind, ListOf, MapOf, choices
from ..texts import CONTAINER, ENV_NAME, FOLDER, IMAGE, NAME, PATH, STREAM_NAME, VOLUME_NAME
from .kinds import CLASS, GPU, METHOD, REMOTE, Raw, Unread
from .literals import PythonList, PythonText

Fields = Mapping[str, Field]


def record(title: str, fields: Fields) -> Record:
    """A mapping with these keys; others ran as well, so that they are only warned of."""
    return Record(title, fields, strict=False)


def needed(kind: Kind, doc: str, *, nullable: bool = False) -> Field:
    """A key without which the old deployment ended in a KeyError."""
    return Field(kind, doc, required=True, nullable=nullable)


ANY = Field(Raw(), "Not read.", nullable=True, legacy=True)

STREAM = record(
    "a stream",
    {
        "container": needed(CONTAINER, "v3io container."),
        "path": needed(PATH, "Path in the container."),
        "shards": needed(Integer(0, 4096), "Number of shards; 0 is 1."),
        "retention": needed(Integer(0, 8784), "Hours that a record is kept; 0 is 24."),
        "name": ANY,
    },
)
STREAM_LIST = needed(ListOf(STREAM, "streams, each with `container`, `path`, `shards`, `retention`"), "The streams.")  # fmt: skip
STREAM_MAPPING = needed(
    MapOf(STREAM_NAME, STREAM, "a mapping of stream names to settings"), "The streams by name."
)

VOLUME = record(
    "a volume",
    {
        "remote": needed(REMOTE, "What is mounted."),
        "mount_path": needed(FOLDER, "Where it is mounted."),
        "access_key": ANY,
        "user": ANY,
    },
)
VOLUMES: Fields = {
    "v3io_volumes": Field(
        MapOf(VOLUME_NAME, VOLUME, "a mapping of volume names to `{remote: …, mount_path: …}`"),
        "Volumes that are mounted into every function.",
        nullable=True,
    )
}

COMMON: Fields = {
    "function_name": needed(NAME, "Name of the function, and its consumer group."),
    "docker_image": needed(IMAGE, "Base image.", nullable=True),
    "gpu": needed(GPU, "Whether it has GPUs.", nullable=True),
    "num_gpus": Field(Raw(), "How many, if so.", nullable=True),
    "minReplicas": needed(Integer(0, 1000), "Fewest replicas."),
    "maxReplicas": needed(Integer(1, 1000), "Most replicas."),
    "class_load_function": needed(CLASS, "Module and class."),
    "processing_function": needed(METHOD, "The method that gets each message."),
    "output_stream_container": needed(CONTAINER, "Container of stream outputs.", nullable=True),
    "env_custom": Field(
        ListOf(
            record(
                "a variable",
                {"name": needed(ENV_NAME, "Its name."), "value": needed(PythonText(), "Its text.")},
            ),
            "variables, each `{name: …, value: …}`",
        ),
        "Environment.",
        (),
        nullable=True,
    ),
}

_WORKERS = needed(Integer(1, 100_000), "Workers per replica.")

ONE_INPUT: Fields = {
    "maxWorkers": _WORKERS,
    "input_stream": needed(PATH, "Path of the stream that is read."),
    "input_stream_container": needed(CONTAINER, "Its container."),
}
INPUT = record(
    "an input stream",
    {
        "maxWorkers": _WORKERS,
        "pollingIntervalMs": Field(Integer(0), "Without effect.", nullable=True),
        "seekTo": Field(choices("earliest", "latest"), "Where a new consumer group begins.", "latest"),
        "readBatchSize": Field(Integer(1, 1000), "Records per read.", 100),
        "v3io_access_key": Field(Raw(), "Refused: a literal key.", nullable=True),
    },
)  # fmt: skip
NAMED_INPUTS: Fields = {
    "input_streams": needed(
        MapOf(STREAM_NAME, INPUT, "a mapping of declared streams to trigger settings"),
        "Streams that are read.",
        nullable=True,
    ),
    "input_stream_container": ANY,
}

_MODULES = ListOf(DOTTED, "modules, such as `[scoring]`")
_PATHS = ListOf(FOLDER, "folders, such as `[/User/modules]`")
YAML_LISTS: Fields = {
    "module_paths": needed(_PATHS, "Folders with modules.", nullable=True),
    "import_modules": needed(_MODULES, "Modules that are imported.", nullable=True),
}
PYTHON_LISTS: Fields = {
    "module_paths": needed(PythonList(_PATHS), "Folders with modules.", nullable=True),
    "import_modules": needed(PythonList(_MODULES), "Modules that are imported.", nullable=True),
}

ONE_OUTPUT: Fields = {
    "output_stream": needed(PATH, "Path of the stream that is written; null for none.", nullable=True),
    "post_process_function": needed(FUNCTION, "Called after that; null for none.", nullable=True),
}  # fmt: skip
OUTPUT = record(
    "an output",
    {
        "kind": needed(choices("stream", "function", "http"), "What it is."),
        "output_stream": Field(Raw(), "Path of a stream.", nullable=True),
        "post_process_function": Field(Raw(), "A function.", nullable=True),
        "url": ANY,
        "condition": Field(Raw(), "When it gets a message.", nullable=True),
        "name": ANY,
    },
)
OUTPUTS: Fields = {
    "outputs": needed(
        ListOf(OUTPUT, "outputs, each with its `kind`"), "Where results go.", nullable=True
    )
}

CLASS_INIT: Fields = {
    "class_init": Field(JsonMapping(), "Keyword arguments of the class.", nullable=True)
}


def unread(version: str, *keys: str) -> Fields:
    """Keys of other versions, of which this one never knew."""
    return {key: Field(Unread(version), "Not read.", nullable=True, legacy=True) for key in keys}


def graph(version: str, streams: Field, function: Fields, project: Fields | None = None) -> Record:
    """A whole graph of a version."""
    functions = ListOf(record("a function", function), "functions", 1, 5000)
    keys: Fields = {
        "name": needed(NAME, "Name of the project."),
        "v3io_streams": streams,
        **(project or {}),
        "functions": Field(functions, "The functions.", (), required=True),
        **{f"{holder}_defaults": ANY for holder in ("config", "scaling", "stream_trigger", "env")},
        "env_custom": ANY,
    }
    return record(
        "a graph",
        {
            "apiVersion": needed(choices(version), "Version of this format."),
            "project": needed(record("a project", keys), "The project."),
        },
    )
