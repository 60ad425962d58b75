"""One function of an older graph as a function of 0.2.0."""

from __future__ import annotations

import sys
from typing import Any

from ...document import Value
from ...errors import Location
from ...graph import NOTEBOOK_ENDING, Notebook, UserModule
from ..fields import Entry
from ..kinds import INVALID, Integer
from ..naming import consumer_group
from ..reader import Reader
from ..v0_2_0.keys import FUNCTION_RECORD, INPUT, RESOURCES
from .dialect import Dialect
from .entries import items_of, make_entry
from .environment import environment, habits
from .extras import Extras
from .outputs import OutputReader
from .packages import packages
from .streams import OlderStreams

NEWER = {
    "function_name": "name",
    "class_load_function": "class_module",
    "processing_function": "methods",
    "minReplicas": "min_replicas",
    "maxReplicas": "max_replicas",
    "maxWorkers": "input_streams",
    "input_stream": "input_streams",
    "input_stream_container": "input_streams",
    "output_stream": "outputs",
    "output_stream_container": "outputs",
    "post_process_function": "outputs",
    "gpu": "resources",
    "num_gpus": "resources",
    "loggerSinks": "log_level",
}
"""The keys of 0.2.0 that say what these said."""

_GPUS = Integer(1, 1000)


class FunctionTranslator:
    """Translates the functions of one project."""

    def __init__(
        self, dialect: Dialect, streams: OlderStreams, reader: Reader, *, has_volumes: bool
    ) -> None:
        self._dialect = dialect
        self._streams = streams
        self._reader = reader
        self._has_volumes = has_volumes

    def translate(self, function: Entry) -> tuple[Entry, Extras]:
        """The function of 0.2.0, and what that cannot say."""
        extras = Extras()
        outputs = OutputReader(function, self._streams, extras, self._reader)
        values: dict[str, Any] = {
            "name": function["function_name"],
            **_class(function),
            "min_replicas": 1 if function["minReplicas"] is None else function["minReplicas"],
            "max_replicas": function["maxReplicas"] or 1,
            "docker_image": function["docker_image"],
            "module_paths": function["module_paths"],
            "outputs": outputs.entry(self._dialect),
        }
        places = _places(function)
        for key, value in {
            "input_streams": self._inputs(function, places),
            "env_custom": self._environment(function, places),
            "resources": self._resources(function),
            "class_init": function.values.get("class_init"),
            "pip": packages(function, self._reader) if "pip" in function.values else None,
            "log_level": self._log_level(function),
        }.items():
            if value is not None:
                values[key] = value
        extras.imports = tuple(_imports(function, values))
        extras.habits = habits(function, self._dialect, has_volumes=self._has_volumes)
        self._warn_of_group(function)
        flawed = {NEWER.get(key, key) for key in function.flawed}
        if "class_load_function" in function.flawed:
            flawed.add("class_name")
        return make_entry(FUNCTION_RECORD, function.location, values, places, flawed), extras

    def _environment(self, function: Entry, places: dict[str, Location]) -> dict[str, str]:
        texts, found = environment(function, self._dialect, self._reader)
        places.update(found)
        return texts

    def _warn_of_group(self, function: Entry) -> None:
        name: str | None = function["function_name"]
        if name and name.replace("-", "_") != consumer_group(name):
            old, new = name.replace("-", "_"), consumer_group(name)
            wrong = f"the consumer group was `{old}`, and is `{new}` now: it begins anew where its trigger says"
            expected = "let the old function finish what is in its streams before it goes"
            self._reader.warn(function.at("function_name"), wrong, expected, "consumer-group")

    def _inputs(self, function: Entry, places: dict[str, Location]) -> dict[str, Entry]:
        if self._dialect.names_inputs:
            inputs: dict[str, Entry] = function["input_streams"] or {}
            return {name: self._named(each) for name, each in inputs.items()}
        path, place = function["input_stream"], function.at("input_stream")
        if path is None:
            return {}
        container = function["input_stream_container"]
        name = self._streams.find(container, path, place, "the input of the function")
        if name is None:
            return {}
        places[f"input_streams.{name}"] = place
        values = {"max_workers": function["maxWorkers"], "seek_to": self._dialect.seek_to}
        found = {"max_workers": function.at("maxWorkers")}
        return {name: make_entry(INPUT, place, values, found)}

    def _named(self, settings: Entry) -> Entry:
        key: Value | None = settings["v3io_access_key"]
        if key is not None:
            wrong = "`v3io_access_key` is a literal key"
            expected = "take it out: the key comes from the Secret `v3io-access`, whose name 0.2.0 lets you choose"
            self._reader.error(key.location, wrong, expected, "credential")
        names = {
            "max_workers": "maxWorkers",
            "polling_interval_ms": "pollingIntervalMs",
            "seek_to": "seekTo",
            "read_batch_size": "readBatchSize",
        }
        values = {newer: settings[older] for newer, older in names.items()}
        places = {newer: settings.at(older) for newer, older in names.items()}
        flawed = {newer for newer, older in names.items() if older in settings.flawed}
        entry = make_entry(INPUT, settings.location, values, places, flawed)
        if values["polling_interval_ms"] is None:
            del entry.places["polling_interval_ms"]
        return entry

    def _resources(self, function: Entry) -> Entry | None:
        if not function["gpu"]:
            return None
        count: Value | None = function["num_gpus"]
        if count is None:
            wrong, expected = "`gpu` is true, and there is no `num_gpus`", f"expected {_GPUS.expected}"  # fmt: skip
            self._reader.error(function.at("gpu"), wrong, expected, "missing-key")
            return None
        number = _GPUS.read(count, self._reader, "num_gpus")
        if number is INVALID:
            return None
        limits = {"nvidia.com/gpu": str(number)}
        places = {"limits.nvidia.com/gpu": count.location}
        return make_entry(RESOURCES, count.location, {"limits": limits}, places)

    def _log_level(self, function: Entry) -> str | None:
        sinks = function.values.get("loggerSinks") or ()
        if len(sinks) > 1 or any(each["sink"] is not None for each in sinks):
            wrong = "`loggerSinks` names sinks, and a step has one, which Nuclio chooses"
            expected = "its level is that of the first"
            self._reader.warn(function.at("loggerSinks"), wrong, expected, "logger-sinks")
        return sinks[0]["level"] if sinks else None


def _class(function: Entry) -> dict[str, Any]:
    module, _, name = (function["class_load_function"] or "").rpartition(".")
    method = function["processing_function"]
    methods = items_of([method] if method else [], [function.at("processing_function")])
    return {"class_module": module, "class_name": name, "methods": methods}


def _places(function: Entry) -> dict[str, Location]:
    """The places of what was written, under the keys of 0.2.0 as well."""
    places = dict(function.places)
    for older, newer in NEWER.items():
        if older in function.places:
            places.setdefault(newer, function.places[older])
    places["name"] = function.at("function_name")
    places["class_name"] = function.at("class_load_function")
    places["methods[0]"] = function.at("processing_function")
    return places


def _imports(function: Entry, values: dict[str, Any]) -> list[UserModule]:
    """The modules of `import_modules` that the handler does not import anyway; Python's own do nothing."""
    module = values["class_module"]
    known = {module, Notebook(module).module if module.endswith(NOTEBOOK_ENDING) else module}
    known.update(dotted.rpartition(".")[0] for dotted in values["outputs"]["function"])
    found = []
    for index, name in enumerate(function["import_modules"] or ()):
        if name not in known and name.partition(".")[0] not in sys.stdlib_module_names:
            place = function.at(f"import_modules[{index}]")
            found.append(UserModule(name=name, location=place))
        known.add(name)
    return found
