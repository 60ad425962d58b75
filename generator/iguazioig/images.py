"""Which Python is in a container image, and whether Nuclio takes it (nuclio-facts 2.1, 2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import Severity

DEFAULT_IMAGE = "python:3.11"
SUPPORTED = ("3.9", "3.10", "3.11", "3.12")

_DEFAULT_PYTHON = "3.11"
_OFFICIAL = re.compile(r"(?:docker\.io/)?(?:library/)?python:([23]\.\d+|2)([.@-].*)?")
_ANY_OFFICIAL = re.compile(r"(?:docker\.io/)?(?:library/)?python(?:[:@]|$)")
_MENTIONED = re.compile(r"(?<![a-z])(?:python|py|cp)[-_:.]?([23])\.?(\d{1,2})(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with an image, and what is expected."""

    wrong: str
    expected: str
    code: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Choice:
    """The image to build on, the Python in it (as in `3.11`), and what there is to say about it."""

    image: str
    python: str
    complaint: Complaint | None = None


def choose(image: str) -> Choice:
    """The image that a step is built on.

    An official image of a Python that Nuclio refuses is replaced by the default one; another image of such a Python
    is an error, because only its owner can replace it. Where an image does not say its Python, the default is assumed.
    """
    official = _OFFICIAL.fullmatch(image)
    found = [official[1]] if official else _mentioned(image)
    if len(found) != 1:
        return Choice(
            image,
            found[0] if found and found[0] in SUPPORTED else _DEFAULT_PYTHON,
            _unclear(image, found),
        )
    python = found[0]
    if python not in SUPPORTED:
        return _refused(image, python, replace=official is not None)
    return Choice(image, python, _alpine(image) if "alpine" in image else None)


def _mentioned(image: str) -> list[str]:
    """The versions in a name such as `team/model:1.2-py39` or `python3.11-cuda`."""
    return list(dict.fromkeys(f"{major}.{minor}" for major, minor in _MENTIONED.findall(image)))


def _unclear(image: str, found: list[str]) -> Complaint:
    if found:
        versions = " and ".join(found)
        wrong = f"`{image}` speaks of Python {versions}, but runtime and image must agree"
        return Complaint(wrong, "name an image that says one version", "python-unclear", "warning")
    wrong = f"`{image}` does not say which Python is in it; `python:{_DEFAULT_PYTHON}` is taken as the runtime"
    if _ANY_OFFICIAL.match(image):
        return Complaint(wrong, "say it, as in `python:3.11`", "python-unclear", "warning")
    expected = "the image's Python must be that: put the version into its name or tag, such as `-python3.11`"
    return Complaint(wrong, expected, "python-unclear", "warning")


def _refused(image: str, python: str, *, replace: bool) -> Choice:
    versions = f"{SUPPORTED[0]} to {SUPPORTED[-1]}"
    wrong = f"`{image}` has Python {python}, which Nuclio refuses"
    if replace:
        expected = (
            f"`{DEFAULT_IMAGE}` is generated in its place: name an image with Python {versions}"
        )
        return Choice(
            DEFAULT_IMAGE, _DEFAULT_PYTHON, Complaint(wrong, expected, "python-refused", "warning")
        )
    expected = f"build the image again with Python {versions}"
    return Choice(image, _DEFAULT_PYTHON, Complaint(wrong, expected, "python-refused", "error"))


def _alpine(image: str) -> Complaint:
    wrong = f"`{image}` has another C library than the packages that Nuclio before 1.17.9 installs into it"
    return Complaint(wrong, "use the `slim` or the plain image", "python-alpine", "warning")
