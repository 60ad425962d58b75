"""What nuctl makes of a function's configuration when it deploys it; made once more of that, it stays the same.

So the committed configuration and the one that runs are compared as nuctl has them, and what it filled in is on both sides.
Source: Nuclio 1.14.1, pkg/nuctl/command/deploy.go, pkg/platform/abstract/platform.go (EnrichFunctionConfig) and
pkg/platformconfig (EnrichFunctionContainerResources).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..reported.config import Config, items, part, text_of, whole, word

_STREAM_KINDS = ("v3ioStream", "v3io-stream", "kafka", "kafka-cluster")

_SPEC = {"targetCPU": 75}
REQUESTS = {"cpu": "25m", "memory": "1Mi"}
"""What a pod requests at least."""

_STREAM_TRIGGER = {"explicitAckMode": "disable", "workerTerminationTimeout": "10s"}
_DEFAULT_TRIGGER = {"default-http": {"kind": "http"}}


def enriched(config: Config) -> Config:
    """Its metadata and spec with nuctl's own defaults; lists whose order means nothing become mappings by name."""
    metadata, spec = part(config, "metadata"), part(config, "spec")
    return {"metadata": _metadata(metadata), "spec": {**_SPEC, **spec, **dict(_parts(spec))}}


def _metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {key: metadata[key] for key in ("name", "labels", "annotations") if key in metadata}


def _parts(spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    requests = part(spec, "resources", "requests")
    yield "resources", {**part(spec, "resources"), "requests": {**REQUESTS, **requests}}
    yield "triggers", {name: _trigger(name, each) for name, each in _triggers(spec).items()}
    yield "env", _by_name(items(spec, "env"))
    yield "volumes", {_volume_name(each): _volume(each) for each in items(spec, "volumes")}
    yield from _replicas(spec)


def _replicas(spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The one of two that is missing is the other one."""
    least, most = whole(spec, "minReplicas"), whole(spec, "maxReplicas")
    if least is None and most is not None:
        yield "minReplicas", most
    if most is None and least is not None:
        yield "maxReplicas", least


def _triggers(spec: dict[str, Any]) -> dict[str, Any]:
    """With the HTTP trigger that there is where none is named and none refused."""
    triggers = part(spec, "triggers")
    has_http = any(word(each, "kind") == "http" for each in triggers.values())
    refused = word(spec, "disableDefaultHTTPTrigger") == "true"
    return triggers if has_http or refused else {**triggers, **_DEFAULT_TRIGGER}


def _trigger(name: str, trigger: Any) -> Any:
    if not isinstance(trigger, dict):
        return trigger
    known = {key: value for key, value in trigger.items() if key != "maxWorkers"}
    workers = whole(trigger, "numWorkers") or whole(trigger, "maxWorkers") or 1
    usual = _STREAM_TRIGGER if word(trigger, "kind") in _STREAM_KINDS else {}
    return {"name": name, **usual, **known, "numWorkers": workers}


def _by_name(variables: list[Any]) -> dict[str, Any]:
    """Of several with a name the last one counts, as in Kubernetes."""
    found = {}
    for each in variables:
        source = part(each, "valueFrom")
        found[word(each, "name")] = source or word(each, "value")
    return found


def _volume_name(volume: Any) -> str:
    return word(volume, "volume", "name") or word(volume, "volumeMount", "name")


def _volume(volume: Any) -> Any:
    """One whose name is in both parts, and whose path in the container is nuctl's word for it."""
    if not isinstance(volume, dict):
        return volume
    name, source = _volume_name(volume), part(volume, "volume")
    flex = part(source, "flexVolume")
    options = {key: text_of(each) for key, each in part(flex, "options").items()}
    if options.get("subPath"):
        options["subPath"] = "/" + options["subPath"].strip("/")
        options["subPath"] = options["subPath"].removesuffix("/")
    flexible = {"flexVolume": {**flex, "options": options}} if flex else {}
    mount = {**part(volume, "volumeMount"), "name": name}
    return {"volume": {**source, "name": name, **flexible}, "volumeMount": mount}
