"""What tells one content of a step's folder from another; a deployed function carries it as an annotation.

An annotation is replaced with each deployment on both of Nuclio's platforms, where a label is not (nuclio-facts 1.2, 8.1).
The project's own `deploy_steps.py` reckons alike: it needs nothing of ours.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

DIGEST = "iguazioig/digest"
"""The annotation that holds it."""


def digest(files: Mapping[str, bytes], *, image: str = "", registry: str = "") -> str:
    """The SHA-256, in hexadecimal, of a step's files by their POSIX paths in its folder, and of where its image goes."""
    whole = hashlib.sha256(f"{registry}\0{image}".encode())
    for name, content in sorted(files.items()):
        whole.update(b"\0%b\0%d\0" % (os.fsencode(name), len(content)) + content)
    return whole.hexdigest()
