"""What `tests/nuctl_stand_in.py` answers is what the real nuctl answers, on its local platform."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from iguazioig.emulator import V3io
from nuctl_recorder import Recorder
from test_nuctl import Machine

NAME = "--project-name fraud --readiness-timeout 300"

LIFE = f"""
get function -o json
get function fraud-score -o json
get function --labels nuclio.io/project-name=fraud --output json
get project fraud
delete project fraud
deploy fraud-score --path steps/score {NAME}
create project fraud
create project fraud
get project fraud
deploy fraud-score --path steps/score {NAME} --annotations iguazioig/digest=0123
get function fraud-score -o json
get function -o json
deploy fraud-alert --path steps/alert {NAME}
get function -o json
get function -o yaml
get function --labels nuclio.io/project-name=fraud --output json
get function --labels nuclio.io/project-name=other --output json
get function --labels team=b -o json
deploy fraud-score --file steps/alert/function.yaml --run-image registry/alert:1 {NAME}
get function fraud-score -o json
deploy fraud-score --path steps/alert --image team/score --readiness-timeout 10 --annotations iguazioig/digest=4567
get function fraud-score -o json
delete project fraud
delete function fraud-score
delete function fraud-score
get function fraud-score -o json
delete function fraud-alert
delete project fraud
delete project fraud
get function -o json
"""

MISTAKES = f"""
create project fraud
deploy fraud-score --path steps/nowhere {NAME}
get function -o json
deploy fraud-score --file steps/score/function.yaml {NAME}
deploy fraud-score --pathh steps/score
depoly fraud-score
get function --output
"""

BROKEN = f"""
create project fraud
deploy fraud-score --path steps/score {NAME}
! fraud-score
deploy fraud-score --path steps/score {NAME} --annotations iguazioig/digest=0123
get function -o json
deploy fraud-alert --path steps/alert {NAME}
get function fraud-alert -o json
? fraud-score
deploy fraud-score --path steps/score {NAME} --annotations iguazioig/digest=0123
get function fraud-score -o json
"""

VOLATILE = {"logs", "httpPort", "internalInvocationUrls", "externalInvocationUrls", "message", "timestamp"}  # fmt: skip


@dataclass(frozen=True)
class Both:
    """The real nuctl and the stand-in, each with a cluster of its own."""

    real: Machine
    recorder: Recorder
    folder: Path

    def run(self, command: str) -> tuple[Any, Any]:
        """What each answers, without what differs from day to day."""
        words = ["nuctl", *shlex.split(command)]
        real = self.real.run(*words, cwd=self.folder)
        program = self.recorder.folder / "nuctl"
        stand_in = subprocess.run(
            [program, *words[1:]],
            cwd=self.folder,
            env=self.real.env,
            capture_output=True,
            text=True,
            check=False,
        )
        return essence(real), essence(stand_in)

    def break_function(self, name: str) -> None:
        (self.real.docker / "broken").mkdir(exist_ok=True)
        (self.real.docker / "broken" / name).touch()
        self.recorder.break_function(name, "build")

    def mend_function(self, name: str) -> None:
        (self.real.docker / "broken" / name).unlink()
        self.recorder.mend_function(name)


@pytest.fixture
def both(nuctl: Path, v3io: V3io, project: Callable[[str], Path], tmp_path: Path) -> Both:
    real = Machine(nuctl, v3io, tmp_path / "machine")
    return Both(real, Recorder(tmp_path / "recorder"), project("scoring"))


@pytest.mark.parametrize("script", [LIFE, MISTAKES, BROKEN], ids=["life", "mistakes", "broken"])
def test_it_answers_as_nuctl_does(script: str, both: Both) -> None:
    for command in script.strip().splitlines():
        if command.startswith("! "):
            both.break_function(command[2:])
        elif command.startswith("? "):
            both.mend_function(command[2:])
        else:
            real, stand_in = both.run(command)
            assert stand_in == real, command


def essence(done: subprocess.CompletedProcess[str]) -> tuple[int, Any, str | None]:
    """The exit code, what was printed (of log lines only the message), and the error."""
    error = re.search(r"^Error - (.*)$", done.stderr, re.MULTILINE)
    lines = done.stdout.splitlines(keepends=True)
    logs = [line for line in lines if re.match(r"\d\d\.\d\d\.\d\d ", line)]
    rest = "".join(line for line in lines if line not in logs)
    said = [message(line) for line in logs]
    return (
        done.returncode,
        ([m for m in said if m in SAME] if said else parsed(rest)),
        error and reason(error[1]),
    )


SAME = (
    "Project created",
    "Successfully deleted function",
    "Deploying function",
    "Function deploy complete",
)


def message(line: str) -> str:
    return (
        re.sub(r"\033\[\d+m", "", line).split("nuctl", 1)[1].split(" ", 1)[1].split(" {")[0].strip()
    )


def reason(error: str) -> str:
    """The beginning of an error, without the place of this test's folder."""
    return error.split(":")[0].split(",")[0]


def parsed(text: str) -> Any:
    try:
        return without_volatile(json.loads(text))
    except ValueError:
        pass
    import yaml

    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return without_volatile(loaded) if isinstance(loaded, dict | list) else text


def without_volatile(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_volatile(each) for key, each in value.items() if key not in VOLATILE}
    return [without_volatile(each) for each in value] if isinstance(value, list) else value
