"""API v2alpha1: v1alpha1 with `outputs` in place of `output_stream` and `post_process_function` (graph-older 1)."""

from __future__ import annotations

from .older.dialect import ONE_INPUT_SPELLING, SETTINGS, Dialect
from .older.keys import COMMON, ONE_INPUT, OUTPUTS, PYTHON_LISTS, STREAM_LIST, graph, unread
from .older.reading import OlderDeployer

_VERSION = "v2alpha1"
_UNREAD = (
    "output_stream",
    "post_process_function",
    "class_init",
    "pip",
    "loggerSinks",
    "input_streams",
)
_FUNCTION = {**COMMON, **ONE_INPUT, **PYTHON_LISTS, **OUTPUTS, **unread(_VERSION, *_UNREAD)}


class Deployer(OlderDeployer):
    """Graphs of API v2alpha1."""

    api_version = _VERSION
    dialect = Dialect(
        version=_VERSION,
        graph=graph(_VERSION, STREAM_LIST, _FUNCTION),
        seek_to="latest",
        mounts_home=True,
        adds_shard=True,
        variables={**SETTINGS, "OUTPUTS": None},
        spelling=ONE_INPUT_SPELLING,
    )
