"""Times the local run: messages through the three steps of the converge example, each accounted for, and what it costs when idle.

Both ways of reading stand side by side: as it is, and with the pauses that Nuclio makes. The share of a core is what a longer idle
run costs more than a shorter one, all processes together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from measured import Measured, iguazioig, installed

CONVERGE = Path(__file__).resolve().parents[1] / "examples" / "converge"
RUNS, MESSAGES = 3, 10_000
IDLE = (5, 25)  # seconds


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    options = parser.parse_args()
    print(f"\n{'converge':<40}{'seconds':>10}{'messages/s':>12}{'handled/s':>12}")
    with tempfile.TemporaryDirectory(prefix="iguazioig-bench-") as folder:
        for faithful in (False, True):
            measure(options.runs, options.messages, Path(folder), faithful=faithful)
    with tempfile.TemporaryDirectory(prefix="iguazioig-bench-") as folder:
        first, last = (idle(seconds, Path(folder)) for seconds in IDLE)
    share = (last - first) / (IDLE[1] - IDLE[0])
    print(f"\n{'idle, all processes':<40}{share:>10.1%} of a core")


def measure(runs: int, messages: int, folder: Path, *, faithful: bool) -> None:
    """The time from the first message to the last commit; every run must account for every message."""
    orders = folder / "orders.jsonl"
    items = ("tea", "coffee", "cocoa")
    orders.write_text(
        "".join(
            json.dumps({"order": f"o-{n}", "item": items[n % 3], "count": n % 7 + 1}) + "\n"
            for n in range(messages)
        )
    )
    measured = Measured()
    for number in range(runs):
        results = folder / f"results-{faithful}-{number}"
        command = run_command(
            folder, results, "--until-idle", "--json", "--send", f"orders={orders}"
        )
        command += ["--faithful"] if faithful else []
        done = subprocess.run(command, env=installed(), capture_output=True, check=True)
        result = json.loads(done.stdout)
        steps = {each["name"]: each for each in result["steps"]}
        handled = [steps[name]["delivered"] for name in ("price", "stock", "converge")]
        lost = messages - len(list(results.glob("*.json")))
        if lost or handled != [messages, messages, 2 * messages] or result["dead_letters"]["total"]:
            raise SystemExit(f"not every message is accounted for: {lost} lost, {result}")
        measured.seconds.append(result["seconds"])
    name = "  as slow as Nuclio (--faithful)" if faithful else "  as it is"
    rates = [messages / measured.median, 4 * messages / measured.median]
    print(f"{name:<40}{measured.median:>10.1f}{rates[0]:>12,.0f}{rates[1]:>12,.0f}", flush=True)


def idle(seconds: int, folder: Path) -> float:
    """The processor time, in seconds, of a run that has nothing to do for so long."""
    command = run_command(folder, folder / "results", "--for", f"{seconds}s")
    process = subprocess.Popen(
        command, env=installed(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def run_command(folder: Path, results: Path, *options: str) -> list[str]:
    """A run of the example."""
    project, logs = str(CONVERGE / "project"), str(folder / "logs")
    fixed = ["--port", "0", "--logs", logs, "--mount", f"results={results}"]
    return iguazioig("run", project, *fixed, *options)


if __name__ == "__main__":
    main()
