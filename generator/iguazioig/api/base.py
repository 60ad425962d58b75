"""What every API version is: a deployer that translates its documents, and does its work through a client."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ..clients.base import DeployerClient
from ..document import Document
from ..errors import Problem
from ..graph import Graph
from ..plan import Plan


@dataclass(frozen=True, slots=True)
class Translation:
    """What a document means; `graph` is None where too little of it can be read, which `problems` explain.

    `unsure` has the codes of checks whose findings would only follow from those problems.
    """

    graph: Graph | None
    problems: tuple[Problem, ...]
    unsure: frozenset[str] = frozenset()


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

    def deploy(self, plan: Plan) -> None:
        """Carry the plan out, in its order.

        Raises DeployError when a command fails; what was done before it stays done.
        """
        plan.execute(self.client)
