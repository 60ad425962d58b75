"""The outputs of an older function: streams by path, functions, and what never sent anything."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ...document import Scalar, Value, kind
from ...errors import Location
from ...graph import Condition
from ..fields import Entry
from ..kinds import FUNCTION, INVALID, Kind
from ..reader import Reader
from ..texts import PATH
from ..v0_2_0.keys import OUTPUTS
from .conditions import KNOWN, ConditionError, parse_condition
from .dialect import Dialect
from .entries import items_of, make_entry
from .extras import Extras
from .streams import OlderStreams

FindStream = Callable[[str, Location], str | None]


class OutputReader:
    """Reads the outputs of one function; conditions go into its extras."""

    def __init__(
        self, function: Entry, streams: OlderStreams, extras: Extras, reader: Reader
    ) -> None:
        self._function = function
        self._declared = streams
        self._extras = extras
        self._reader = reader
        self._streams = items_of(())
        self._functions = items_of(())

    def entry(self, dialect: Dialect) -> Entry:
        """The `outputs` of 0.2.0."""
        if dialect.one_output:
            self._single()
        else:
            for each in self._function["outputs"] or ():
                self._output(each, dialect.adds_shard)
        values = {"streams": self._streams, "function": self._functions}
        places = {
            **{f"streams[{index}]": place for index, place in enumerate(self._streams.places)},
            **{f"function[{index}]": place for index, place in enumerate(self._functions.places)},
        }
        return make_entry(OUTPUTS, self._function.at("outputs"), values, places)

    def _single(self) -> None:
        """The one stream of v1alpha1, and the function after it; the text `None` is null (graph-older 0)."""
        path, function = self._function["output_stream"], self._function["post_process_function"]
        if path not in (None, "None"):
            self._stream(path, self._function.at("output_stream"), None)
        if function is not None:
            self._extras.gets_incoming = True
            self._call(function, self._function.at("post_process_function"), None)

    def _output(self, output: Entry, adds_shard: bool) -> None:
        condition = self._condition(output, adds_shard) if output["condition"] is not None else None
        if output["kind"] == "http":
            wrong = "outputs of kind `http` never sent anything, and this one does not now"
            expected = "take it out; in 0.2.0 an URL in `https` gets every message, by POST"
            self._reader.warn(output.at("kind"), wrong, expected, "never-sent")
        elif output["kind"] == "stream":
            path, place = self._text(output, "output_stream", PATH)
            if path:
                self._stream(path, place, condition)
        elif output["kind"] == "function":
            function, place = self._text(output, "post_process_function", FUNCTION)
            if function:
                self._call(function, place, condition)
                wrong = (
                    f"`{function}` was also called where the method returned None, and is not now"
                )
                expected = "let the method return something where it has to be called"
                self._reader.warn(place, wrong, expected, "called-on-none")

    def _text(self, output: Entry, key: str, wanted: Kind) -> tuple[str | None, Location]:
        value: Value | None = output[key]
        if key in output.flawed:
            return None, output.at(key)
        if value is None:
            wrong = f"an output of kind `{output['kind']}` has no `{key}`"
            self._reader.error(output.at(key), wrong, f"expected {wanted.expected}", "missing-key")
            return None, output.location
        text = wanted.read(value, self._reader, key)
        return (None if text is INVALID else text), value.location

    def _stream(self, path: str, place: Location, condition: Condition | None) -> None:
        container = self._function["output_stream_container"]
        if container is None and "output_stream_container" not in self._function.flawed:
            wrong = "the function has a stream as an output, and no `output_stream_container`"
            self._reader.error(place, wrong, "say in which container it is", "missing-key")
        name = self._declared.find(container, path, place, "an output of the function")
        if name is None:
            return
        if self._functions:
            wrong = f"`{self._functions[-1]}` was called before the message was written to `{path}`, and is called after it now"
            expected = (
                "put functions last; one that changes the message for others belongs into the class"
            )
            self._reader.warn(place, wrong, expected, "output-order")
        self._streams.append(name)
        self._streams.places.append(place)
        if condition is not None:
            self._extras.streams[name] = condition

    def _call(self, function: str, place: Location, condition: Condition | None) -> None:
        self._functions.append(function)
        self._functions.places.append(place)
        self._extras.functions.append(condition)

    def _condition(self, output: Entry, adds_shard: bool) -> Condition | None:
        value: Value = output["condition"]
        self._reader.spend(value)
        if not isinstance(value, Scalar) or value.tag != "str":
            if not (isinstance(value, Scalar) and value.is_broken):
                wrong = f"`condition` is {kind(value)}"
                expected = "expected text with a Python expression about `message`"
                self._reader.error(value.location, wrong, expected, "condition")
            return None
        try:
            tree = parse_condition(value.text, _own(output))
        except ConditionError as reason:
            wrong = f"the condition {reason}"
            self._reader.error(value.location, wrong, _IN_CODE, "condition")
            return None
        text = ast.unparse(tree)
        if adds_shard and _names_shard(tree):
            wrong = "the condition asks for `message['shard']`, which no message has any more"
            expected = (
                "let who writes the messages put it in; until then the condition does not hold"
            )
            self._reader.warn(value.location, wrong, expected, "gone")
        return Condition(text=text, tree=tree, location=value.location)


_IN_CODE = (
    f"known are {KNOWN}; say the rest in code: let the method set `message['wanted'] = …`, and write "
    "`condition: message['wanted']`"
)


def _own(output: Entry) -> dict[str, str | None]:
    """What a condition can see of its output: the texts in it."""
    found: dict[str, str | None] = {}
    for key in ("kind", "name", "output_stream", "post_process_function", "url", "condition"):
        value = output[key]
        if isinstance(value, str):
            found[key] = value
        elif isinstance(value, Scalar) and value.tag == "str":
            found[key] = value.text
    return found


def _names_shard(tree: ast.expr) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == "shard" for node in ast.walk(tree))
