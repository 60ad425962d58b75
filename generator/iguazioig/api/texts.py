"""The kinds of text that a graph holds, in whatever version."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .kinds import Text, words

NAME = words(
    r"[A-Za-z]([-_ A-Za-z0-9]*[A-Za-z0-9])?",
    "a name: a letter, then letters, digits, `-`, `_` and spaces, the last a letter or digit",
    longest=63,
)
STREAM_NAME = words(
    r"[A-Za-z0-9]([-_ A-Za-z0-9]*[A-Za-z0-9])?",
    "the name of a stream: letters, digits, `-`, `_` and spaces, the first and last a letter or digit",
    longest=63,
)
VOLUME_NAME = words(
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    "the name of a volume: lower-case letters, digits and `-`",
    longest=63,
)
CONTAINER = words(
    r"[A-Za-z0-9][A-Za-z0-9_-]*",
    "the name of a v3io container: letters, digits, `-` and `_`",
    longest=128,
)
PATH = words(
    r"/?[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?",
    "a path such as `team/streams/raw`: letters, digits, `.`, `_`, `-` and `/`, no part beginning with a dot",
    longest=512,
)
FOLDER = words(
    r"/[^\0-\x1f\x7f\x85\u2028\u2029:]+",
    "an absolute path such as `/User/modules`, without `:` and not `/` itself",
    longest=512,
)
_HOST = r"(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+(?=:))(:[0-9]+)?"
_PART = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
_PARTS = rf"{_PART}(/{_PART})*"
IMAGE = words(
    rf"({_HOST}/)?{_PARTS}(:[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(@sha256:[0-9a-f]{{64}})?",
    "the reference of a container image, such as `python:3.11`, in lower case up to its tag",
    longest=255,
)
IMAGE_NAME = words(
    _PARTS,
    "the name of an image without registry and tag, in lower case",
    longest=128,
)
REGISTRY = words(
    rf"{_HOST}(/{_PARTS})?",
    "a registry of container images without a scheme, such as `registry.example.com/team`",
    longest=255,
)
NAMESPACE = words(
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    "a Kubernetes namespace: at most 63 lower-case letters, digits and `-`, the first and last a letter or digit",
    longest=63,
)
LABEL_VALUE = words(
    r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?",
    "the value of a Kubernetes label: at most 63 letters, digits, `-`, `_` and `.`, the first and last a letter or digit",
    longest=63,
)
ENV_NAME = words(
    r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable: letters, digits and `_`"
)
PACKAGE = words(  # a backslash at its end would take the next line of requirements.txt in
    r"(--[a-z-]+[= ])?[A-Za-z0-9]([ -~]*[!-\[\]-~])?",
    "a requirement of pip, such as `numpy==2.1.0`",
    longest=500,
)
QUANTITY = words(
    r"([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]{1,2})?",
    "a Kubernetes quantity, such as `2`, `500m`, `128M` or `1Gi`",
    longest=32,
)
DURATION = words(
    r"[1-9][0-9]{0,6}(ms|s|m|h)",
    "a duration such as `500ms`, `30s` or `5m`",
)
RESOURCE = words(
    r"cpu|memory|ephemeral-storage|hugepages-[0-9A-Za-z]+|[a-z0-9.-]+/[A-Za-z0-9._-]+",
    "the name of a Kubernetes resource, such as `cpu`, `memory` or `nvidia.com/gpu`",
)
SECRET_NAME = words(
    r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?",
    "the name of a Kubernetes Secret: lower-case letters, digits, `-` and `.`",
)
SECRET_KEY = words(
    r"[-._A-Za-z0-9]+", "a key of a Kubernetes Secret: letters, digits, `-`, `_` and `.`"
)


class Url(Text):
    """An http or https URL with a host; credentials in it are refused elsewhere, with the cure."""

    def fits(self, text: str) -> bool:
        """Whether it is such a URL."""
        return super().fits(text) and _is_url(text)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        labels = (parts.hostname or "").removesuffix(".").split(".")
        return (
            parts.scheme in ("http", "https")
            and parts.username is None
            and all(1 <= len(label) <= 63 for label in labels)
            and (parts.port or 1) > 0
        )
    except ValueError:
        return False


URL = Url(
    "an http or https URL without a user, such as `https://scores.example.com/in`",
    re.compile(r"[!-~]+"),
    2000,
)
SERVER = Url("an http or https URL without a path", re.compile(r"https?://[^/?#\s]+/?"), 255)
