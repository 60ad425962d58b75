"""A project, and everything that can change in it: what is written in place of what, and what is said of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from graphs import graph_of
from iguazioig.change import Change, State, changes

BASE = """\
apiVersion: 0.2.0
project:
  name: fraud
  partition_key_name: account
  error_stream: rejected
  v3io_volumes:
    models: {remote: projects/models, mount_path: /models}
  v3io_streams:
    transactions: {container: projects, shards: 4, retention: 24}
    scores: {container: projects, shards: 4, retention: 24}
    alerts: {container: projects, shards: 1, retention: 24}
    rejected: {container: projects, shards: 1, retention: 168}
  functions:
    - name: score
      input_streams: {transactions: {max_workers: 2, seek_to: latest}}
      class_module: fraud_model
      class_name: FraudModel
      class_init: {threshold: 0.8}
      methods: [prepare, predict]
      outputs: {streams: [scores]}
    - name: alert
      input_streams: {scores: {max_workers: 1}}
      class_module: alerts
      class_name: Alerts
      methods: [select]
      outputs: {streams: [alerts]}
"""

ALERT = BASE[BASE.index("    - name: alert\n") :]

EXPLAIN = """\
    - name: explain
      input_streams: {SCORES: {max_workers: 1}}
      class_module: reasons
      class_name: Reasons
      methods: [explain]
"""


class Case(NamedTuple):
    """What is replaced in `BASE`, and what is said of it: consequence, code, subject."""

    edits: Mapping[str, str]
    said: list[str]


CASES = {
    "nothing": Case({}, []),
    "comment": Case({"project:\n": "project:  # ours\n"}, []),
    "name-that-is-the-same": Case({"- name: score\n": "- name: Score\n"}, []),
    "project-renamed": Case(
        {"name: fraud\n": "name: scam\n"},
        [
            "loses stream-moved stream transactions",
            "loses stream-moved stream scores",
            "loses stream-moved stream alerts",
            "restarts project-renamed project scam",
            "restarts stream-moved stream rejected",
        ],
    ),
    "partition-key": Case(
        {"partition_key_name: account": "partition_key_name: card"},
        ["loses partition-key project fraud"],
    ),
    "namespace": Case(
        {"name: fraud\n": "name: fraud\n  namespace: team\n"},
        ["restarts namespace project fraud"],
    ),
    "registry": Case(
        {"name: fraud\n": "name: fraud\n  registry: registry.example.com:5000/team\n"},
        ["restarts registry project fraud"],
    ),
    "v3io-api": Case(
        {"name: fraud\n": "name: fraud\n  v3io_api: https://v3io.example.com\n"},
        ["loses v3io-api project fraud"],
    ),
    "secrets": Case(
        {
            "name: fraud\n": "name: fraud\n  access_key_secret: {name: key, key: k}\n  volume_secret: fuse\n"
        },
        ["restarts secrets project fraud"],
    ),
    "volume-added": Case(
        {
            "  v3io_streams:\n": "    data: {remote: projects/data, mount_path: /data}\n  v3io_streams:\n"
        },
        ["restarts volume-added volume data"],
    ),
    "volume-removed": Case(
        {"  v3io_volumes:\n    models: {remote: projects/models, mount_path: /models}\n": ""},
        ["restarts volume-removed volume models"],
    ),
    "volume-changed": Case(
        {"remote: projects/models, mount_path: /models": "remote: users/models, mount_path: /m"},
        ["restarts volume-changed volume models"],
    ),
    "stream-added": Case(
        {"  functions:\n": "    more: {shards: 2}\n  functions:\n"},
        ["safe stream-added stream more"],
    ),
    "stream-removed": Case(
        {
            "    alerts: {container: projects, shards: 1, retention: 24}\n": "",
            "      outputs: {streams: [alerts]}\n": "",
        },
        ["restarts configuration step alert", "safe stream-removed stream alerts"],
    ),
    "stream-renamed-in-place": Case(
        {
            "    scores: {container: projects,": "    results: {path: fraud/streams/scores, container: projects,",
            "streams: [scores]": "streams: [results]",
            "{scores: {max_workers: 1}}": "{results: {max_workers: 1}}",
        },
        ["restarts stream-renamed stream results"],
    ),
    "stream-renamed-and-moved": Case(
        {
            "    scores: {": "    results: {",
            "streams: [scores]": "streams: [results]",
            "{scores: {max_workers: 1}}": "{results: {max_workers: 1}}",
        },
        ["loses stream-moved stream results"],
    ),
    "stream-moved-to-another-path": Case(
        {"    scores: {": "    scores: {path: team/scores, "},
        ["loses stream-moved stream scores"],
    ),
    "stream-moved-to-another-container": Case(
        {"    alerts: {container: projects,": "    alerts: {container: users,"},
        ["loses stream-moved stream alerts"],
    ),
    "stream-moved-with-less-retention": Case(
        {
            "transactions: {container: projects, shards: 4, retention: 24}": "transactions: {container: projects, path: in, shards: 2, retention: 6}"
        },
        [
            "loses stream-moved stream transactions",
            "restarts scale step score",
        ],
    ),
    "streams-swapped": Case(
        {
            "    transactions: {": "    transactions: {path: fraud/streams/scores, ",
            "    scores: {": "    scores: {path: fraud/streams/transactions, ",
        },
        ["loses stream-moved stream transactions", "loses stream-moved stream scores"],
    ),
    "shards-grown": Case(
        {"scores: {container: projects, shards: 4": "scores: {container: projects, shards: 6"},
        ["loses shards-grown stream scores", "restarts scale step alert"],
    ),
    "shards-grown-of-dead-letters": Case(
        {"rejected: {container: projects, shards: 1": "rejected: {container: projects, shards: 2"},
        ["safe shards-grown stream rejected"],
    ),
    "shards-shrunk": Case(
        {"scores: {container: projects, shards: 4": "scores: {container: projects, shards: 3"},
        ["impossible shards-shrunk stream scores", "restarts scale step alert"],
    ),
    "retention-lowered": Case(
        {
            "scores: {container: projects, shards: 4, retention: 24": "scores: {container: projects, shards: 4, retention: 1"
        },
        ["impossible retention stream scores"],
    ),
    "retention-raised": Case(
        {
            "scores: {container: projects, shards: 4, retention: 24": "scores: {container: projects, shards: 4, retention: 48"
        },
        ["impossible retention stream scores"],
    ),
    "step-added-from-the-beginning": Case(
        {ALERT: ALERT + EXPLAIN.replace("SCORES", "scores")},
        ["replays step-added step explain"],
    ),
    "step-added-from-now-on": Case(
        {ALERT: ALERT + EXPLAIN.replace("{SCORES: {", "{scores: {seek_to: latest, ")},
        ["safe step-added step explain"],
    ),
    "step-added-on-a-new-stream": Case(
        {
            "  functions:\n": "    fresh: {}\n  functions:\n",
            ALERT: ALERT + EXPLAIN.replace("SCORES", "fresh"),
        },
        ["safe stream-added stream fresh", "safe step-added step explain"],
    ),
    "step-removed": Case(
        {ALERT: ""},
        ["loses reader-lost stream scores", "loses step-removed step alert"],
    ),
    "step-renamed-replays": Case(
        {"- name: alert\n": "- name: warn\n"}, ["replays step-renamed step warn"]
    ),
    "step-renamed-loses": Case(
        {"- name: score\n": "- name: rate\n"}, ["loses step-renamed step rate"]
    ),
    "step-renamed-without-a-stream": Case(
        {
            "- name: alert\n": "- name: warn\n",
            "      input_streams: {scores: {max_workers: 1}}\n": "",
        },
        [
            "loses reader-lost stream scores",
            "loses step-removed step alert",
            "safe step-added step warn",
        ],
    ),
    "step-and-stream-renamed": Case(
        {
            "- name: alert\n": "- name: warn\n",
            "    scores: {container: projects,": "    results: {path: fraud/streams/scores, container: projects,",
            "streams: [scores]": "streams: [results]",
            "{scores: {max_workers: 1}}": "{results: {max_workers: 1}}",
        },
        ["replays step-renamed step warn", "restarts stream-renamed stream results"],
    ),
    "step-replaced": Case(
        {
            "- name: alert\n": "- name: warn\n",
            "class_module: alerts": "class_module: warnings_of_ours",
        },
        ["loses step-removed step alert", "replays step-added step warn"],
    ),
    "input-added": Case(
        {
            "{scores: {max_workers: 1}}": "{scores: {max_workers: 1}, transactions: {max_workers: 1}}"
        },
        ["replays input-added step alert", "restarts scale step alert"],
    ),
    "input-added-from-now-on": Case(
        {
            "{scores: {max_workers: 1}}": "{scores: {max_workers: 1}, transactions: {max_workers: 1, seek_to: latest}}"
        },
        ["restarts input-added step alert", "restarts scale step alert"],
    ),
    "input-removed": Case(
        {"{transactions: {max_workers: 2, seek_to: latest}}": "{}"},
        [
            "loses reader-lost stream transactions",
            "loses input-removed step score",
            "restarts scale step score",
        ],
    ),
    "writer-lost": Case(
        {"streams: [scores]": "streams: [alerts]"},
        ["restarts configuration step score", "safe writer-lost stream scores"],
    ),
    "reader-lost": Case(
        {"{scores: {max_workers: 1}}": "{transactions: {max_workers: 1, seek_to: latest}}"},
        [
            "loses reader-lost stream scores",
            "loses input-removed step alert",
            "restarts input-added step alert",
        ],
    ),
    "configuration": Case(
        {
            "threshold: 0.8": "threshold: 0.9, extra: '`a'",
            "[prepare, predict]": "[predict]",
            "- name: score\n": "- name: score\n      tag: v2\n      log_level: info\n      pip: [numpy==2.1.0]\n"
            "      docker_image: python:3.12\n      resources: {limits: {cpu: 2}}\n      module_paths: [/models/x]\n"
            "      env_custom: {LEVEL: high, KEY: {secret: s, key: k}}\n      delivery: {timeout: 5s}\n"
            "      function_image_name: team/score\n",
        },
        ["restarts configuration step score"],
    ),
    "seek-to": Case(
        {"{scores: {max_workers: 1}}": "{scores: {max_workers: 1, seek_to: latest}}"},
        ["restarts configuration step alert"],
    ),
    "error-stream-removed": Case(
        {"- name: alert\n": "- name: alert\n      error_stream: null\n"},
        ["loses error-stream-removed step alert", "restarts configuration step alert"],
    ),
    "scale": Case(
        {
            "- name: score\n": "- name: score\n      min_replicas: 2\n      max_replicas: 2\n",
            "max_workers: 2,": "max_workers: 2, read_batch_size: 50,",
        },
        ["restarts scale step score"],
    ),
    "scale-with-as-many-copies": Case(
        {
            "- name: score\n": "- name: score\n      min_replicas: 2\n      max_replicas: 2\n",
            "max_workers: 2,": "max_workers: 1,",
        },
        ["restarts scale step score"],
    ),
}


def edited(text: str, edits: Mapping[str, str]) -> str:
    """The text with each of the edits made once."""
    for old, new in edits.items():
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


def state(text: str, title: str = "graph.yaml") -> State:
    """The state of a graph, without any files."""
    return State(title, graph_of(text))


def compared(before: str, after: str) -> list[Change]:
    """The changes from one graph to another."""
    return changes(state(before, "fraud"), state(after))


def briefly(found: list[Change]) -> list[str]:
    """Each change in four words."""
    return [f"{each.consequence} {each.code} {each.kind} {each.name}" for each in found]
