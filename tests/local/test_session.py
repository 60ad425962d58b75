"""What a run is asked for, how it ends, and what it knows on its way: `iguazioig run` from its user's side, and its parts."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from iguazioig import emulator
from iguazioig.emulator import V3io
from iguazioig.errors import RunError
from iguazioig.local import logs, streams, web_api
from iguazioig.local.interrupts import Interrupts
from iguazioig.local.letter_box import MOST_EXAMPLES, LetterBox, letter_of
from iguazioig.local.reports import Ready
from iguazioig.local.request import RunRequest
from iguazioig.local.results import Snapshot
from iguazioig.local.session import Session
from iguazioig.local.steps import read_steps
from iguazioig.local.streams import StreamPlace, StreamRecord
from iguazioig.local.supervisor import RunOptions, Supervisor
from iguazioig.local.web_api import WebApi
from running import DOUBLED, GRAPH, NUMBERS, Folder, started

# How a run ends


def test_a_run_for_a_time_ends_well(folder: Folder) -> None:
    folder.project()
    done = folder.run("run", "demo", "--port", 0, "--for", "1s", "--json")
    result = json.loads(done.stdout)
    assert (result["ended"], result["good"], result["failure"]) == ("time", True, None)


HOLD = """\
import time
from pathlib import Path


class Double:
    def apply(self, context, message):
        Path({hand!r}).open("w").close()
        while not Path({go_on!r}).exists():
            time.sleep(0.01)
        return message
"""


@contextlib.contextmanager
def ending(folder: Folder, *options: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A run that was interrupted once, with a record in hand until the file is there."""
    go_on, hand = folder.path / "go-on", folder.path / "hand"
    os.mkfifo(hand)
    folder.project(HOLD.format(hand=str(hand), go_on=str(go_on)))
    sent = folder.messages("numbers", NUMBERS[0])
    command = folder.command("run", "demo", "--port", 0, "--until-idle", "--send", sent, *options)
    with started(command, folder.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "replicas are ready" in line:
                hand.open().close()  # waits for the handler
                process.send_signal(signal.SIGINT)
            if line.startswith("ending: records in hand"):
                break
        yield process, go_on


def test_a_run_until_idle_that_is_interrupted_is_no_success(folder: Folder) -> None:
    with ending(folder, "--json") as (process, go_on):
        go_on.touch()
        assert process.stdout is not None
        result = json.loads(process.stdout.read())
        assert process.wait(60) == 1
    assert (result["ended"], result["good"]) == ("interrupted", False)


def test_a_second_interrupt_says_where_the_logs_are(folder: Folder) -> None:
    with ending(folder) as (process, _):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 128 + signal.SIGINT
    assert out == ""
    assert err.splitlines()[-1] == "ended at once; the steps' logs are in iguazioig-run/demo"


def test_a_run_that_cannot_go_on_shows_how_far_it_was_and_then_why(folder: Folder) -> None:
    folder.project(
        "import os\n\n\nclass Double:\n    def apply(self, context, message):\n        os._exit(9)\n"
    )
    sent = folder.messages("numbers", *NUMBERS[:1])
    done = folder.run_idle("--json", "--send", sent, rc=1)
    result = json.loads(done.stdout)
    assert (result["ended"], result["good"], result["sent"]) == ("failed", False, 1)
    assert "has ended 6 times and gets no further" in result["failure"]
    assert result["steps"][0]["restarts"] == 5
    assert result["failure"] in done.stderr.splitlines()[-1]


# Idle is not a matter of commits alone


def test_records_before_the_start_of_a_latest_reader_are_nobodys(folder: Folder) -> None:
    project = folder.project()
    function = project / "steps" / "double" / "function.yaml"
    function.write_text(function.read_text().replace("seekTo: earliest", "seekTo: latest"))
    with emulator.serve() as v3io:
        v3io.create_stream("projects", "/demo/streams/numbers", shards=4, retention_hours=48)
        v3io.put("projects", "/demo/streams/numbers", NUMBERS[:20], key="key")
        sent, wanted = folder.messages("numbers", *NUMBERS), folder.messages("doubled", *DOUBLED)
        options = ("--until-idle", "--json", "--send", sent, "--expect", wanted)
        done = folder.run(
            "run", "demo", "--v3io", v3io.url, *options, V3IO_ACCESS_KEY=v3io.access_key
        )
    result = json.loads(done.stdout)
    assert result["ended"] == "idle"
    assert (result["steps"][0]["delivered"], result["steps"][0]["lag"]) == (60, 0)


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def show(self, snapshot: Snapshot) -> None:
        """Nobody looks."""

    def leave(self, text: str) -> None:
        self.said.append(text)


def connected(api: WebApi) -> contextlib.closing[Any]:
    """v3io's client, for a block."""
    return contextlib.closing(streams.connect(api.address, api.access_key))


@contextlib.contextmanager
def session(project: Path, v3io: V3io, view: Listener) -> Iterator[Session]:
    """A session whose steps are not started."""
    for name, shards in (("numbers", 4), ("doubled", 2), ("rejected", 1)):
        v3io.create_stream("projects", f"/demo/streams/{name}", shards=shards, retention_hours=24)
    home = project.parent / "home"
    home.mkdir()
    request = RunRequest(options=RunOptions(project=project, logs=project.parent, home=home))
    steps = read_steps(project)
    api = WebApi(v3io.url, v3io.access_key)
    with contextlib.closing(Interrupts()) as interrupts, connected(api) as client:
        made = Supervisor(request.options, steps, v3io.url, api.key_of, interrupts, view.say)
        with contextlib.closing(made) as supervisor:
            yield Session(request, steps, supervisor, api, client, view)


def test_the_lag_is_what_is_neither_committed_nor_passed_over(folder: Folder) -> None:
    project = folder.project()
    with emulator.serve() as v3io, session(project, v3io, Listener()) as made:
        v3io.put("projects", "/demo/streams/numbers", NUMBERS, key="key")
        ends = v3io.ends("projects", "/demo/streams/numbers")
        (replica,) = made.supervisor.replicas
        (trigger,) = replica.assignment.step.streams
        replica.ready = Ready(None)
        seen = made.lookout.look()
        assert (seen.steps[0].lag, seen.is_idle) == (60, False)
        shard = max(ends, key=lambda each: ends[each])
        replica.progress.begun[trigger.name, shard] = ends[shard] - 1
        assert made.lookout.look().steps[0].lag == 60 - ends[shard] + 1
        replica.progress.begun.update({(trigger.name, shard): end for shard, end in ends.items()})
        seen = made.lookout.look()
        assert (seen.steps[0].lag, seen.is_idle) == (0, True)


def test_where_the_last_look_fails_the_one_before_is_shown(folder: Folder) -> None:
    project, view = folder.project(), Listener()
    with emulator.serve() as v3io, session(project, v3io, view) as made:
        before = made.lookout.look()
        v3io.faults.add(kind="status", status=500, function="GetItem")
        assert made._last_look() == before
    assert [
        text for text in view.said if "v3io does not say any more how far everything is" in text
    ]


# Dead letters


def a_letter(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "step": "double",
        "stream": "/demo/streams/numbers",
        "shard": 1,
        "sequence_number": number,
        "output": None,
        "cause": {"type": "ValueError", "message": "odd" if number % 3 else "third"},
        **changes,
    }


def test_all_dead_letters_are_counted_and_equal_causes_are_one() -> None:
    number = MOST_EXAMPLES + 500
    place = StreamPlace("rejected", "projects", "/rejected")
    with emulator.serve() as v3io, connected(WebApi(v3io.url, v3io.access_key)) as client:
        v3io.create_stream("projects", "/rejected", shards=1, retention_hours=24)
        box = LetterBox(client, {"double": place})
        v3io.put("projects", "/rejected", [a_letter(each) for each in range(number)])
        v3io.put("projects", "/rejected", [{"step": "another"}, a_letter(1, step="another")])
        box.read()
    assert box.count_of("double") == box.tally.total == number
    assert box.count_of("another") is None
    assert len(box.tally.examples) == MOST_EXAMPLES
    assert [(each.cause, each.count) for each in box.tally.causes] == [
        ("ValueError: odd", 1000),
        ("ValueError: third", 500),
    ]
    assert box.tally.causes[1].example.sequence_number == 0
    assert [each.sequence_number for each in box.latest] == [number - 3, number - 2, number - 1]


def test_more_different_causes_than_are_kept_are_counted_all_the_same() -> None:
    box = LetterBox(None, {})
    box._counts["double"] = 0
    for number in range(MOST_EXAMPLES + 7):
        cause = {"type": "KeyError", "message": str(number)}
        box.take(StreamRecord(0, number, None, 0.0, json.dumps(a_letter(1, cause=cause)).encode()))
    assert box.tally.total == MOST_EXAMPLES + 7
    assert len(box.tally.causes) == MOST_EXAMPLES


@pytest.mark.parametrize(
    "text",
    [
        "no JSON", "[]", "7", "{}", '{"cause": 1}', "[" * 100_000,
        json.dumps(a_letter(1, shard=None)), json.dumps(a_letter(1, cause="text")),
        json.dumps(a_letter(1)).replace(": 1,", ": 1e999,", 1),
    ],
)  # fmt: skip
def test_what_is_no_dead_letter_is_none(text: str) -> None:
    assert letter_of(StreamRecord(0, 1, None, 0.0, text.encode())) is None


@pytest.mark.parametrize("broken", ["", None])
def test_without_a_graph_nobody_can_say_what_is_a_dead_letter(
    folder: Folder, broken: str | None
) -> None:
    graph = folder.project() / "graph.yaml"
    graph.unlink() if broken is None else graph.write_text(broken)
    sent = folder.messages("numbers", {"key": "k", "n": None})
    sent = sent.replace("numbers=", "projects/demo/streams/numbers=")
    done = folder.run_idle("--json", "--send", sent)
    assert re.search(r"graph\.yaml:1:1: .*; without the graph dead letters are not ", done.stderr)
    result = json.loads(done.stdout)
    assert result["steps"][0]["dead_letters"] is None
    assert result["dead_letters"] == {"total": None, "causes": [], "examples": []}


# What is asked of it


def test_a_crash_that_does_not_happen_is_no_success(folder: Folder) -> None:
    folder.project()
    sent = folder.messages("numbers", *NUMBERS[:5])
    done = folder.run_idle("--crash", "double@1002", "--send", sent, rc=1)
    wanted = "--crash double@1002 did not happen: no process of double came behind its 1,002nd"
    assert wanted in done.stdout
    result = folder.run_project("--crash", "double@1002", "--send", sent, rc=1)
    assert result["crashes"] == {"double@1002": False}


def test_a_crash_that_happens_is_a_success(folder: Folder) -> None:
    folder.project()
    sent = folder.messages("numbers", *NUMBERS)
    result = folder.run_project("--crash", "double@3", "--send", sent)
    assert result["crashes"] == {"double@3": True}


def test_a_step_crashes_at_one_place(folder: Folder) -> None:
    folder.project()
    done = folder.run("run", "demo", "--crash", "double@3", "--crash", "double@4", rc=2)
    assert "`double` is to crash at 3 and at 4; one of them is possible" in done.stderr


def test_the_containers_of_the_graph_are_there(folder: Folder) -> None:
    folder.project(graph=GRAPH.replace("numbers: {container: projects", "numbers: {container: in"))
    sent, wanted = folder.messages("numbers", *NUMBERS), folder.messages("doubled", *DOUBLED)
    folder.run_project("--send", sent, "--expect", wanted)


def test_as_slow_as_nuclio_all_arrives_as_well(folder: Folder) -> None:
    folder.project()
    sent, wanted = folder.messages("numbers", *NUMBERS), folder.messages("doubled", *DOUBLED)
    folder.run_project("--faithful", "--send", sent, "--expect", wanted)


def test_two_files_of_one_stream_are_expected_together(folder: Folder) -> None:
    folder.project()
    one = folder.messages("doubled", *DOUBLED[:3])
    name = folder.messages("more", *DOUBLED[3:5]).replace("more=", "doubled=")
    sent = folder.messages("numbers", *NUMBERS[:5])
    result = folder.run_project("--send", sent, "--expect", one, "--expect", name)
    assert [each["expected"] for each in result["expected"]] == [5]


def test_steps_and_streams_stand_in_the_order_of_the_graph(folder: Folder) -> None:
    folder.project(graph=GRAPH + """\
    - name: after
      input_streams: {doubled: {max_workers: 1}}
      class_module: double
      class_name: Double
      methods: [apply]
      outputs: {streams: [rejected]}
""")
    result = folder.run_project()
    assert [each["name"] for each in result["steps"]] == ["double", "after"]
    assert [each["name"] for each in result["streams"]] == ["numbers", "doubled", "rejected"]


# Where it runs


def test_a_folder_with_only_a_graph_names_the_command(folder: Folder) -> None:
    folder.project()
    done = folder.run("run", ".", rc=1)
    assert (
        "has no steps/*/function.yaml; for its graph say: iguazioig run graph.yaml" in done.stderr
    )


def test_another_port_than_the_usual_one_is_said_with_what_others_need(folder: Folder) -> None:
    folder.project()
    done = folder.run_idle()
    assert re.search(r"v3io is at (http://127.0.0.1:\d+); .*: export V3IO_API=\1\n", done.stderr)
    assert (
        str(WebApi("http://127.0.0.1:8081", "", is_ours=True)) == "v3io is at http://127.0.0.1:8081"
    )


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:99999", "http://[::1", "", "v3io", "ftp://x"]
)
def test_what_is_no_address_is_refused_before_anything_starts(folder: Folder, address: str) -> None:
    folder.project()
    done = folder.run("run", "demo", "--v3io", address, rc=1)
    assert f"`{address}` is no address of a v3io" in done.stderr


def test_a_message_that_no_record_holds_is_refused_before_anything_starts(folder: Folder) -> None:
    folder.project()
    done = folder.run_idle("--send", folder.messages("numbers", {"n": "x" * 1_050_000}), rc=1)
    assert "message 1 for `numbers` has 1,050," in done.stderr
    assert "v3io is at" not in done.stderr


def test_an_address_with_a_password_is_refused_and_not_shown(folder: Folder) -> None:
    folder.project()
    done = folder.run("run", "demo", "--v3io", "http://me:secret@127.0.0.1:9", rc=1)
    assert "the address of --v3io holds a user or a password" in done.stderr
    assert "secret" not in done.stderr + done.stdout


def test_a_v3io_that_does_not_count_is_an_error_that_a_run_survives() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(RunError, match="no answer from v3io"):
        WebApi(f"http://127.0.0.1:{port}", "k", is_ours=True).puts(["a"], ())
    with emulator.serve() as v3io, pytest.raises(RunError, match="puts: v3io answered 4"):
        WebApi(v3io.url, v3io.access_key, is_ours=True).puts(["a"], ())
    assert WebApi("http://127.0.0.1:9", "k").puts(["a"], ()) is None


def test_puts_are_counted_for_the_step_that_made_them() -> None:
    with (
        web_api.own_api(0, ("mine",)) as api,
        contextlib.closing(streams.connect(api.address, api.key_of("double"))) as client,
    ):
        client.stream.create("mine", "/s", shard_count=1)
        client.stream.put_records("mine", "/s", [{"data": b"1"}])
        assert api.puts(["double", "other"], ()) == {"double": 1, "other": 0}
        assert api.puts(["double", "other"], ("mine/s",)) == {"double": 0, "other": 0}


# Its logs


def test_logs_replace_those_of_the_run_before(folder: Folder) -> None:
    folder.project()
    with logs.held(folder.path / "logs" / "demo", ["double"]):
        (folder.path / "logs" / "demo" / "double.log").write_text("of the run before\n")
    folder.run_idle("--logs", "logs")
    assert "before" not in (folder.path / "logs" / "demo" / "double.log").read_text()


def test_two_runs_at_a_time_do_not_share_logs(folder: Folder) -> None:
    folder.project()
    with logs.held(folder.path / "iguazioig-run" / "demo", ["double"]):
        done = folder.run_idle(rc=1)
        assert "another run has its logs in iguazioig-run/demo; say --logs DIR" in done.stderr
        folder.run_idle("--logs", "others")
    folder.run_idle()


def test_logs_where_no_folder_can_be_are_explained(folder: Folder) -> None:
    folder.project()
    done = folder.run_idle("--logs", "graph.yaml", rc=2)
    assert "graph.yaml" in done.stderr
    (folder.path / "logs").mkdir()
    (folder.path / "logs" / "demo").write_text("")
    done = folder.run_idle("--logs", "logs", rc=1)
    assert "error: logs/demo cannot be created: it is no folder\n" in done.stderr


ONE_KEY = [{"key": "k", "n": n} for n in range(20_000)]


def test_a_run_sees_to_everything_while_it_sends(folder: Folder) -> None:
    folder.project()
    sent = folder.messages("numbers", *ONE_KEY)
    done = folder.run(
        "run", "demo", "--port", 0, "--for", "2s", "--crash", "double@3", "--json", "--send", sent
    )
    result = json.loads(done.stdout)
    assert 0 < result["sent"] < len(ONE_KEY)
    assert (result["ended"], result["crashes"]) == ("time", {"double@3": True})
    assert result["steps"][0]["restarts"] == 1


def test_one_answer_that_is_an_error_does_not_end_the_comparison(folder: Folder) -> None:
    folder.project()
    sent, wanted = folder.messages("numbers", *NUMBERS[:5]), folder.messages(
        "doubled", *DOUBLED[:5]
    )
    with emulator.serve() as v3io:
        v3io.faults.add(kind="status", status=503, function="SeekShard", path="*/doubled/*", next=1)
        v3io.faults.add(
            kind="status", status=503, function="GetRecords", path="*/doubled/*", next=1
        )
        folder.run(
            "run", "demo", "--v3io", v3io.url, "--until-idle", "--send", sent, "--expect", wanted,
            V3IO_ACCESS_KEY=v3io.access_key,
        )  # fmt: skip


def test_a_graph_that_is_a_pipe_is_not_waited_for(folder: Folder) -> None:
    graph = folder.project() / "graph.yaml"
    graph.unlink()
    os.mkfifo(graph)
    assert "it is no regular file" in folder.run_idle().stderr


def test_more_open_files_than_the_system_allows_are_an_error_before_anything_starts(
    folder: Folder,
) -> None:
    folder.project()
    command = " ".join(folder.command("run", "demo", "--port", 0, "--replicas", 9, "--until-idle"))
    done = subprocess.run(
        ["bash", "-c", f"ulimit -n 80; exec {command}"],
        cwd=folder.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert "open files, and the system allows 80" in done.stderr
    assert "v3io is at" not in done.stderr
