"""A configuration as fields: where each value is, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..reported.config import PROJECT_LABEL, Config
from .enriched import enriched

Keys = tuple[str, ...]
"""The way to a value; an entry of a list is `[1]`, unless it has a name."""

NUCLIO = (
    "metadata.annotations[nuclio.io/previous-state]",
    "metadata.annotations.skip-build",
    "metadata.annotations.skip-deploy",
    "spec.alias",
    "spec.build.codeEntryType",
    "spec.build.functionConfigPath",
    "spec.build.image",
    "spec.build.noBaseImagesPull",
    "spec.build.noCleanup",
    "spec.build.offline",
    "spec.build.path",
    "spec.build.registry",
    "spec.build.timestamp",
    "spec.image",
    "spec.imageHash",
    "spec.readinessTimeoutSeconds",
    "spec.runRegistry",
    "spec.version",
)
"""What nuctl and the platform write themselves, or a flag of the deployment does; no function.yaml of ours has it."""

CONFIGURED = (
    "spec.affinity",
    "spec.imagePullSecrets",
    "spec.preemptionMode",
    "spec.priorityClassName",
    "spec.resources.limits.cpu",
    "spec.resources.limits.memory",
    "spec.scaleToZero",
    "spec.serviceAccount",
    "spec.tolerations",
)
"""What a platform's own configuration fills in where function.yaml is silent: pkg/platform/kube/platform.go, EnrichFunctionConfig."""

_OWN_LABELS = ("nuclio.io/", "iguazio.com/")


def fields(config: Config) -> dict[Keys, Any]:
    """The value of every field that says something, as nuctl has it."""
    return dict(_below((), enriched(config)))


def _below(keys: Keys, value: Any) -> Iterator[tuple[Keys, Any]]:
    if keys[:2] == ("spec", "env") and len(keys) == 3 and not isinstance(value, dict):
        yield keys, value  # an empty text is a value here
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _below((*keys, key), each)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _below((*keys, f"[{number}]"), each)
    elif value or _is_zero(value):
        yield keys, value


def _is_zero(value: Any) -> bool:
    """Whether it is a number; Go leaves out what is false or empty, but for the numbers that it points to."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_own(keys: Keys) -> bool:
    """Whether a field is Nuclio's own, or the platform's, where nobody wrote it."""
    if keys[:2] == ("metadata", "labels"):
        return keys[-1].startswith(_OWN_LABELS) and keys[-1] != PROJECT_LABEL
    return is_below(keys, NUCLIO) or _is_service_type(keys)


def _is_service_type(keys: Keys) -> bool:
    """The type of a Service, which the platform sets on every HTTP trigger (enrichTriggerWithServiceType)."""
    return keys[:2] == ("spec", "triggers") and keys[3:] == ("attributes", "serviceType")


def is_below(keys: Keys, places: tuple[str, ...]) -> bool:
    """Whether a field is at one of some places, or in it."""
    prefixes = {spelled(keys[:length]) for length in range(1, len(keys) + 1)}
    return not prefixes.isdisjoint(places)


def spelled(keys: Keys) -> str:
    """The way to a value as text, such as `spec.triggers.raw.numWorkers` or `spec.resources.limits[nvidia.com/gpu]`."""
    text = ""
    for key in keys:
        is_plain = key and not set(".[] ") & set(key)
        if key.startswith("[") and key.endswith("]"):
            text += key
        else:
            text += (f".{key}" if text else key) if is_plain else f"[{key}]"
    return text
