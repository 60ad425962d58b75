"""What changes for all steps at once: the project's own keys, and its volumes."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Graph, Volume
from .model import Change, Consequence
from .pairs import Both
from .words import became, code, command, count, value


def project_changes(both: Both) -> Iterator[Change]:
    """Each key of the project that says something else."""
    yield from _name(both)
    yield from _partition_key(both)
    yield from _platform(both)
    yield from _namespace(both)
    yield from _registry(both)
    yield from _secrets(both)
    yield from _volumes(both)


def _all_steps(graph: Graph) -> tuple[str, ...]:
    return tuple(step.slug for step in graph.steps)


def _name(both: Both) -> Iterator[Change]:
    before, after = both.before, both.after
    if before.slug == after.slug:
        return
    yield Change(
        "project",
        after.slug,
        "project-renamed",
        f"was {code(before.slug)}",
        Consequence.RESTARTS,
        "every function is a new one beside the old one, which goes on until it is deleted: where both have an input at the same "
        "place, they are members of one consumer group, and the new one gets no shard before the old one is gone",
        f"delete the functions of {code(before.slug)} as soon as the new ones are there: {_deletion(before)}",
        steps=_all_steps(after),
        location=after.at("name"),
    )


def _deletion(graph: Graph) -> str:
    return f"{command(f'nuctl delete function {graph.slug}-…')}, once for each of {count(len(graph.steps), 'step')}"


def _partition_key(both: Both) -> Iterator[Change]:
    before, after = both.before.partition_key, both.after.partition_key
    writers = tuple(step.slug for step in both.after.steps if step.streams)
    if before == after or not writers:
        return
    yield Change(
        "project",
        both.after.slug,
        "partition-key",
        f"the partition key is {code(after)}, was {code(before)}",
        Consequence.LOSES,
        f"a result without {code(after)} becomes a dead letter; what is in the streams lies in the shards of the old key, so that "
        "across the change the order of what belongs together is not kept, and a step that waits for all messages of a key may "
        "see them in two replicas",
        f"let every result carry {code(after)} first, and change the key while no step is behind",
        steps=writers,
        location=both.after.at("partition_key_name"),
    )


def _platform(both: Both) -> Iterator[Change]:
    before, after = both.before.v3io_api, both.after.v3io_api
    if before != after:
        yield Change(
            "project",
            both.after.slug,
            "v3io-api",
            f"v3io is at {code(after)}, was at {code(before)}",
            Consequence.LOSES,
            "if that is another platform, its streams are others: what is unread here stays unread, and no consumer group has "
            "committed anything there",
            "nothing, where it is the same platform under another name; else let the steps read all of their streams first",
            steps=_all_steps(both.after),
            location=both.after.at("v3io_api"),
        )


def _namespace(both: Both) -> Iterator[Change]:
    before, after = both.before.namespace, both.after.namespace
    if before != after:
        yield Change(
            "project",
            both.after.slug,
            "namespace",
            f"the namespace is {_or_none(after)}, was {_or_none(before)}",
            Consequence.RESTARTS,
            "every function is a new one in another namespace, and the old one goes on until it is deleted: they are members of one "
            "consumer group, and the new one gets no shard before the old one is gone; Secrets are looked for there",
            "have the Secrets there first, and delete the old functions when the new ones are there: `iguazioig destroy`, with the "
            "project as it was",
            steps=_all_steps(both.after),
            location=both.after.at("namespace"),
        )


def _or_none(given: str) -> str:
    return code(given) if given else "nuctl's own"


def _registry(both: Both) -> Iterator[Change]:
    before, after = both.before.registry, both.after.registry
    if before != after:
        yield Change(
            "project",
            both.after.slug,
            "registry",
            f"the registry is {_or_none(after)}, was {_or_none(before)}",
            Consequence.RESTARTS,
            "every image is built and pushed anew",
            steps=_all_steps(both.after),
            location=both.after.at("registry"),
        )


def _secrets(both: Both) -> Iterator[Change]:
    before, after = both.before, both.after
    lines = []
    if before.access_key != after.access_key:
        lines.append(f"`access_key_secret`: {value(before.access_key)} → {value(after.access_key)}")
    if before.volume_secret != after.volume_secret and after.volumes:
        lines.append(became("volume_secret", before.volume_secret, after.volume_secret))
    if lines:
        yield Change(
            "project",
            after.slug,
            "secrets",
            "credentials come from elsewhere",
            Consequence.RESTARTS,
            "a step does not start where the Secret or its key is not there",
            "create the Secret first; the project's README says how",
            tuple(lines),
            _all_steps(after),
            after.at("access_key_secret"),
        )


def _volumes(both: Both) -> Iterator[Change]:
    before = {each.name: each for each in both.before.volumes}
    after = {each.name: each for each in both.after.volumes}
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield _volume(old, new, both.after)


def _volume(before: Volume | None, after: Volume | None, graph: Graph) -> Change:
    known = after or before
    assert known is not None
    what = "is mounted elsewhere, or something else is"
    if before is None or after is None:
        what = "is mounted no more" if after is None else "is mounted"
    lines = () if before is None or after is None else tuple(_volume_lines(before, after))
    verb = "removed" if after is None else "added" if before is None else "changed"
    return Change(
        "volume",
        known.name,
        f"volume-{verb}",
        what,
        Consequence.RESTARTS,
        (
            "volumes are mounted into every step; whatever a step reads below an old mount path it does not find any more"
            if before is not None
            else "volumes are mounted into every step"
        ),
        details=lines,
        steps=_all_steps(graph),
        location=known.location,
    )


def _volume_lines(before: Volume, after: Volume) -> Iterator[str]:
    remotes = [f"{each.container}{each.sub_path}" for each in (before, after)]
    if remotes[0] != remotes[1]:
        yield became("remote", *remotes)
    if before.mount_path != after.mount_path:
        yield became("mount_path", before.mount_path, after.mount_path)
