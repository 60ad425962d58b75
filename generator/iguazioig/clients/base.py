"""What a deployment needs from the outside."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from ..graph import Step, Stream


class DeployerClient(ABC):
    """Creates and deletes streams and functions. Subclass it to deploy to something of your own.

    Every method is safe to call again. A method that cannot do its work raises DeployError.
    """

    @abstractmethod
    def create_stream(self, stream: Stream) -> None:
        """Create a stream, or grow it to its number of shards where it exists."""

    @abstractmethod
    def delete_stream(self, stream: Stream) -> None:
        """Delete a stream and what is in it; one that is not there is fine."""

    @abstractmethod
    def create_function(self, project: str, step: Step) -> None:
        """Deploy a step as a function of the project, whether or not it is there already."""

    @abstractmethod
    def delete_function(self, step: Step) -> None:
        """Delete the function of a step; one that is not there is fine."""

    def target(self, namespace: str, registry: str) -> None:
        """Be told where the graph has its functions deployed and images pushed to; what is empty it leaves open."""
        return

    def create_project(self, project: str) -> None:
        """Create the project unless it is there. Does nothing where a target knows no projects."""
        return

    def create_functions(self, project: str, rows: Sequence[Sequence[Step]]) -> None:
        """Deploy steps, row by row; one after the other unless a client knows better."""
        for row in rows:
            for step in row:
                self.create_function(project, step)

    def create_streams(self, streams: Sequence[Stream]) -> None:
        """Create or grow several streams; one after the other unless a client knows better."""
        for stream in streams:
            self.create_stream(stream)

    def delete_streams(self, streams: Sequence[Stream]) -> None:
        """Delete several streams; one after the other unless a client knows better."""
        for stream in streams:
            self.delete_stream(stream)
