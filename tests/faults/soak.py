"""Many messages under many faults: a table of what came of each kind, and an exit code of 1 where delivery did not keep its word.

make soak                                    at least 100,000 messages and 200 faults, from a seed that is printed
.venv/bin/python tests/faults/soak.py --seed 7 --kinds 'kill -9' --messages 2000 --faults 20
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kinds import KINDS
from trials import TRIALS, Outcome, try_out

COLUMNS = "{:<18} {:<18} {:>9} {:>7} {:>6} {:>13} {:>11} {:>8}"


def main() -> None:
    """Try every kind of fault on every example."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--messages", type=int, default=2800, help="of each trial")
    parser.add_argument("--faults", type=int, default=6, help="in each trial")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--examples", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    options = parser.parse_args()
    print(f"seed {options.seed}\n", flush=True)
    print(
        COLUMNS.format(
            "example",
            "fault",
            "messages",
            "faults",
            "lost",
            "out of order",
            "duplicates",
            "seconds",
        )
    )
    outcomes = []
    for example in options.examples:
        for kind in options.kinds:
            begun = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="soak-") as home:
                outcome = try_out(
                    kind, example, options.seed, options.messages, options.faults, Path(home)
                )
            show(outcome, time.monotonic() - begun)
            outcomes.append(outcome)
    whole = [each.verdict for each in outcomes]
    numbers = [
        sum(len(each.lost) for each in whole),
        sum(len(each.out_of_order) for each in whole),
        sum(each.duplicates for each in whole),
    ]
    print(
        COLUMNS.format(
            "",
            "all",
            f"{sum(each.messages for each in outcomes):,}",
            sum(each.faults for each in outcomes),
            *numbers,
            "",
        )
    )
    wrong = [f"{each.example}, {each.kind}: {text}" for each in outcomes for text in each.wrong]
    print(*wrong[:100], sep="\n")
    sys.exit(bool(wrong))


def show(outcome: Outcome, seconds: float) -> None:
    """A line of the table."""
    found = outcome.verdict
    numbers = [len(found.lost), len(found.out_of_order), found.duplicates]
    print(
        COLUMNS.format(
            outcome.example,
            outcome.kind,
            f"{outcome.messages:,}",
            outcome.faults,
            *numbers,
            f"{seconds:.0f}",
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
