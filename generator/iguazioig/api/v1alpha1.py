"""API v1alpha1: one input, at most one stream as an output, then one function (graph-older 1)."""

from __future__ import annotations

from .older.dialect import ONE_INPUT_SPELLING, SETTINGS, Dialect
from .older.keys import COMMON, ONE_INPUT, ONE_OUTPUT, PYTHON_LISTS, STREAM_LIST, graph, unread
from .older.reading import OlderDeployer

_VERSION = "v1alpha1"
_FUNCTION = {
    **COMMON,
    **ONE_INPUT,
    **PYTHON_LISTS,
    **ONE_OUTPUT,
    **unread(_VERSION, "outputs", "class_init", "pip", "loggerSinks", "input_streams"),
}


class Deployer(OlderDeployer):
    """Graphs of API v1alpha1."""

    api_version = _VERSION
    dialect = Dialect(
        version=_VERSION,
        graph=graph(_VERSION, STREAM_LIST, _FUNCTION),
        seek_to="latest",
        one_output=True,
        mounts_home=True,
        adds_shard=True,
        variables={
            **SETTINGS,
            "OUTPUT_STREAM": "output_stream",
            "POST_PROCESS_FUNCTION": "post_process_function",
        },
        spelling=ONE_INPUT_SPELLING,
    )
