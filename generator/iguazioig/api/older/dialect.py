"""In what one older version differs from the others, beside its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..fields import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One version. `seek_to` is where its triggers began that said nothing else.

    `names_inputs`: inputs are named, and not found by path. `one_output`: at most one stream, then one function. `mounts_home`: the home of whoever deployed was mounted at
    `/User`, unasked. `adds_shard`: messages had a key `shard`. `variables` are those of its own that a function had: names,
    with the keys of a function whose values they held, or nothing where it cannot be given any more. `spelling` are its
    words for keys of 0.2.0.
    """

    version: str
    graph: Record
    seek_to: str
    names_inputs: bool = False
    one_output: bool = False
    mounts_home: bool = False
    adds_shard: bool = False
    variables: Mapping[str, str | None] = field(default_factory=dict)
    spelling: Mapping[str, str] = field(default_factory=dict)


SPELLING = {
    "max_workers": "maxWorkers",
    "min_replicas": "minReplicas",
    "max_replicas": "maxReplicas",
    "class_module": "class_load_function",
    "class_name": "class_load_function",
    "methods": "processing_function",
}
ONE_INPUT_SPELLING = {**SPELLING, "input_streams": "input_stream"}
NAMED_INPUT_SPELLING = {
    **SPELLING,
    "polling_interval_ms": "pollingIntervalMs",
    "seek_to": "seekTo",
    "read_batch_size": "readBatchSize",
}

SETTINGS: Mapping[str, str | None] = {
    "STEP_NAME": "function_name",
    "MODULE_PATHS": "module_paths",
    "IMPORT_MODULES": "import_modules",
    "CLASS_LOAD_FUNCTION": "class_load_function",
    "PROCESSING_FUNCTION": "processing_function",
    "OUTPUT_STREAM_CONTAINER": "output_stream_container",
}
"""What functions had in their environment before STEP_CONFIG."""
