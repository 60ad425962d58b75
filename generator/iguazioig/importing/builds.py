"""What a function was built from: its image, its packages, the image's name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from ..api.texts import IMAGE, IMAGE_NAME, PACKAGE
from ..errors import printable
from ..images import choose
from ..reported.config import items, part, text_of, whole, word
from ..reported.private import is_private_text, shown_command
from .function import Function

_TAG = re.compile(r":[A-Za-z0-9_.-]+\Z")
_POST_COPY = "@nuclio.postCopy"
_PIP = re.compile(r"(?:python3? -m )?pip3? install ")
_REQUIREMENTS = re.compile(r"-r(?:equirement)? ?\S*")


def image(function: Function) -> str:
    """The base image: the one that is named, or that of the runtime (nuclio-facts 2.2)."""
    runtime = word(function.spec, "runtime")
    version = runtime.partition(":")[2] or "3.9"
    named = word(function.spec, "build", "baseImage")
    if named and (not IMAGE.fits(named) or len(named) > IMAGE.longest):
        function.mark("its base image has a name that a graph cannot have", "say `docker_image`")
        named = ""
    elif not named and whole(function.spec, "build", "timestamp") is None:
        function.mark("its image was built elsewhere", "`docker_image` is a guess from its runtime")
    chosen = named or f"python:{version}"
    if choose(chosen).python != version:
        what = f"its runtime is `{printable(runtime, 60)}`, and `{chosen}` says another Python, or none"
        function.mark(what, "name an image that says this version")
    return chosen if IMAGE.fits(chosen) else "python:3.11"


def image_name(function: Function) -> str:
    """The name that its image is given; the empty text where it is the usual one."""
    function.understood.append("spec.build.image")
    named = _TAG.sub("", word(function.spec, "build", "image"))
    if not named or (IMAGE_NAME.fits(named) and len(named) <= IMAGE_NAME.longest):
        return named
    function.mark("the name of its image is none for a graph", "say `function_image_name`")
    return ""


def packages(function: Function) -> list[str]:
    """What its build commands install by name; a mark for every other one."""
    if word(function.spec, "build", "functionSourceCode"):
        function.understood.append("spec.build.functionSourceCode")
        function.mark(
            "its code is in `spec.build.functionSourceCode`", "put it into a module of yours"
        )
    commands = [
        text_of(each)
        for each in items(part(function.spec, "build"), "commands")
        if not isinstance(each, dict | list)
    ]
    found = (_packages(each, function) for each in commands if each != _POST_COPY)
    return list(dict.fromkeys(package for each in found for package in each))


def _packages(command: str, function: Function) -> Iterator[str]:
    words = _words(_PIP.sub("", command, count=1)) if _PIP.match(command) else []
    is_safe = not is_private_text("", command)
    if words and _REQUIREMENTS.fullmatch(" ".join(words)):
        what = "what is in its requirements.txt is not known"
        function.mark(what, "name in `pip` what its modules import")
    elif words and is_safe and all(map(_is_package, words)):
        yield from words
    else:
        shown = printable(shown_command(command), 80)
        function.mark(
            f"its build command `{shown}` has no key in 0.2.0",
            "build an image with it, and name that",
        )


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _is_package(text: str) -> bool:
    return not text.startswith("-") and len(text) <= PACKAGE.longest and PACKAGE.fits(text)
