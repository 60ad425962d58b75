"""One function that is to become a step: what is asked of it, and which of its fields were understood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..cluster.digest import DIGEST
from ..drift.enriched import enriched
from ..drift.fields import CONFIGURED, Keys, fields, is_below, is_own, spelled
from ..drift.values import is_hidden, shown
from ..errors import printable
from ..reported.config import Config, name_of, part, project_of, word
from .graph_text import Mark

NOT_SHOWN = "a value that may be a credential"

_ALWAYS = (
    "metadata.name",
    "metadata.labels[nuclio.io/project-name]",
    "metadata.labels.tag",
    f"metadata.annotations.{DIGEST}",
    "spec.build.baseImage",
    "spec.build.commands",
    "spec.description",
    "spec.disableDefaultHTTPTrigger",
    "spec.env",
    "spec.handler",
    "spec.loggerSinks[0].level",
    "spec.maxReplicas",
    "spec.minReplicas",
    "spec.replicas",
    "spec.resources.limits",
    "spec.resources.requests",
    "spec.runtime",
    "spec.volumes",
)
"""What has a key in a graph, or a mark of its own where it has none."""


@dataclass(slots=True)
class Function:
    """A function; `marks` are those of the step as a whole, `understood` the fields that need none."""

    config: Config
    marks: list[Mark] = field(default_factory=list)
    understood: list[str] = field(default_factory=lambda: list(_ALWAYS))

    @property
    def name(self) -> str:
        """Its name in the cluster."""
        return name_of(self.config)

    @property
    def project(self) -> str:
        """The project that it is in."""
        return project_of(self.config)

    @property
    def spec(self) -> Config:
        """Its spec, with nuctl's defaults."""
        return part(enriched(self.config), "spec")

    @property
    def triggers(self) -> dict[str, Config]:
        """Its triggers that are mappings, by name."""
        found = part(self.spec, "triggers").items()
        return {name: each for name, each in found if isinstance(each, dict)}

    def mark(self, wrong: str, expected: str) -> None:
        """Note something that is for a person to decide."""
        self.marks.append(Mark(wrong, expected))

    def leftovers(self) -> Iterator[Mark]:
        """A mark for every field that says something and has no key in a graph."""
        usual = fields({})
        for keys, value in fields(self.config).items():
            is_usual = keys in usual and usual[keys] == value
            is_known = is_below(keys, tuple(self.understood)) or is_below(keys, CONFIGURED)
            if not (is_usual or is_known or is_own(keys)):
                yield Mark(f"{quoted(keys, value)} has no key in 0.2.0", "say whether it is needed")


def quoted(keys: Keys, value: object) -> str:
    """A field with its value, unless that may be a credential."""
    return f"`{printable(spelled(keys), 200)}` ({value_of(keys, value)})"


def value_of(keys: Keys, value: object) -> str:
    """A value as it may be shown."""
    return NOT_SHOWN if is_hidden(keys, value) else f"`{printable(shown(value), 80)}`"


def is_ours(function: Function) -> bool:
    """Whether iguazioig generated it: its handler's name, and a description that says which triggers it has."""
    read, arrow, _ = word(function.spec, "description").partition(" → ")
    streams = [name for name, each in function.triggers.items() if word(each, "kind") != "http"]
    inputs = [] if read == "HTTP requests" else read.split(", ")
    is_handler = word(function.spec, "handler") == "handler:handler"
    return bool(arrow) and is_handler and sorted(inputs) == sorted(streams)
