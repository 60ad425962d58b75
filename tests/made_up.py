"""Graphs that nobody has, with the modules they name: for what the examples are too well-behaved to show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from iguazioig.deployment import Loaded, load
from iguazioig.source import Source

MODEL = """
class Model:
    def __init__(self, **init):
        self.init = init

    def prepare(self, context, message):
        return message

    def check(self, context, message):
        return message

    def predict(self, context, message):
        return message


{classes}
def record(context, message):
    pass
"""

# Names that the handler has itself: a class may have them all the same.
TAKEN = [
    "context",
    "event",
    "handler",
    "init_context",
    "message",
    "model",
    "process",
    "step",
    "sys",
    "delivery",
    "delivery_batches",
    "delivery_duplicates",
]

LONG_METHODS = ["m" * length for length in range(48, 80)]
LONG_CLASSES = ["C" * length for length in range(56, 80, 4)]

MODULES = {
    "model.py": MODEL.format(classes="".join(f"class {name}(Model):\n    pass\n\n\n" for name in TAKEN)),
    "audit.py": MODEL.format(classes=""),
    "models/__init__.py": "",
    "models/fraud.py": MODEL.format(classes=""),
    "shapes.py": MODEL.format(classes="class models(Model):\n    pass\n\n\n"),
    "long_names.py": "class Long:\n"
    + "".join(f"    def {name}(self, context, message): pass\n" for name in LONG_METHODS)
    + "".join(f"class {name}(Long): pass\n" for name in LONG_CLASSES),
    "logged.py": "class Logged:\n    def __init__(self, logger, **init):\n        pass\n\n"
    "    def predict(self, context, message):\n        return message\n",
}  # fmt: skip


def write_modules(folder: Path) -> Path:
    """The modules beside a graph in `folder`."""
    for name, text in MODULES.items():
        path = folder / "modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def load_graph(graph: Mapping[str, Any] | bytes, folder: Path) -> Loaded:
    """Load a graph as if it were a file in `folder`."""
    content = graph if isinstance(graph, bytes) else dump(graph)
    return load(Source("graph.yaml", content, folder))


def dump(graph: Any) -> bytes:
    """The graph as YAML that has no anchors, however often a part of it is used."""
    text: str = yaml.dump(graph, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text.encode()


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def full() -> dict[str, Any]:
    """A graph with every key that has a meaning, each with a value of its own."""
    return {
        "apiVersion": "0.2.0",
        "project": {
            "name": "full_graph",
            "partition_key_name": "account",
            "error_stream": "rejected",
            "delivery": {"retries": 7, "backoff": "5m", "deduplicate": "memory"},
            "v3io_api": "http://v3io.example:8082",
            "access_key_secret": {"name": "some-access", "key": "some.key"},
            "volume_secret": "some-fuse",
            "env_defaults": {
                "stream_container": "users", "stream_shards": 5, "stream_retention": 7, "pip": ["numpy"],
            },
            "v3io_streams": {
                "raw": {"container": "projects", "shards": 6, "retention": 36, "path": "team/raw"},
                "More Raw": {},
                "scores": {"shards": 2},
                "rejected": {"shards": 1},
            },
            "v3io_volumes": {
                "user-dir": {"remote": "users/someone", "mount_path": "/User", "access_key": None, "user": None},
            },
            "functions": [
                {
                    "name": "First Step",
                    "tag": "v1",
                    "input_streams": {
                        "raw": {"max_workers": 2, "polling_interval_ms": 250, "seek_to": "latest", "read_batch_size": 64},
                        "More Raw": {},
                    },
                    "class_module": "model",
                    "class_name": "Model",
                    "class_init": {"path": "/User/m.pkl", "sizes": [1, 2.5], "deep": {"flag": True, "nothing": None}},
                    "methods": ["prepare", "check", "predict"],
                    "outputs": {
                        "streams": ["scores"], "https": ["https://example.com/in?a=1"], "function": ["audit.record"],
                    },
                    "error_stream": "rejected",
                    "delivery": {"retries": None, "timeout": "250ms", "deduplicate": "v3io", "batch": 16},
                    "env_custom": {"LEVEL": "high", "MODEL_ACCESS": {"secret": "registry", "key": "entry"}},
                    "resources": {"requests": {"cpu": "1", "memory": "128M"}, "limits": {"cpu": 2, "nvidia.com/gpu": 1}},
                    "pip": ["numpy==2.1.3", "pandas"],
                    "docker_image": "python:3.12-slim",
                    "log_level": "warning",
                    "min_replicas": 3,
                    "max_replicas": 3,
                    "function_image_name": "team/first",
                    "module_paths": ["/User/modules"],
                },
                {
                    "name": "second",
                    "input_streams": {"scores": {}},
                    "class_module": "models.fraud",
                    "class_name": "Model",
                    "methods": ["predict"],
                },
                {
                    "name": "third",
                    "input_streams": {"scores": {}},
                    "class_module": "logged",
                    "class_name": "Logged",
                    "class_init": {"level": 3},
                    "methods": ["predict"],
                    "error_stream": None,
                },
                {
                    "name": "fourth",
                    "input_streams": {"scores": {}},
                    "class_module": "on_the_volume",
                    "class_name": "Model",
                    "class_init": {"level": 4},
                    "methods": ["predict"],
                    "module_paths": ["/User/modules", "/User/more"],
                },
            ],
        },
    }  # fmt: skip


def smallest() -> dict[str, Any]:
    """A graph with nothing that could be left out."""
    step = {"name": "a", "class_module": "model", "class_name": "Model", "methods": ["predict"]}
    return {"apiVersion": "0.2.0", "project": {"name": "p", "functions": [step]}}


def misleading() -> dict[str, Any]:
    """A graph whose names are all right, and mean something else to YAML, Python or a shell."""
    words = ["yes", "no", "on", "off", "null", "true", "y", "n", "false", "nan"]
    numbers = ["1e3", "0o17", "123", "0x1f", "2024-01-01", "1-2", "0b1", "1_000", "017", "1e-3"]
    names = zip(words, numbers, ["model"] * 9 + ["shapes"], [*TAKEN[:9], "models"], strict=True)
    project = {
        "name": "yes",
        "partition_key_name": "on",
        "v3io_streams": {name: {"container": "1e3"} for name in [*words, *numbers]},
        "v3io_volumes": {word: {"remote": "1e3/no", "mount_path": f"/{word}"} for word in ["true", "1e3", "off"]},
        "access_key_secret": {"name": "123", "key": "no"},
        "volume_secret": "null",
        "functions": [
            {
                "name": name,
                "tag": number,
                "input_streams": {name: {}, number: {}},
                "class_module": module,
                "class_name": class_name,
                "class_init": {"self_": "yes", "cls": None, "logger": "no", "kwargs": {"on": "1e3"}},
                "methods": ["prepare", "prepare", "predict"],
                "outputs": {"function": ["model.record", "models.fraud.record", "audit.record"]},
                "env_custom": {word.upper(): number for word in words} | dict.fromkeys(words, "yes"),
            }
            for name, number, module, class_name in names
        ],
    }  # fmt: skip
    return {"apiVersion": "0.2.0", "project": project}


def longest() -> dict[str, Any]:
    """A graph in which everything is as long as it may be."""
    graph = full()
    project = graph["project"]
    first = project["functions"][0]
    url = "https://" + "host." * 12 + "example/" + "path/" * 50
    project["name"] = "p" * 40
    first["name"] = "s" * 15
    project["v3io_api"] = "http://" + "v3io." * 40 + "example:8081"
    project["partition_key_name"] = "a key, " * 30
    project["access_key_secret"] = {"name": "n" * 253, "key": "k" * 253}
    project["volume_secret"] = "v" * 253
    project["v3io_streams"]["t" * 63] = {"container": "c" * 128, "path": "/".join(["p" * 50] * 10)}
    project["v3io_volumes"]["v" * 63] = {
        "remote": "c" * 60 + "/" + "/".join(["p" * 40] * 10), "mount_path": "/User/" + "a long path " * 40,
    }  # fmt: skip
    first["input_streams"]["t" * 63] = {}
    first["class_init"] = {"n" * 79: ["text " * 100, "x" * 200, {"k" * 100: [1.5] * 50}]}
    first["methods"] = ["prepare", "predict"] * 50
    first["outputs"]["https"] = [url, url + "?query=" + "q" * 500]
    first["env_custom"] = {
        "N" * 253: "text " * 100,
        "LINES": '{\n  "a": 1,\n  "b": "' + "text " * 30 + '"\n}\n',
        "URL": url,
        "V" * 200: {"secret": "n" * 253, "key": "k" * 253},
    }
    first["docker_image"] = "registry.example.com:5000/" + "team/" * 40 + "python:3.12"
    first["function_image_name"] = "/".join(["image"] * 20)
    first["module_paths"] = ["/User/modules", "/User/" + "a long path " * 40]
    first["pip"] = ["numpy==2.1.3", "--extra-index-url https://example.com/" + "x" * 400]
    project["functions"] += [
        {
            "name": f"l{index}",
            "class_module": "long_names",
            "class_name": name,
            "methods": [*LONG_METHODS, LONG_METHODS[index]],
        }
        for index, name in enumerate(LONG_CLASSES)
    ]
    return graph


MADE_UP = {"full": full, "smallest": smallest, "misleading": misleading, "longest": longest}
