"""API v2alpha3: v2alpha2 with `class_init`, from the earliest record on, and without `shard` (graph-older 1)."""

from __future__ import annotations

from .older.dialect import ONE_INPUT_SPELLING, Dialect
from .older.keys import (
    CLASS_INIT,
    COMMON,
    ONE_INPUT,
    OUTPUTS,
    STREAM_LIST,
    VOLUMES,
    YAML_LISTS,
    graph,
    unread,
)
from .older.reading import OlderDeployer

_VERSION = "v2alpha3"
_UNREAD = ("output_stream", "post_process_function", "pip", "loggerSinks", "input_streams")
_FUNCTION = {
    **COMMON,
    **ONE_INPUT,
    **YAML_LISTS,
    **OUTPUTS,
    **CLASS_INIT,
    **unread(_VERSION, *_UNREAD),
}


class Deployer(OlderDeployer):
    """Graphs of API v2alpha3."""

    api_version = _VERSION
    dialect = Dialect(
        version=_VERSION,
        graph=graph(_VERSION, STREAM_LIST, _FUNCTION, VOLUMES),
        seek_to="earliest",
        variables={"STEP_CONFIG": None, "CLASS_INIT": None},
        spelling=ONE_INPUT_SPELLING,
    )
