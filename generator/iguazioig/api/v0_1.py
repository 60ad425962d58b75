"""API v0_1: inputs by name with their own settings, packages, levels of the log (graph-older 1). The newest before 0.2.0."""

from __future__ import annotations

from .fields import Field
from .kinds import ListOf, Text, choices
from .older.dialect import NAMED_INPUT_SPELLING, Dialect
from .older.keys import (
    ANY,
    CLASS_INIT,
    COMMON,
    NAMED_INPUTS,
    OUTPUTS,
    STREAM_MAPPING,
    VOLUMES,
    YAML_LISTS,
    graph,
    record,
    unread,
)
from .older.reading import OlderDeployer

_VERSION = "v0_1"
_SINK = record(
    "a logger sink",
    {
        "level": Field(choices("debug", "info", "warn", "warning", "error"), "Level of the log."),
        "sink": ANY,
    },
)
_FUNCTION = {
    **COMMON,
    **NAMED_INPUTS,
    **YAML_LISTS,
    **OUTPUTS,
    **CLASS_INIT,
    "pip": Field(ListOf(Text(), "packages, such as `[numpy]`"), "Packages.", (), nullable=True),
    "loggerSinks": Field(ListOf(_SINK, "sinks, each with a `level`"), "Log.", (), nullable=True),
    **unread(_VERSION, "input_stream", "maxWorkers", "output_stream", "post_process_function"),
}


class Deployer(OlderDeployer):
    """Graphs of API v0_1."""

    api_version = _VERSION
    dialect = Dialect(
        version=_VERSION,
        graph=graph(_VERSION, STREAM_MAPPING, _FUNCTION, VOLUMES),
        seek_to="latest",
        names_inputs=True,
        variables={"STEP_CONFIG": None, "CLASS_INIT": None},
        spelling=NAMED_INPUT_SPELLING,
    )
