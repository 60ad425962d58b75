"""A function.yaml as nuctl reports it once it is deployed; `tests/engine/` holds the local one against the real nuctl.

Kubernetes' is read off the source of Nuclio 1.14.1: pkg/platform/kube/platform.go (EnrichFunctionConfig) and
pkg/platform/kube/client/deployer.go (populateFunction); quantities are spelled as Kubernetes spells them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

Config = dict[str, Any]

_STATUS = {
    "state": "ready",
    "logs": [{"level": "info", "message": "Deploying function", "time": 1795617931974.954}],
    "httpPort": 32768,
    "internalInvocationUrls": ["127.0.0.1:8080"],
    "externalInvocationUrls": ["0.0.0.0:32768"],
}
_SPELLED = {"500m": "500m", "1000m": "1", "2.0": "2", "1024Mi": "1Gi", "0.5": "500m"}


def committed(project: Path) -> list[Config]:
    """The function.yaml of every step of a project, by the step's name."""
    paths = sorted(project.glob("steps/*/function.yaml"))
    return [yaml.safe_load(path.read_text()) for path in paths]


def as_local(config: Config, namespace: str = "team") -> Config:
    """What `nuctl get function -o json` says of it on the local platform."""
    reported = copy.deepcopy({key: config[key] for key in ("metadata", "spec")})
    spec = reported["spec"]
    name = reported["metadata"]["name"]
    reported["metadata"]["namespace"] = namespace
    spec["image"] = f"nuclio/processor-{name}:latest"
    requests = {"cpu": "25m", "memory": "1Mi", **spec.get("resources", {}).get("requests", {})}
    spec["resources"] = _spelled({**spec.get("resources", {}), "requests": requests})
    spec["build"] |= {
        "functionConfigPath": f"steps/{name}/function.yaml",
        "codeEntryType": "image",
        "timestamp": 1795617931,
    }
    spec |= {"targetCPU": 75, "readinessTimeoutSeconds": 300, "eventTimeout": ""}
    spec |= {"platform": {}, "securityContext": {}}
    spec.setdefault("disableDefaultHTTPTrigger", False)
    if not spec["disableDefaultHTTPTrigger"]:
        spec["triggers"] = {"default-http": {"kind": "http", "numWorkers": 1}}
    for trigger_name, trigger in spec["triggers"].items():
        trigger |= {"class": "", "name": trigger_name}
        if trigger["kind"] == "v3ioStream":
            usual = {"workerTerminationTimeout": "10s", "explicitAckMode": "disable"}
            trigger |= {**usual, **trigger}
    for volume in spec.get("volumes", []):
        options = volume["volume"]["flexVolume"]["options"]
        options["subPath"] = options["subPath"].rstrip("/")
    return {**reported, "status": copy.deepcopy(_STATUS)}


def as_kube(config: Config, namespace: str = "team", *, masked: bool = False) -> Config:
    """The same on Kubernetes; where fields are masked, the values of sensitive ones are in a Secret."""
    reported = as_local(config, namespace)
    metadata, spec = reported["metadata"], reported["spec"]
    metadata["resourceVersion"] = "123456"
    metadata["labels"] |= {
        "nuclio.io/function-name": metadata["name"],
        "iguazio.com/username": "somebody",
    }
    spec["image"] = f"registry.example.com/team/{spec['image']}"
    spec |= {"imageHash": "1795617931974954000", "runRegistry": "registry.example.com/team"}
    spec |= {"alias": "latest", "imagePullSecrets": "registry-credentials"}
    spec |= {"serviceAccount": "nuclio", "priorityClassName": "igz-workload-medium"}
    spec |= {"preemptionMode": "prevent", "scaleToZero": {"scaleResources": []}}
    spec["resources"]["limits"] = {
        "cpu": "2",
        "memory": "20Gi",
        **spec["resources"].get("limits", {}),
    }
    spec["env"] = spec["env"][::-1]
    for name, trigger in spec["triggers"].items():
        if trigger["kind"] == "http":
            trigger["attributes"] = {"serviceType": "ClusterIP"}
        elif masked:
            trigger["password"] = f"$ref:/spec/triggers/{name}/password"
    return reported


def exported(config: Config) -> Config:
    """The same as `nuctl export functions` has it (functionconfig/types.go, PrepareFunctionForExport)."""
    written = copy.deepcopy({key: config[key] for key in ("metadata", "spec")})
    written["metadata"].pop("namespace")
    written["metadata"].setdefault("annotations", {}).update(
        {"nuclio.io/previous-state": "ready", "skip-build": "true", "skip-deploy": "true"}
    )
    for trigger in written["spec"]["triggers"].values():
        trigger.pop("password", None)
    return written


def answer(configs: Iterable[Config]) -> bytes:
    """What nuctl prints of some functions: of one that one, of several a list, indented with tabs (renderers.go)."""
    listed = list(configs)
    if not listed:
        return b"No functions found\n"
    return json.dumps(listed[0] if len(listed) == 1 else listed, indent="\t").encode()


def _spelled(resources: Config) -> Config:
    return {
        kind: {name: _SPELLED.get(amount, amount) for name, amount in amounts.items()}
        for kind, amounts in resources.items()
    }
