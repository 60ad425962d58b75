"""However a run ends, nothing that it has started stays behind."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from iguazioig import emulator
from iguazioig.errors import RunError
from iguazioig.local.interrupts import Interrupts
from iguazioig.local.steps import read_steps
from iguazioig.local.supervisor import RunOptions, Supervisor, set_up_streams
from running import GRAPH, NUMBERS, Folder, started
from v3io.dataplane import Client

HOLDS = """\
import ctypes
import fcntl
import os
import subprocess
import time
from pathlib import Path


def hold():
    # Locked for as long as anybody lives who has this file open; the first who does says so.
    lock = open(os.environ["LOCK"])
    fcntl.flock(lock, fcntl.LOCK_SH)
    os.set_inheritable(lock.fileno(), True)
    return lock


def say():
    with open(os.environ["SAID"], "w") as said:
        said.write("now\\n")


"""

IDLE = """
class Double:
    def __init__(self):
        self.lock = hold()
        say()

    def apply(self, context, message):
        return message
"""

HANGS_AT_ITS_START = """
class Double:
    def __init__(self):
        self.lock = hold()
        say()
        time.sleep(3600)

    def apply(self, context, message):
        return message
"""

AT_A_RECORD = """
class Double:
    def __init__(self):
        self.lock = hold()

    def apply(self, context, message):
        {}
        return message
"""

HANGS = AT_A_RECORD.format("say(); time.sleep(3600)")
CLOSES_ITS_FILES = AT_A_RECORD.format(
    "say(); [os.close(n) for n in range(3, 200) if n != self.lock.fileno() and Path(f'/dev/fd/{n}').exists()]; time.sleep(3600)"
)
KEEPS_THE_INTERPRETER = AT_A_RECORD.format("say(); ctypes.PyDLL(None).pause()")
HAS_A_CHILD = AT_A_RECORD.format(
    "subprocess.Popen(['sleep', '3600'], close_fds=False); say(); time.sleep(3600)"
)

HAS_A_GROUP = AT_A_RECORD.format(
    "subprocess.Popen(['sleep', '3600'], close_fds=False, process_group=0); say(); time.sleep(3600)"
)


class Locked:
    """A folder whose steps hold a lock while they live, and say when they are where a test wants them."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.lock, self.said = folder.path / "lock", folder.path / "said"
        self.lock.touch()
        subprocess.run(["mkfifo", self.said], check=True)

    def project(self, module: str) -> Path:
        env = f"      env_custom: {{LOCK: {self.lock}, SAID: {self.said}}}\n      methods"
        graph = GRAPH.replace("      methods", env).replace("max_workers: 2", "max_workers: 1")
        return self.folder.project(HOLDS + module, graph)

    @contextlib.contextmanager
    def running(self, *arguments: object) -> Iterator[subprocess.Popen[str]]:
        """A run of `demo` whose step has said that it is there."""
        sent = self.folder.messages("numbers", *NUMBERS[:1])
        command = self.folder.command("run", "demo", "--port", 0, "--send", sent, *arguments)
        log = self.folder.path / "stderr"
        with (
            log.open("w") as stderr,
            started(command, self.folder.path, stdout=subprocess.DEVNULL, stderr=stderr) as process,
        ):
            self.wait_for_word()
            yield process

    def wait_for_word(self) -> None:
        done = subprocess.run(
            ["cat", self.said], capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout == "now\n"

    def is_free(self) -> bool:
        """Whether everybody who held the lock has gone, within a minute."""
        take = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX)"
        subprocess.run([sys.executable, "-c", take, self.lock], check=True, timeout=60)
        return True


@pytest.fixture
def locked(folder: Folder) -> Locked:
    return Locked(folder)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_the_run_ends_all_that_it_started(
    locked: Locked, sent: signal.Signals
) -> None:
    locked.project(IDLE)
    with locked.running() as process:
        process.send_signal(sent)
        process.wait(60)
    assert locked.is_free()


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(HANGS_AT_ITS_START, id="hangs at its start"),
        pytest.param(HANGS, id="hangs"),
        pytest.param(CLOSES_ITS_FILES, id="closes its files"),
        pytest.param(
            KEEPS_THE_INTERPRETER,
            id="keeps the interpreter",
        ),
        pytest.param(HAS_A_CHILD, id="has a child"),
        pytest.param(
            HAS_A_GROUP,
            id="has a child in a group of its own",
            marks=pytest.mark.skipif(
                sys.platform != "linux", reason="ONLY LINUX TELLS WHO IS IN A SESSION"
            ),
        ),
    ],
)
def test_whatever_a_step_does_it_ends_with_a_run_that_is_killed(
    locked: Locked, module: str
) -> None:
    locked.project(module)
    with locked.running() as process:
        process.kill()
        process.wait(60)
    assert locked.is_free()


SETUP = HOLDS + "lock = hold()\nsay()\nsubprocess.run(['sleep', '3600'], close_fds=False)\n"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_setup_that_hangs_ends_with_the_run(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    (locked.project(IDLE) / "setup_streams.py").write_text(SETUP)
    monkeypatch.setenv("LOCK", str(locked.lock))
    monkeypatch.setenv("SAID", str(locked.said))
    with locked.running() as process:
        process.send_signal(sent)
        process.wait(60)
    assert locked.is_free()


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    with contextlib.closing(Interrupts()) as made:
        yield made


def test_what_a_setup_leaves_running_ends_with_it(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, interrupts: Interrupts
) -> None:
    (locked.project(IDLE) / "setup_streams.py").write_text(
        HOLDS + "lock = hold()\nsubprocess.Popen(['sleep', '3600'], close_fds=False)\n"
    )
    monkeypatch.setenv("LOCK", str(locked.lock))
    set_up_streams(locked.folder.path / "demo", "http://127.0.0.1:9", "key", interrupts)
    assert locked.is_free()


def test_a_setup_that_takes_too_long_is_an_error(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, interrupts: Interrupts
) -> None:
    project = locked.project(IDLE)
    (project / "setup_streams.py").write_text(HOLDS + "lock = hold()\ntime.sleep(3600)\n")
    monkeypatch.setenv("LOCK", str(locked.lock))
    with pytest.raises(RunError) as caught:
        set_up_streams(project, "http://127.0.0.1:9", "key", interrupts, time.monotonic())
    assert str(caught.value).endswith("setup_streams.py has not ended in time; it said: nothing")
    assert locked.is_free()


def test_a_step_that_hangs_at_its_start_is_an_error_when_the_time_is_over(
    locked: Locked, interrupts: Interrupts
) -> None:
    project = locked.project(HANGS_AT_ITS_START)
    options = RunOptions(project=project, logs=locked.folder.path, home=locked.folder.path)
    made = Supervisor(
        options, read_steps(project), "http://127.0.0.1:9", lambda step: "key", interrupts, print
    )
    with contextlib.closing(made) as supervisor, pytest.raises(RunError) as caught:
        supervisor.start(time.monotonic())
    assert str(caught.value).startswith(
        "the time is over, and double/0 is not ready yet; the log is "
    )
    assert str(caught.value).endswith("double.log")
    assert locked.is_free()


def test_ctrl_c_ends_a_start_that_hangs(locked: Locked) -> None:
    locked.project(HANGS_AT_ITS_START)
    with locked.running() as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 1
    assert locked.is_free()


def test_a_second_signal_ends_a_start_at_once(locked: Locked) -> None:
    locked.project(HANGS_AT_ITS_START)
    with locked.running() as process:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (1, 128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert locked.is_free()


def test_records_that_are_gone_end_the_run_and_are_no_success(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked.project(HANGS)
    with emulator.serve() as v3io:
        monkeypatch.setenv("V3IO_ACCESS_KEY", v3io.access_key)
        with locked.running("--v3io", v3io.url, "--until-idle") as process:
            done = locked.folder.run("tail", "projects/demo/streams/numbers", V3IO_API=v3io.url)
            assert done.stdout
            client = Client(endpoint=v3io.url, access_key=v3io.access_key, max_connections=1)
            client.stream.delete("projects", "/demo/streams/numbers")
            client.close()
            assert process.wait(120) == 1
    said = (locked.folder.path / "stderr").read_text()
    assert "records were there, and now 0; was the stream deleted" in said
    assert locked.is_free()


def test_a_second_signal_ends_everything_at_once(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = locked.folder.path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    locked.project(HANGS)
    with locked.running() as process:
        assert list(temporary.iterdir())
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert locked.is_free()
    assert list(temporary.iterdir()) == []


def test_a_second_signal_does_not_wait_for_a_platform_that_is_silent(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked.project(IDLE)
    with emulator.serve() as v3io:
        monkeypatch.setenv("V3IO_ACCESS_KEY", v3io.access_key)
        with locked.running("--v3io", v3io.url) as process:
            v3io.faults.add(kind="delay", seconds=3600)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert locked.is_free()


DIES_AND_HAS_A_CHILD = AT_A_RECORD.format(
    "seen = Path(os.environ['HOME'], 'seen')\n"
    "        if not seen.exists():\n"
    "            seen.touch()\n"
    "            if os.fork():\n"
    "                os._exit(9)\n"
    "            time.sleep(3600)"
)


def test_a_worker_that_dies_is_noticed_though_its_child_lives(locked: Locked) -> None:
    locked.project(DIES_AND_HAS_A_CHILD)
    result = locked.folder.run_project("--send", locked.folder.messages("numbers", *NUMBERS[:3]))
    assert result["steps"][0]["restarts"] == 1
    assert locked.is_free()
