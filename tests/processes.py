"""The command line as a process of its own: exit codes, terminals, encodings and signals are a process's."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import Any

COMMAND = [sys.executable, "-m", "iguazioig"]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what changes how text is written, and with `more`."""
    plain = ("NO_COLOR", "FORCE_COLOR", "LANG", "LC_ALL", "PYTHONIOENCODING", "PYTHONUTF8")
    kept = {name: value for name, value in os.environ.items() if name not in plain}
    return {**kept, "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}


def iguazioig(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `iguazioig`, wait for its end, and take what it printed."""
    options = {"env": environment(), "capture_output": True, "encoding": "utf-8", **options}
    return subprocess.run([*COMMAND, *words], check=False, **options)


def on_a_terminal(*words: str, env: dict[str, str]) -> tuple[int, str]:
    """Run `iguazioig` on a terminal; its exit code, and what the terminal was told."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *words], stdin=its, stdout=its, stderr=its, env=env
    ) as process:
        os.close(its)
        told = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
    return process.returncode, told.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side is closed
        return b""
