"""Counts what was found, for the worker's lifetime."""

from collections import Counter

found = Counter()


def count(context, message):
    found.update(each["class"] for each in message["objects"])
