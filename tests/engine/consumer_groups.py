"""How far the consumer groups of Nuclio's trigger are, as they have written it down in v3io: v3io-protocol 6."""

from __future__ import annotations

import json

import platforms
from iguazioig.emulator import V3io


def members(v3io: V3io, container: str, path: str, group: str) -> dict[str, list[int]]:
    """The shards of each member of a group."""
    with platforms.connect(v3io) as client:
        state = client.kv.get(
            container,
            path,
            f"{group}-state.json",
            attribute_names=["state"],
            raise_for_status="never",
        )
    if state.status_code != 200:
        return {}
    states = json.loads(state.output.item["state"])["session_states"]
    return {each["member_id"]: each["shards"] for each in states}


def is_done(v3io: V3io, container: str, path: str, group: str) -> bool:
    """Whether a group is done with everything in a stream."""
    return v3io.committed(container, path, group) == v3io.ends(container, path)
