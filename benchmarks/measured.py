"""What all benchmarks share: what was measured, the installed command, and processes with their peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field


@dataclass
class Measured:
    """The seconds of each run, and the highest peak memory in MB."""

    seconds: list[float] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return statistics.median(self.seconds)


def iguazioig(*words: str) -> list[str]:
    """The command line, as it is installed."""
    return [sys.executable, "-m", "iguazioig", *words]


def installed() -> dict[str, str]:
    """The environment of an installed program, which has its bytecode.

    One that runs from a checkout has it after its first run, unless `PYTHONDONTWRITEBYTECODE` is set.
    """
    kept = {**os.environ}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


def wait(process: subprocess.Popen[bytes]) -> float:
    """Wait until a process has ended; the peak of its memory in MB."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / 1024
