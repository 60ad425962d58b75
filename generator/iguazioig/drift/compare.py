"""The committed configuration of a step against the one that runs, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import Location
from ..reported.config import Config, digest_of, name_of, part, project_of, state_of
from .committed import CommittedStep
from .fields import CONFIGURED, Keys, fields, is_below, is_own, spelled
from .values import ABSENT, is_hidden, is_masked, is_same

_DIGEST = ("metadata", "annotations")
_LABELS = "a deployment does not change labels on Kubernetes: delete the function, then deploy it"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not what was committed. `committed` and `running` are ABSENT where there is no value.

    Where it is `hidden` one of them may be a credential, and neither is to be shown. `location` is where it was committed; a
    committed value without one is nuctl's default.
    """

    keys: Keys
    committed: Any
    running: Any
    hidden: bool = False
    location: Location | None = None

    @property
    def field(self) -> str:
        """The way to it, such as `spec.triggers.raw.numWorkers`."""
        return spelled(self.keys)

    @property
    def note(self) -> str:
        """What else there is to know of it."""
        return _LABELS if self.keys[:2] == ("metadata", "labels") else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDrift:
    """A step against its function. `state` is Nuclio's word, the empty text where the function is not there.

    `masked` are fields whose values the platform keeps in a Secret: nobody can compare these. `digest` is what the function
    says of the files that it was deployed from.
    """

    step: str
    function: str
    found: bool
    state: str = ""
    digest: str = ""
    differences: tuple[Difference, ...] = ()
    masked: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether it runs as it was committed."""
        return self.found and not self.differences


@dataclass(frozen=True, slots=True)
class Drift:
    """A project against what runs. `strays` are functions that were deployed for steps that are gone."""

    project: str
    steps: tuple[StepDrift, ...]
    strays: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether all of it runs as it was committed, and nothing else."""
        return not self.strays and all(each.is_same for each in self.steps)


def compare_project(
    steps: Iterable[CommittedStep],
    running: Iterable[Config],
    *,
    ignored: Collection[str] = (),
    everything: bool = False,
) -> Drift:
    """The steps of a project against the functions of a namespace.

    `ignored` are fields, with all below them, that are not compared. With `everything` even those fields are that a platform's
    own configuration fills in.
    """
    steps, by_name = list(steps), {name_of(each): each for each in running}
    project = next(iter(filter(None, (project_of(each.config) for each in steps))), "")
    left_out = (*ignored, *(() if everything else CONFIGURED))
    compared = tuple(_step(each, by_name, (tuple(ignored), left_out)) for each in steps)
    known = {each.function for each in steps}
    ours = sorted(
        it for it, each in by_name.items() if project_of(each) == project and digest_of(each)
    )
    return Drift(project, compared, tuple(name for name in ours if name not in known))


def _step(
    step: CommittedStep,
    running: dict[str, Config],
    left_out: tuple[tuple[str, ...], tuple[str, ...]],
) -> StepDrift:
    found = running.get(step.function)
    if found is None:
        return StepDrift(step=step.slug, function=step.function, found=False)
    ignored, unwritten = left_out
    every = [each for each in differences(step, found) if not is_below(each.keys, ignored)]
    every = [it for it in every if it.location is not None or not is_below(it.keys, unwritten)]
    kept = [each for each in every if _is_kept(each, found)]
    return StepDrift(
        step=step.slug,
        function=step.function,
        found=True,
        state=state_of(found),
        digest=digest_of(found),
        differences=tuple(each for each in every if each not in kept),
        masked=tuple(each.field for each in kept),
    )


def _is_kept(each: Difference, running: Config) -> bool:
    """Whether the running value is in a Secret; `nuctl export` leaves it out instead (functionconfig/types.go)."""
    if each.committed is ABSENT:
        return False
    is_exported = "skip-deploy" in part(running, "metadata", "annotations")
    is_left_out = each.running is ABSENT and each.keys[-1] in ("password", "secret")
    return is_masked(each.running) or (is_exported and is_left_out)


def differences(step: CommittedStep, running: Config) -> Iterator[Difference]:
    """Each field that differs, in the order of the file, then those that only run."""
    committed, found = fields(step.config), fields(running)
    for keys in (*committed, *sorted(found.keys() - committed.keys())):
        one, other = committed.get(keys, ABSENT), found.get(keys, ABSENT)
        if _is_compared(keys, one) and not (_both(one, other) and is_same(keys, one, other)):
            yield Difference(keys, one, other, is_hidden(keys, one, other), step.place(keys))


def _both(one: Any, other: Any) -> bool:
    """Whether there are two values."""
    return one is not ABSENT and other is not ABSENT


def _is_compared(keys: Keys, committed: Any) -> bool:
    """Whether a field is somebody's. The digest is compared by itself: it stands for the files, not for the configuration."""
    if keys[:2] == _DIGEST and keys[-1].startswith("iguazioig/"):
        return False
    return committed is not ABSENT or not is_own(keys)
