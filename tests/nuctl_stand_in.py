"""Stands in for `nuctl`: it deploys nothing, and answers what the real one answers (nuclio-facts 1 and 8.1).

    python nuctl_stand_in.py HOME NUCTL-COMMAND…

It keeps what it was told in HOME/cluster/<namespace>/{projects,functions}/<name>.json, and notes each call in HOME/calls.log.
NUCTL_PLATFORM and NUCTL_NAMESPACE count as they do for nuctl; the platform is Kubernetes unless it is `local`. What a function
of a name is to fail of is in HOME/broken/<function>, two that have to be deployed at the same time are in HOME/meetings.
`tests/engine/test_stand_in.py` holds its answers against the real one's.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import yaml

PROJECT_LABEL = "nuclio.io/project-name"
PROVISIONING = {"building", "waitingForBuild", "waitingForResourceConfiguration"}
FAILURES = {
    "build": "exit status 1",
    "import": "Function wasn't ready in time, and its processor ended: ModuleNotFoundError",
    "pull": "Failed to pull the image of the function",
}


class Arguments(argparse.ArgumentParser):
    """Flags, whose mistakes are nuctl's own."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("expected one argument"):
            fail(f"flag needs an argument: {message.split()[1].split('/')[0].rstrip(':')}")
        fail(message.replace("unrecognized arguments:", "unknown flag:"))


class Cluster:
    """What is stored, in the namespace that is meant."""

    def __init__(self, home: Path, namespace: str = "") -> None:
        self.home = home
        self.is_local = os.environ.get("NUCTL_PLATFORM") == "local"
        self.namespace = namespace or os.environ.get("NUCTL_NAMESPACE", "nuclio")
        self.here = home / "cluster" / self.namespace
        for kind in ("projects", "functions"):
            (self.here / kind).mkdir(parents=True, exist_ok=True)

    def read(self, kind: str, name: str) -> Any:
        path = self.here / kind / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def every(self, kind: str) -> list[Any]:
        return [json.loads(path.read_text()) for path in sorted((self.here / kind).iterdir())]

    def write(self, kind: str, name: str, record: Any) -> None:
        # A whole file or none: builds run at the same time, and somebody may look.
        partial = self.home / f"{kind}.{name}.{os.getpid()}"
        partial.write_text(json.dumps(record, indent="\t"))
        partial.rename(self.here / kind / f"{name}.json")

    def delete(self, kind: str, name: str) -> None:
        (self.here / kind / f"{name}.json").unlink()

    def is_known(self, project: str) -> bool:
        # `default` is made by nuctl itself.
        return project == "default" or self.read("projects", project) is not None

    def functions_of(self, project: str) -> list[Any]:
        return [each for each in self.every("functions") if project_of(each) == project]


def main(home: Path, *words: str) -> None:
    with alone(home):
        note(home, words)
    cluster = Cluster(home, namespace_in(words))
    for name in COMMANDS:
        if words[: len(name)] == name:
            COMMANDS[name](cluster, *without_namespace(words[len(name) :]))
            return
    fail(f'unknown command "{words[0]}" for "nuctl"')


def namespace_in(words: tuple[str, ...]) -> str:
    """What `--namespace` says, which every command takes."""
    flag = next((place for place, word in enumerate(words) if word in ("--namespace", "-n")), None)
    return words[flag + 1] if flag is not None else ""


def without_namespace(words: tuple[str, ...]) -> list[str]:
    flags = [place for place, word in enumerate(words) if word in ("--namespace", "-n")]
    return [word for place, word in enumerate(words) if not {place, place - 1} & set(flags)]


def note(home: Path, words: tuple[str, ...]) -> None:
    """Write the call down; it fails where this was the one that is to."""
    with (home / "calls.log").open("a") as file:
        file.write(f"nuctl {' '.join(words)}\n")
    left = int((home / "fail_at").read_text()) - 1
    (home / "fail_at").write_text(f"{left}\n")
    if left == 0:
        fail("the connection to the server was refused")


def get_function(cluster: Cluster, *words: str) -> None:
    options = Arguments()
    options.add_argument("name", nargs="?")
    options.add_argument("--labels", "-l", default="")
    options.add_argument("--output", "-o", default="text")
    asked = options.parse_args(words)
    found = [
        each
        for each in cluster.every("functions")
        if asked.name in (None, each["metadata"]["name"]) and matches(cluster, each, asked.labels)
    ]
    if not found:
        sys.stdout.write("No functions found" if asked.name else "No functions found\n")
        sys.exit(1 if asked.name else 0)
    shown = found[0] if len(found) == 1 else found
    if asked.output == "json":
        print(json.dumps(shown, indent="\t"))
    elif asked.output == "yaml":
        print(yaml.safe_dump(shown))
    else:
        rows = [
            (e["metadata"]["namespace"], e["metadata"]["name"], project_of(e), e["status"]["state"])
            for e in found
        ]
        print_table([("NAMESPACE", "NAME", "PROJECT", "STATE"), *rows])


def matches(cluster: Cluster, function: Any, labels: str) -> bool:
    """Whether a function has the labels; of others than the project's the local platform knows nothing."""
    wanted = dict(each.split("=", 1) for each in labels.split(",") if each)
    if cluster.is_local:
        wanted = {name: value for name, value in wanted.items() if name == PROJECT_LABEL}
    return wanted.items() <= function["metadata"]["labels"].items()


def get_project(cluster: Cluster, name: str) -> None:
    if cluster.read("projects", name) is None:
        sys.stdout.write("No projects found")
        sys.exit(1)
    print_table([("NAMESPACE", "NAME"), (cluster.namespace, name)])


def create_project(cluster: Cluster, name: str) -> None:
    if cluster.read("projects", name) is not None and not cluster.is_local:
        fail(f'nuclioprojects.nuclio.io "{name}" already exists')
    cluster.write("projects", name, {"metadata": {"name": name, "namespace": cluster.namespace}})
    log("nuctl", "Project created", Name=name, Namespace=cluster.namespace)


def delete_project(cluster: Cluster, name: str) -> None:
    if cluster.read("projects", name) is None:
        fail("Not Found")
    if cluster.functions_of(name):
        fail("Project contains functions")
    cluster.delete("projects", name)


def delete_function(cluster: Cluster, name: str) -> None:
    if cluster.read("functions", name) is not None:
        cluster.delete("functions", name)
        log("nuctl.platform", "Successfully deleted function", name=name)


def deploy(cluster: Cluster, *words: str) -> None:
    options = Arguments()
    options.add_argument("name")
    for flag in ("--path", "--file", "--run-image", "--image", "--annotations", "--registry"):
        options.add_argument(flag, default="")
    options.add_argument("--project-name", default="")
    options.add_argument("--readiness-timeout", type=int, default=120)
    asked = options.parse_args(words)
    config = read_config(asked)
    labels = config["metadata"].setdefault("labels", {})
    labels[PROJECT_LABEL] = asked.project_name or labels.get(PROJECT_LABEL, "default")
    if not cluster.is_known(labels[PROJECT_LABEL]):
        fail("Project does not exist")
    log("nuctl", "Deploying function", name=asked.name)
    if not asked.path and not asked.run_image:
        fail("Function must have either spec.build.path,spec.build.functionSourceCode, …")
    before = cluster.read("functions", asked.name)
    if before is not None and before["status"]["state"] in PROVISIONING:
        fail("Function cannot be updated when existing function is being provisioned")
    meet(cluster.home, asked.name)
    function = stored(cluster, asked, config, before)
    reason = reason_to_fail(cluster, asked, config)
    if reason:
        function["status"] = {"state": "error", "message": reason, "logs": []}
    cluster.write("functions", asked.name, function)
    if reason:
        fail(reason)
    log("nuctl", "Function deploy complete", functionName=asked.name, httpPort=32768)


def read_config(asked: argparse.Namespace) -> Any:
    """What the function's file says; where there is none, nothing, and what comes of it is an error."""
    if asked.run_image and not asked.file:
        fail("the stand-in takes --run-image with --file alone: with --path the real one builds")
    path = Path(asked.file or f"{asked.path}/function.yaml")
    return yaml.safe_load(path.read_text()) if path.is_file() else {"metadata": {}, "spec": {}}


def reason_to_fail(cluster: Cluster, asked: argparse.Namespace, config: Any) -> str:
    if not config["spec"]:
        return f"Function path doesn't exist: {Path.cwd() / asked.path}"
    broken = cluster.home / "broken" / asked.name
    return FAILURES[broken.read_text()] if broken.exists() else ""


def stored(cluster: Cluster, asked: argparse.Namespace, config: Any, before: Any) -> Any:
    """A function as it is kept: its file's metadata and spec in place of those before, and what the platform fills in."""
    metadata, spec = config["metadata"], config["spec"]
    labels = metadata["labels"]
    if before is not None and not cluster.is_local:
        labels = before["metadata"]["labels"]  # on Kubernetes written once (nuclio-facts 1.2)
    pairs = (each.split("=", 1) for each in asked.annotations.split(",") if each)
    annotations = {**metadata.get("annotations", {}), **dict(pairs)}
    image = asked.run_image or f"{asked.image or f'nuclio/processor-{asked.name}'}:latest"
    is_built = bool(spec) and reason_to_fail(cluster, asked, config) != FAILURES["build"]
    filled = {
        **spec,
        "resources": with_requests(spec.get("resources", {})),
        **({"image": image} if is_built else {}),
        "targetCPU": 75,
        "triggers": with_names(spec),
        "build": with_source(spec, asked),
        "platform": spec.get("platform", {}),
        "readinessTimeoutSeconds": asked.readiness_timeout,
        "securityContext": spec.get("securityContext", {}),
        "disableDefaultHTTPTrigger": spec.get("disableDefaultHTTPTrigger", False),
        "eventTimeout": spec.get("eventTimeout", ""),
    }
    if not cluster.is_local:
        filled |= {"alias": "latest", "imageHash": "1700000000000000000"}
    return {
        "metadata": {
            "name": asked.name,
            "namespace": cluster.namespace,
            "labels": labels,
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": filled,
        "status": {"state": "ready", "logs": [], "httpPort": 32768},
    }


def with_requests(resources: Any) -> Any:
    return {
        **resources,
        "requests": {"cpu": "25m", "memory": "1Mi", **resources.get("requests", {})},
    }


def with_names(spec: Any) -> Any:
    """The triggers, each with what nuctl adds; one for HTTP where there is none and it is not switched off."""
    triggers = {
        name: {
            "class": "",
            "name": name,
            "numWorkers": 1,
            **({"workerTerminationTimeout": "10s", "explicitAckMode": "disable"} if is_stream(each) else {}),
            **each,
        }
        for name, each in spec.get("triggers", {}).items()
    }  # fmt: skip
    has_http = any(each["kind"] == "http" for each in triggers.values())
    if has_http or spec.get("disableDefaultHTTPTrigger", False):
        return triggers
    name = "default-http"
    return {**triggers, name: {"class": "", "kind": "http", "name": name, "numWorkers": 1}}


def is_stream(trigger: Any) -> bool:
    return bool(trigger["kind"] == "v3ioStream")


def with_source(spec: Any, asked: argparse.Namespace) -> Any:
    """How the function is built, and from where."""
    if not spec:
        return {"path": asked.path, "timestamp": 1700000000}
    return {
        **spec.get("build", {}),
        "functionConfigPath": asked.file or f"{asked.path}/function.yaml",
        "timestamp": 1700000000,
        **({} if asked.run_image else {"codeEntryType": "image"}),
        **({"image": asked.image} if asked.image else {}),
    }


def meet(home: Path, name: str) -> None:
    """Wait for the other function that has to be deployed at the same time; for ever, if it is not."""
    for meeting in (home / "meetings").iterdir():
        names = meeting.name.split("+")
        if name in names:
            flags = os.O_WRONLY if names.index(name) else os.O_RDONLY
            os.close(os.open(meeting, flags))


@contextmanager
def alone(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def project_of(function: Any) -> str:
    return str(function["metadata"]["labels"].get(PROJECT_LABEL, ""))


def print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(f" {' | '.join(cells)} ")


def log(source: str, message: str, **values: Any) -> None:
    print(
        f"26.01.01 00:00:00.000 \033[34m(I)\033[0m \033[37m{source:>25}\033[0m {message} {json.dumps(values)}"
    )


def fail(message: str) -> NoReturn:
    print(f"\nError - {message}\n\nCall stack:\n{message}", file=sys.stderr)
    sys.exit(1)


COMMANDS: dict[tuple[str, ...], Callable[..., None]] = {
    ("create", "project"): create_project,
    ("delete", "function"): delete_function,
    ("delete", "project"): delete_project,
    ("deploy",): deploy,
    ("get", "function"): get_function,
    ("get", "project"): get_project,
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
