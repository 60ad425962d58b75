"""What nuctl prints, or why it does not: a question never hangs, and never asks back."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence

from ..errors import DeployError, printable
from .agreed import ANSWER_SECONDS


def output_of(
    command: Sequence[str],
    *,
    namespace: str | None = None,
    platform: str | None = None,
    timeout: float = ANSWER_SECONDS,
) -> bytes:
    """What a command of nuctl prints. Without a namespace or a platform nuctl takes its own; `timeout` is in seconds.

    Raises DeployError where nuctl is missing, fails, or says nothing in time.
    """
    named = {"NUCTL_NAMESPACE": namespace, "NUCTL_PLATFORM": platform}
    given = {name: value for name, value in named.items() if value}
    shown = " ".join(
        (*(f"{name}={shlex.quote(it)}" for name, it in given.items()), shlex.join(command))
    )
    require()
    code, output, errors = _run(command, {**os.environ, **given}, shown, timeout)
    if code != 0:
        said = printable(_reason(errors + output), 300)
        raise DeployError(f"`{shown}` failed with exit code {code}: {said}")
    return output


def require() -> None:
    """Raise DeployError where there is no nuctl."""
    if shutil.which("nuctl") is None:
        raise DeployError("`nuctl` is not on the PATH; install it, or put its folder on the PATH")


def _run(
    command: Sequence[str], env: Mapping[str, str], shown: str, timeout: float
) -> tuple[int, bytes, bytes]:
    """The exit code and what was printed. In a session of its own nothing that nuctl starts can ask for a password."""
    with subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with all that it has started
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            text = f"`{shown}` said nothing in {timeout:g} seconds"
            raise DeployError(f"{text}; can the cluster be reached?") from error
    return process.returncode, output, errors


def _reason(output: bytes) -> str:
    """The line that says it, of several: nuctl prints the stack below."""
    lines = [each.strip() for each in output.decode(errors="replace").splitlines() if each.strip()]
    return next((each for each in lines if each.startswith("Error - ")), "".join(lines[:1]))
