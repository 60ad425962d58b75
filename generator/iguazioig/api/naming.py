"""What a name of a graph becomes in the cluster, and how names are listed in a message."""

from __future__ import annotations

from collections.abc import Sequence

LONGEST_FUNCTION = 56
"""Characters of a function's name: its Service is called `nuclio-<name>`, of at most 63 (nuclio-facts 6)."""

_LISTED = 20


def slug(name: str) -> str:
    """The name as Kubernetes can have it: lower case, spaces and `_` as `-`."""
    return name.lower().replace(" ", "-").replace("_", "-")


def consumer_group(name: str) -> str:
    """The name as part of an attribute of v3io: no hyphens (nuclio-facts 6)."""
    return slug(name).replace("-", "_")


def listed(names: Sequence[str]) -> str:
    """The names in backticks, for a message; a long list is cut."""
    shown = ", ".join(f"`{name}`" for name in names[:_LISTED])
    return shown + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
