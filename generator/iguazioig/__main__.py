"""`python -m iguazioig`."""

from __future__ import annotations

import gc
import io
import sys


def main() -> None:
    """Run the command line. A process this short never lives to see garbage, so none is looked for.

    What a terminal or a file cannot hold in its encoding is written as an escape.
    """
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    from .cli import cli

    cli(prog_name="iguazioig")


if __name__ == "__main__":
    main()
