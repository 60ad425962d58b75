"""Workflows for a repository with a graph: what they are, and how one gets there without destroying another."""

from __future__ import annotations

from .files import write
from .workflow import PROVIDERS, Parts, render

__all__ = ["PROVIDERS", "Parts", "render", "write"]
