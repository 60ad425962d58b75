"""The v3io of a run: one that is there already, or one of its own for as long as it lasts."""

from __future__ import annotations

import contextlib
import http.client
import json
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..errors import RunError
from . import USUAL_PORT

TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class WebApi:
    """A web API's address and access key; `is_ours` is whether this run has started it, and counts who puts what."""

    address: str
    access_key: str = field(repr=False)
    is_ours: bool = False

    def key_of(self, step: str) -> str:
        """The access key for a step: in a v3io of ours each has its own, so that it knows them apart."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, step)) if self.is_ours else self.access_key

    def puts(self, steps: Iterable[str], without: Collection[str]) -> dict[str, int] | None:
        """Records by the step that put them, but for those in the streams `without`; None where v3io does not tell.

        Raises RunError where it does not answer.
        """
        if not self.is_ours:
            return None
        names = {self.key_of(step): step for step in steps}
        counted = dict.fromkeys(names.values(), 0)
        for each in self._ask(f"puts?{urlencode([('access_key', key) for key in names])}"):
            if each["stream"] not in without:
                counted[names[each["access_key"]]] += each["records"]
        return counted

    def _ask(self, what: str) -> Any:
        headers = {"X-v3io-session-key": self.access_key}
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=TIMEOUT)
        try:
            with contextlib.closing(connection):
                connection.request("GET", f"/.iguazioig/{what}", headers=headers)
                answer = connection.getresponse()
                body = answer.read()
            if answer.status == 200:
                return json.loads(body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RunError(f"no answer from v3io: {error}") from error
        raise RunError(f"{what.partition('?')[0]}: v3io answered {answer.status}, {body[:200]!r}")

    def __str__(self) -> str:
        text = f"v3io is at {self.address}"
        if not self.is_ours or urlsplit(self.address).port == USUAL_PORT:
            return text
        return f"{text}; for `iguazioig send` and `tail` elsewhere: export V3IO_API={self.address}"


def named_api(address: str, access_key: str) -> WebApi:
    """The v3io at an address. Raises RunError for what is none, and for one that nobody should see: it would be printed, and passed on."""
    if "@" in address:
        raise RunError(
            "the address of --v3io holds a user or a password, which v3io does not take; say: export V3IO_ACCESS_KEY=..."
        )
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise RunError(
            f"`{address}` is no address of a v3io; expected one as http://127.0.0.1:8081"
        )
    return WebApi(address, access_key)


@contextlib.contextmanager
def own_api(port: int, containers: tuple[str, ...]) -> Iterator[WebApi]:
    """An embedded v3io with these containers, on a port or a free one (0). Raises RunError where it cannot start."""
    from ..emulator import EmulatorError, serve

    with contextlib.ExitStack() as running:
        try:
            v3io = running.enter_context(serve(port=port, watch=True, containers=containers))
        except (EmulatorError, ValueError) as error:
            raise RunError(str(error)) from error
        yield WebApi(v3io.url, v3io.access_key, is_ours=True)
