"""API v2alpha2: v2alpha1 with lists of YAML and with volumes (graph-older 1)."""

from __future__ import annotations

from .older.dialect import ONE_INPUT_SPELLING, Dialect
from .older.keys import COMMON, ONE_INPUT, OUTPUTS, STREAM_LIST, VOLUMES, YAML_LISTS, graph, unread
from .older.reading import OlderDeployer

_VERSION = "v2alpha2"
_UNREAD = (
    "output_stream",
    "post_process_function",
    "class_init",
    "pip",
    "loggerSinks",
    "input_streams",
)
_FUNCTION = {**COMMON, **ONE_INPUT, **YAML_LISTS, **OUTPUTS, **unread(_VERSION, *_UNREAD)}


class Deployer(OlderDeployer):
    """Graphs of API v2alpha2."""

    api_version = _VERSION
    dialect = Dialect(
        version=_VERSION,
        graph=graph(_VERSION, STREAM_LIST, _FUNCTION, VOLUMES),
        seek_to="latest",
        adds_shard=True,
        variables={"STEP_CONFIG": None},
        spelling=ONE_INPUT_SPELLING,
    )
