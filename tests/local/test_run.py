"""`iguazioig run`, as its user sees it: projects run on this machine, whatever happens to their processes."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import urllib.request

import pytest
from iguazioig import emulator
from running import DOUBLE, DOUBLED, GRAPH, NUMBERS, Folder, started


def test_everything_that_is_expected_arrives(folder: Folder) -> None:
    folder.project()
    sent = folder.messages("numbers", *NUMBERS, {"key": "k1", "n": None})
    result = folder.run_project("--send", sent, "--expect", folder.messages("doubled", *DOUBLED))
    (step,) = result["steps"]
    assert result["good"]
    assert (step["delivered"], step["out"], step["failed"], step["dead_letters"]) == (61, 60, 0, 1)
    assert (step["redelivered"], step["restarts"], step["lag"], step["replicas"]) == (0, 0, 0, 1)
    assert 0 < step["median"] <= step["p99"]
    streams = {each["name"]: each for each in result["streams"]}
    assert {name: each["records"] for name, each in streams.items()} == {
        "numbers": 61,
        "doubled": 60,
        "rejected": 1,
    }
    assert streams["numbers"]["lags"] == {"double": 0}
    assert result["dead_letters"]["total"] == 1
    (letter,) = result["dead_letters"]["examples"]
    assert letter["step"] == "double"
    assert letter["cause"].startswith("TypeError: unsupported operand")
    assert (folder.path / "iguazioig-run" / "demo" / "double.log").exists()


def test_what_does_not_arrive_is_an_exit_code(folder: Folder) -> None:
    folder.project()
    sent = folder.messages("numbers", *NUMBERS[:3])
    wanted = folder.messages("doubled", *DOUBLED[:2], {"key": "k9", "n": 9})
    done = folder.run_idle("--send", sent, "--expect", wanted, rc=1)
    assert "doubled: 3 expected, 3 arrived; not as expected" in done.stdout
    assert '  missing  {"key": "k9", "n": 9}\n  unexpected  {"key":"k2","n":4}' in done.stdout


def test_a_graph_runs_without_a_project_on_disk(folder: Folder) -> None:
    folder.project()
    sent, wanted = folder.messages("numbers", *NUMBERS[:3]), folder.messages(
        "doubled", *DOUBLED[:3]
    )
    before = set(folder.path.rglob("*"))
    folder.run("run", "graph.yaml", "--port", 0, "--until-idle", "--send", sent, "--expect", wanted)
    new = {path.relative_to(folder.path).parts[0] for path in set(folder.path.rglob("*")) - before}
    assert new == {"iguazioig-run"}


def test_a_project_runs_as_it_was_edited_and_stays_as_it_is(folder: Folder) -> None:
    project = folder.project()
    handler = project / "steps" / "double" / "handler.py"
    handler.write_text(
        handler.read_text()
        + "\n\ndef handler(context, event):\n    raise ValueError(event.offset)\n"
    )
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    done = folder.run_idle(
        "--send",
        folder.messages("numbers", *NUMBERS[:5]),
        rc=1,
    )
    assert "double: 5 records lost, its handler raised: numbers, shard " in done.stdout
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_a_process_that_is_killed_loses_nothing(folder: Folder) -> None:
    # With one worker nothing else is in hand when the process dies: what comes again has all been put once.
    folder.project(graph=GRAPH.replace("max_workers: 2", "max_workers: 1"))
    result = folder.run_project(
        "--crash", "double@20",
        "--send", folder.messages("numbers", *NUMBERS),
        "--expect", folder.messages("doubled", *DOUBLED),
    )  # fmt: skip
    (step,) = result["steps"]
    assert step["restarts"] == 1
    assert step["redelivered"] >= 1
    assert step["delivered"] == 60 + step["redelivered"]
    (comparison,) = result["expected"]
    assert comparison["duplicates"] == step["redelivered"]


def test_a_worker_that_dies_is_started_again_with_the_record(folder: Folder) -> None:
    folder.project(
        "import os\nfrom pathlib import Path\n\n\nclass Double:\n    def apply(self, context, message):\n"
        "        seen = Path(os.environ['HOME'], 'seen')\n"
        "        if message['n'] == 13 and not seen.exists():\n"
        "            seen.touch()\n            os._exit(9)\n"
        "        return {**message, 'n': message['n'] * 2}\n"
    )
    result = folder.run_project(
        "--send",
        folder.messages("numbers", *NUMBERS),
        "--expect",
        folder.messages("doubled", *DOUBLED),
    )
    assert result["steps"][0]["restarts"] == 1


def test_a_record_that_always_kills_its_worker_ends_the_run_with_its_name(folder: Folder) -> None:
    folder.project(
        "import os\n\n\nclass Double:\n    def apply(self, context, message):\n        os._exit(9)\n"
    )
    done = folder.run_idle(
        "--send",
        folder.messages("numbers", *NUMBERS[:1]),
        rc=1,
    )
    assert re.search(
        r"error: double/0 has ended 6 times and gets no further: a worker ended with exit code 9"
        r" while it handled numbers, shard \d, record 1; its log is .*double.log",
        done.stderr,
    )


def test_records_of_a_key_stay_in_order_with_replicas_and_workers(folder: Folder) -> None:
    folder.project()
    with emulator.serve() as v3io:
        api = {"V3IO_ACCESS_KEY": v3io.access_key}
        sent = folder.messages("numbers", *NUMBERS)
        done = folder.run(
            "run",
            "demo",
            "--v3io",
            v3io.url,
            "--until-idle",
            "--replicas",
            3,
            "--json",
            "--send",
            sent,
            **api,
        )
        assert json.loads(done.stdout)["steps"][0]["replicas"] == 3
        assert json.loads(done.stdout)["steps"][0]["out"] is None, "nobody counts who put what"
        records = v3io.records("projects", "/demo/streams/doubled")
    for key in {each["key"] for each in NUMBERS}:
        assert [each.json["n"] for each in records if each.partition_key == key] == [
            each["n"] for each in DOUBLED if each["key"] == key
        ]


def test_the_next_run_goes_on_where_the_last_one_ended(folder: Folder) -> None:
    folder.project()
    with emulator.serve() as v3io:
        arguments = ("run", "demo", "--v3io", v3io.url, "--until-idle", "--json")
        api = {"V3IO_ACCESS_KEY": v3io.access_key}
        for part in (NUMBERS[:30], NUMBERS[30:]):
            done = folder.run(*arguments, "--send", folder.messages("numbers", *part), **api)
            assert json.loads(done.stdout)["steps"][0]["delivered"] == 30
        assert sorted(
            v3io.committed("projects", "/demo/streams/numbers", "double").items()
        ) == sorted(v3io.ends("projects", "/demo/streams/numbers").items())
        assert len(v3io.records("projects", "/demo/streams/doubled")) == 60


def test_a_step_that_does_not_import_says_so_at_once(folder: Folder) -> None:
    project = folder.project()
    (project / "steps" / "double" / "double.py").write_text("import no_such_module\n")
    done = folder.run_idle(rc=1)
    assert re.search(
        r"error: double/0 does not start: ModuleNotFoundError: No module named 'no_such_module' \(double.py:1\);"
        r" its log is .*double\.log\n$",
        done.stderr,
    )


def test_what_is_missing_is_said_before_anything_starts(folder: Folder) -> None:
    project = folder.project(
        graph=GRAPH.replace(
            "  functions:",
            "  v3io_volumes:\n    models: {remote: projects/m, mount_path: /no/models}\n  functions:",
        )
    )
    requirements = project / "steps" / "double" / "requirements.txt"
    requirements.write_text(requirements.read_text() + "no-such-package\n")
    done = folder.run("run", "demo", "--port", 0, rc=1)
    assert "`no-such-package` is not installed here; say: pip install -r " in done.stderr
    assert "volume `models` is mounted at `/no/models`" in done.stderr
    assert "say: --mount models=DIR" in done.stderr
    assert "v3io is at" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "rc", "said"),
    [
        (["run", "."], 1, "is no generated project: it has no steps/*/function.yaml"),
        (
            ["run", "demo", "--mount", "result=x"],
            1,
            "no step mounts a volume `result`; there are: none",
        ),
        (
            ["run", "demo", "--crash", "doubel@3"],
            1,
            "there is no step `doubel` (did you mean `double`?)",
        ),
        (["run", "demo", "--crash", "double"], 2, "`double` is not of the form STEP@N"),
        (["run", "demo", "--send", "numbers"], 2, "`numbers` is not of the form STREAM=FILE"),
        (
            ["run", "demo", "--send", "number=graph.yaml"],
            1,
            "there is no stream `number` (did you mean `numbers`?)",
        ),
        (["run", "demo", "--for", "soon"], 2, "`soon` is no duration"),
        (["run", "demo", "--for", "9999999h"], 2, "`9999999h` is longer than 30 days"),
        (["run", "demo", "--v3io", "http://127.0.0.1:9"], 1, "no answer from http://127.0.0.1:9"),
    ],
)
def test_mistakes_are_explained(folder: Folder, arguments: list[str], rc: int, said: str) -> None:
    folder.project()
    done = folder.run(*arguments, rc=rc, V3IO_API="http://127.0.0.1:9")
    assert said in re.sub(r"\s*\n[│ ]*", " ", done.stderr)
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_explained(folder: Folder) -> None:
    folder.project()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = folder.run("run", "demo", "--port", port, rc=1)
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_whose_time_is_over_before_it_is_idle_is_no_success(folder: Folder) -> None:
    folder.project(DOUBLE.replace("return", "import time; time.sleep(3600); return"))
    command = folder.command(
        "run",
        "demo",
        "--port",
        0,
        "--until-idle",
        "--send",
        folder.messages("numbers", *NUMBERS[:1]),
        "--for",
        "2s",
    )
    with started(command, folder.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "the time was over before everything was done" in out


def test_logs_leave_the_ignore_file_of_their_folder_alone(folder: Folder) -> None:
    (folder.path / ".gitignore").write_text(".env\n")
    project = folder.project()
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    done = folder.run_idle("--logs", ".", rc=1)
    assert "demo is a project, and no place for logs; say --logs DIR" in done.stderr
    (folder.path / "logs").mkdir()
    (folder.path / "logs" / ".gitignore").write_text("*.tmp\n")
    folder.run_idle("--logs", "logs")
    assert (folder.path / "logs" / ".gitignore").read_text() == "*.tmp\n"
    assert (folder.path / "logs" / "demo" / ".gitignore").read_text() == "*\n"
    after = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before
    assert {path for path in after if path.is_relative_to(project)} <= set(before)


def test_a_platform_that_does_not_answer_is_not_idle(folder: Folder) -> None:
    folder.project()
    with emulator.serve() as v3io:
        v3io.faults.add(
            kind="status", status=503, function="GetItem", path="*/numbers/[0-3]", next=12
        )
        sent, wanted = folder.messages("numbers", *NUMBERS), folder.messages("doubled", *DOUBLED)
        options = ("--until-idle", "--send", sent, "--expect", wanted)
        folder.run("run", "demo", "--v3io", v3io.url, *options, V3IO_ACCESS_KEY=v3io.access_key)


def test_a_step_without_streams_answers_requests(folder: Folder) -> None:
    project = folder.project()
    function = project / "steps" / "double" / "function.yaml"
    text = function.read_text()
    function.write_text(
        re.sub(r"  # without it.*\n  disableDefault.*\n", "", text[: text.index("  triggers:")])
    )
    (project / "steps" / "double" / "handler.py").write_text(
        "def handler(context, event):\n    return {'n': event.body['n'] * 2, 'method': event.method}\n"
    )
    command = folder.command("run", "demo", "--port", 0)
    with started(
        command, folder.path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        found = (re.search("takes requests at (.*)", line) for line in process.stderr)
        url = next(match[1] for match in found if match)
        request = urllib.request.Request(url, b'{"n": 21}', {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.loads(answer.read()) == {"n": 42, "method": "POST"}
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_batches_are_committed_when_they_are_done(folder: Folder) -> None:
    """The last one is not full, and goes out when its time is over."""
    folder.project(graph=GRAPH + "      delivery: {batch: 16, linger: 5ms}\n")
    result = folder.run_project(
        "--send", folder.messages("numbers", *NUMBERS),
        "--expect", folder.messages("doubled", *DOUBLED),
    )  # fmt: skip
    assert result["steps"][0]["delivered"] == 60
    assert result["expected"][0]["duplicates"] == 0
