"""A cluster behind a `nuctl` that notes what it is told: `nuctl_stand_in`, made handy.

nuctl = Recorder(tmp_path)          # a program in nuctl.folder, to be put onto the PATH
nuctl.fail_at(3)                    # the third call from now fails
nuctl.break_function("f", "build")  # f cannot be built any more
…                                   # something that calls nuctl
nuctl.calls                         # each as one line, in order; other stand-ins may write into nuctl.log, too
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import nuctl_stand_in

_DIGEST = re.compile(r" --annotations iguazioig/digest=[0-9a-f]{64}")


class Recorder:
    """The stand-in, and the cluster that it believes in."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "bin"
        self.log = home / "calls.log"
        self._home = home
        for name in ("bin", "cluster", "broken", "meetings"):
            (home / name).mkdir(parents=True)
        program = self.folder / "nuctl"
        words = shlex.join([sys.executable, "-I", nuctl_stand_in.__file__, str(home)])
        program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        program.chmod(0o755)
        self.log.touch()
        self.fail_at(0)

    @property
    def calls(self) -> list[str]:
        """Each call in order; the digests of what was deployed are left out."""
        return [_DIGEST.sub("", line) for line in self.log.read_text().splitlines()]

    @property
    def functions(self) -> dict[str, Any]:
        """What is stored, by name."""
        found = self._home.glob("cluster/*/functions/*.json")
        return {path.stem: json.loads(path.read_text()) for path in found}

    def store(self, name: str, function: Any, namespace: str = "nuclio") -> None:
        """Let there be a function, whoever deployed it; or let it be another by somebody's hand."""
        path = self._home / "cluster" / namespace / "functions" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(function))

    def fail_at(self, call: int) -> None:
        """Let a later call fail: 1 is the next, 0 none."""
        (self._home / "fail_at").write_text(f"{call}\n")

    def break_function(self, name: str, how: str) -> None:
        """Let deployments of a function fail, in `build`, `import` or `pull`."""
        assert how in nuctl_stand_in.FAILURES
        (self._home / "broken" / name).write_text(how)

    def mend_function(self, name: str) -> None:
        """Let them succeed again."""
        (self._home / "broken" / name).unlink()

    def have_meet(self, one: str, other: str) -> None:
        """Let the deployments of two functions wait for each other: one after the other they never end."""
        os.mkfifo(self._home / "meetings" / f"{one}+{other}")

    def forget(self) -> None:
        """A new cluster; nothing was called yet."""
        for each in self._home.glob("cluster/*/*/*"):
            each.unlink()
        self.log.write_text("")
