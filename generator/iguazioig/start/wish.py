"""A step that somebody wants, before there is any of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..api.naming import slug
from ..graph import Graph, Step
from .names import check_step, check_stream


@dataclass(frozen=True, slots=True)
class Wish:
    """A step that somebody wants: its name, and the streams that it reads and writes, by their names.

    `notebook` says that its class is to be in one, and not in a module.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    notebook: bool = False

    def check(self) -> None:
        """Raise ValueError, with what is expected, where no step can be so."""
        check_step(self.name)
        for stream in (*self.inputs, *self.outputs):
            check_stream(stream)
        if not self.inputs:
            raise ValueError(f"nothing feeds step `{self.name}`; expected a stream that it reads")
        for stream in self.outputs:
            if slug(stream) in map(slug, self.inputs):
                wrong = f"step `{self.name}` would read what it writes into `{stream}`"
                raise ValueError(f"{wrong}, without end; expected another stream")

    def spelt_as_in(self, graph: Graph) -> Wish:
        """The same with the names of streams as the graph spells them, each once."""
        spelt = {stream.slug: stream.name for stream in graph.streams}
        inputs, outputs = (
            tuple(dict.fromkeys(spelt.get(slug(name), name) for name in names))
            for names in (self.inputs, self.outputs)
        )
        return replace(self, inputs=inputs, outputs=outputs)

    def is_met_by(self, step: Step) -> bool:
        """Whether a step is what is wanted."""
        inputs = tuple(each.stream.name for each in step.inputs)
        outputs = tuple(stream.name for stream in step.streams)
        return (step.name, inputs, outputs) == (self.name, self.inputs, self.outputs)
