"""What every API version is: a deployer that translates its documents, and does its work through a client."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from ..clients.base import DeployerClient
from ..document import Document
from ..errors import Location, Problem
from ..graph import Graph
from ..plan import Plan

_KEY = re.compile(r"(?<=`)[a-z_]+(?=`|:)")


@dataclass(frozen=True, slots=True)
class Translation:
    """What a document means; `graph` is None where too little of it can be read, which `problems` explain.

    `unsure` has the codes of checks whose findings would only follow from those problems. `spelling` has this version's
    words for keys that it spells otherwise than the newest one, in whose words the checks speak.
    """

    graph: Graph | None
    problems: tuple[Problem, ...]
    unsure: frozenset[str] = frozenset()
    spelling: Mapping[str, str] = field(default_factory=dict)

    def respell(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems in the words of this version."""
        if not self.spelling:
            return list(problems)
        return [
            replace(each, wrong=self._respelt(each.wrong), expected=self._respelt(each.expected))
            for each in problems
        ]

    def _respelt(self, text: str) -> str:
        return _KEY.sub(lambda found: self.spelling.get(found[0], found[0]), text)


class BaseDeployer(ABC):
    """One version of the graph's format. Subclass it to add a version of your own: `Deployment(api_version=YourDeployer)`.

    A deployer never touches the outside: it works externally through its client.
    """

    api_version: ClassVar[str]

    def __init__(self, client: DeployerClient) -> None:
        self.client = client

    @classmethod
    @abstractmethod
    def translate(cls, document: Document) -> Translation:
        """The neutral model of a document of this version, and every problem it has."""

    @classmethod
    def lay_over(cls, document: Document, environment: Document) -> Document:
        """The document with an environment laid over it; problems of the environment are among its own.

        A version that has no environments says so, and leaves the document as it is.
        """
        problem = Problem(
            Location(environment.path),
            f"an environment is laid over graphs of apiVersion 0.2.0, and this one is of {cls.api_version}",
            "write the graph in 0.2.0, or keep a graph for each environment",
            "api-version",
        )
        return replace(document, problems=[*document.problems, *environment.problems, problem])

    def deploy(self, plan: Plan) -> None:
        """Carry the plan out, in its order.

        Raises DeployError when a command fails; what was done before it stays done.
        """
        plan.execute(self.client)
