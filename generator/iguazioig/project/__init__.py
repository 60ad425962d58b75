"""Rendering: a plan becomes the files of a project, in memory."""

from __future__ import annotations

from .file_map import Files, render, source_digest

__all__ = ["Files", "render", "source_digest"]
