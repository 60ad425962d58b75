"""What `iguazioig run` shows: live tables on a terminal, plain lines elsewhere, and a summary at the end."""

from __future__ import annotations

import os
import sys

from .described import result_as_json
from .lines import PlainView
from .live import LiveView
from .summary import show_result

__all__ = ["LiveView", "PlainView", "choose_view", "result_as_json", "show_result"]


def choose_view() -> LiveView | PlainView:
    """The view for where standard error goes."""
    can_move = sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    return LiveView() if can_move else PlainView()
