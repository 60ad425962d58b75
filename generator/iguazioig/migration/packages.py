"""The packages of an older function, without those that were never installed, and without a shell's quotes."""

from __future__ import annotations

from ..api.older.packages import requirements
from ..api.reader import Reader
from . import words
from .editing import Editor
from .tree import List, Word, fresh, target


def rewrite_packages(packages: List, editor: Editor) -> None:
    """Leave in a list what was, or could have been, installed."""
    for item in list(packages.items):
        value = target(item.value)
        entry = value.text if isinstance(value, Word) else ""
        left = list(requirements(entry, packages.place, Reader([])))
        if not left:
            editor.drop_item(packages, item)
        elif left != [entry]:
            item.value = fresh(words.text(left[0]))
            for each in reversed(left[1:]):
                editor.put_item_behind(packages, item, words.text(each))
