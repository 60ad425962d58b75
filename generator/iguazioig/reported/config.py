"""What is asked of one function's configuration. Nobody vouches for its shape: what is not there, or something else, is empty."""

from __future__ import annotations

from typing import Any

from ..cluster.digest import DIGEST

Config = dict[str, Any]
"""`metadata`, `spec` and, of one that is deployed, `status`: nuclio-facts 8.1."""

PROJECT_LABEL = "nuclio.io/project-name"


def part(value: Any, *keys: str) -> dict[str, Any]:
    """The mapping at some keys."""
    found = _at(value, keys)
    return found if isinstance(found, dict) else {}


def items(value: Any, *keys: str) -> list[Any]:
    """The list at some keys."""
    found = _at(value, keys)
    return found if isinstance(found, list) else []


def word(value: Any, *keys: str) -> str:
    """The text of the scalar at some keys."""
    found = _at(value, keys)
    return "" if found is None or isinstance(found, dict | list) else text_of(found)


def whole(value: Any, *keys: str) -> int | None:
    """The whole number at some keys; None where there is none."""
    found = _at(value, keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def text_of(scalar: Any) -> str:
    """A scalar as nuctl has it where it wants text (nuclio-facts 1.1)."""
    return str(scalar).lower() if isinstance(scalar, bool) else str(scalar)


def name_of(config: Config) -> str:
    """The function's name."""
    return word(config, "metadata", "name")


def project_of(config: Config) -> str:
    """The project that it belongs to."""
    return word(config, "metadata", "labels", PROJECT_LABEL)


def state_of(config: Config) -> str:
    """What Nuclio says of it, such as `ready` or `error`."""
    return word(config, "status", "state")


def digest_of(config: Config) -> str:
    """The digest of what was deployed; the empty text where the function keeps none."""
    return word(config, "metadata", "annotations", DIGEST)


def _at(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
