"""How a project is where it runs: its steps in the cluster, its streams in v3io."""

from __future__ import annotations
