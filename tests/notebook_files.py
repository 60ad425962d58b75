"""Notebooks for tests, as Jupyter writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def code(text: str, **metadata: Any) -> dict[str, Any]:
    """A code cell that has been run."""
    output = {"name": "stdout", "output_type": "stream", "text": ["ran\n"]}
    return {
        "cell_type": "code",
        "execution_count": 7,
        "id": "0a1b2c3d",
        "metadata": metadata,
        "outputs": [output],
        "source": text.splitlines(keepends=True),
    }


def markdown(text: str) -> dict[str, Any]:
    """A cell with prose."""
    return {"cell_type": "markdown", "id": "4e5f6a7b", "metadata": {}, "source": [text]}


def notebook(*cells: str | dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A notebook of these cells; a text is a code cell."""
    return {
        "cells": [code(cell) if isinstance(cell, str) else cell for cell in cells],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "version": "3.11.7"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
        **changes,
    }


def written(*cells: str | dict[str, Any], **changes: Any) -> bytes:
    """The file of such a notebook."""
    return json.dumps(notebook(*cells, **changes), indent=1).encode()


def run_again(content: bytes, outputs: Iterable[Any] = ()) -> bytes:
    """The same notebook after somebody ran it in another Jupyter: other outputs, counts, ids and metadata."""
    again = json.loads(content)
    again["metadata"] = {"language_info": {"name": "python", "version": "3.13.0"}, "toc": {"x": 1}}
    again["nbformat_minor"] = 4
    for number, cell in enumerate(again["cells"]):
        cell["id"] = f"new-{number}"
        cell["metadata"] = {**cell["metadata"], "scrolled": True}
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
            cell["outputs"] = list(outputs)
            cell["source"] = "".join(cell["source"])
    return json.dumps(again).encode()
