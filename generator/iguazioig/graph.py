"""The neutral model: what a graph means, whatever version of the API it was written in.

Every default is filled in and every name is valid, so what reads this model never asks again. Locations say where in
the graph a thing was written; they never take part in comparisons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import TYPE_CHECKING

from .displayed import Displayed
from .errors import Location

if TYPE_CHECKING:
    import ast

NOTEBOOK_ENDING = ".ipynb"

V3IO_REQUIREMENT = "v3io==0.7.2"
"""The client with which generated code writes streams."""

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Something that was written at a place of a graph; `places` has the places of its keys."""

    location: Location = field(compare=False, repr=False)
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)

    def at(self, key: str) -> Location:
        """Where `key` was written, or where the thing itself begins if it was left out."""
        return self.places.get(key, self.location)


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key of a Kubernetes Secret: where a value comes from that is in no file."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(Located):
    """A v3io stream. `path` begins with `/`; `retention` is in hours."""

    name: str
    slug: str
    container: str
    path: str
    shards: int
    retention: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(Located):
    """A v3io container, or a folder `sub_path` of it, mounted into every step."""

    name: str
    container: str
    sub_path: str
    mount_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Input(Located):
    """How a step reads a stream: its trigger. `workers` is per replica."""

    stream: Stream
    workers: int
    seek_to: str
    read_batch_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Located):
    """What must hold of a message for an output to get it; where it cannot be told, it does not hold.

    `tree` is an expression about `message`, of no more than literals, comparisons and a few harmless calls; `text` is the
    same as Python writes it.
    """

    text: str
    tree: ast.expr = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFunction(Located):
    """A function of a user's module, called as `function(context, message)`.

    `gets_incoming` says that its message is the one that came in, as the methods have left it, and not their result.
    """

    module: str
    function: str
    condition: Condition | None = None
    gets_incoming: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserModule(Located):
    """A module that is imported for what that does, and for nothing in it."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What the user's code may count on, because the runtime that it was written for gave it.

    `env` are variables, and `packages` requirements by the module that they bring, that a step gets where its code names
    them. `gone` are texts that its code may name, and that nothing answers any more, each with the cure. `logger` says
    whether classes were given one.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    gone: Mapping[str, str] = field(default_factory=dict)
    logger: bool = True


@dataclass(frozen=True, slots=True)
class Notebook:
    """The notebook that the module of a step is made from, by its path beside the graph.

    `settings` are the fields of the step that it sets, and not the graph.
    """

    path: str
    settings: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def module(self) -> str:
        """What the module is called: that of `models/01 Fraud-2.ipynb` is `_01_Fraud_2`."""
        name = re.sub(r"\W", "_", self.path.rpartition("/")[2].removesuffix(NOTEBOOK_ENDING))
        return f"_{name}" if name[:1].isdigit() else f"{name}_" if iskeyword(name) else name


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOutput(Located):
    """An endpoint that gets each message as JSON, by POST."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How patient a step is with its outputs, and whether it skips what it has delivered; times in seconds.

    `retries` is how often a message is sent again that can pass; None is without end. `backoff` is the longest pause between
    two attempts, `timeout` how long a connection may be silent. `deduplicate` says where the step remembers what it has
    delivered: `memory`, `v3io`, or None, nowhere. `batch` is of how many records the messages go out together, at the latest
    `linger` after the first one; with None it is one.
    """

    retries: int | None = None
    backoff: float = 30.0
    timeout: float = 20.0
    deduplicate: str | None = None
    batch: int | None = None
    linger: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Located):
    """A Nuclio function: a user's class, and the methods that a message goes through.

    `init` are the keyword arguments of the class. `python` is the version in the image, as in `3.11`. `env` has text,
    or where in a Secret the text is. `function_name` is the name in the cluster. `conditions` are those of `streams`, by
    their slugs. `class_module` is made from `notebook`, where there is one.
    """

    name: str
    slug: str
    function_name: str
    consumer_group: str
    tag: str
    class_module: str
    class_name: str
    init: Mapping[str, JsonValue]
    methods: tuple[str, ...]
    inputs: tuple[Input, ...]
    streams: tuple[Stream, ...]
    https: tuple[HttpOutput, ...]
    functions: tuple[UserFunction, ...]
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    imports: tuple[UserModule, ...] = ()
    habits: Habits = Habits()
    error_stream: Stream | None
    delivery: Delivery = Delivery()
    env: Mapping[str, str | SecretKey]
    resources: Mapping[str, Mapping[str, str]]
    pip: tuple[str, ...]
    image: str
    python: str
    log_level: str
    min_replicas: int
    max_replicas: int
    image_name: str | None
    module_paths: tuple[str, ...]
    notebook: Notebook | None = None

    @property
    def replicas(self) -> int:
        """How many replicas share the shards of the inputs (nuclio-facts, 3.3: `maxReplicas`)."""
        return self.max_replicas

    @property
    def copies(self) -> int:
        """How many processes, each with its own instance of the class, run at most."""
        workers = sum(each.workers for each in self.inputs) or 1
        return workers * self.max_replicas

    @property
    def remembers(self) -> str | None:
        """Where it remembers what it has delivered of the streams that it reads."""
        return self.delivery.deduplicate if self.inputs else None

    @property
    def gathers(self) -> bool:
        """Whether messages of several records go out together: an acknowledgement does not say of which of several streams it is."""
        return self.delivery.batch is not None and len(self.inputs) == 1

    @property
    def chooses(self) -> bool:
        """Whether some of its outputs do not get every message."""
        return bool(self.conditions) or any(each.condition for each in self.functions)

    @property
    def written(self) -> tuple[Stream, ...]:
        """The streams that this step writes to: its outputs, then its error stream."""
        errors = () if self.error_stream is None else (self.error_stream,)
        return tuple(dict.fromkeys((*self.streams, *errors)))


@dataclass(frozen=True, slots=True)
class Environment:
    """What was laid over a graph: its name, what messages call its file, and the file's own bytes."""

    name: str
    path: str = field(compare=False)
    source: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph(Located, Displayed):
    """A whole inference graph; `source` is the file's own bytes.

    `namespace` and `registry` are where functions are deployed and their images are pushed to; what is empty is up to nuctl.
    """

    api_version: str
    name: str
    slug: str
    partition_key: str
    streams: tuple[Stream, ...]
    volumes: tuple[Volume, ...]
    steps: tuple[Step, ...]
    v3io_api: str
    access_key: SecretKey
    volume_secret: str
    namespace: str = ""
    registry: str = ""
    source: bytes = field(repr=False)
    environment: Environment | None = None

    @property
    def title(self) -> str:
        """What tells its project from others, of other environments too: `<project>-<environment>`."""
        name = self.environment.name if self.environment else ""
        named = not name or self.slug.endswith(f"-{name}")
        return self.slug if named else f"{self.slug}-{name}"
