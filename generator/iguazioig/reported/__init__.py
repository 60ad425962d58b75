"""Functions as Nuclio reports them: mappings of which nothing is certain, whoever printed them."""

from __future__ import annotations

from .answers import read_functions
from .config import Config

__all__ = ["Config", "read_functions"]
