"""The facade: a graph goes in; a project, a plan or a deployment comes out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .api import BaseDeployer, Translation, choose_deployer, find_deployer
from .checks import check
from .clients.base import DeployerClient
from .clients.command import CommandClient
from .clients.dry_run import DryRunClient
from .commands import Command, Commands
from .credentials import find_credentials
from .displayed import Displayed
from .document import Document, parse
from .errors import GraphError, Location, Problem, did_you_mean
from .graph import Graph
from .plan import Plan, make_plan
from .source import InferenceGraph, Source, read_source
from .user_code import StepCode, collect


class GraphWarning(UserWarning):
    """Something about a graph that its author should know; it can be generated all the same."""


@dataclass(frozen=True, slots=True)
class Loaded(Displayed):
    """A graph without errors, the code of its steps by slug, and what its author should know."""

    graph: Graph
    code: dict[str, StepCode]
    warnings: tuple[Problem, ...]
    deployer: type[BaseDeployer]

    def plan(self, *, include: Collection[str] | None = None, recreate: bool = False) -> Plan:
        """The operations of a deployment, in order; ValueError for a step in `include` that the graph has not."""
        known = {name: step.slug for step in self.graph.steps for name in (step.slug, step.name)}
        for name in include or ():
            if name not in known:
                slugs = [step.slug for step in self.graph.steps]
                raise ValueError(
                    f"there is no step `{name}`{did_you_mean(name, slugs)}; the steps are {', '.join(slugs)}"
                )
        chosen = None if include is None else {known[name] for name in include}
        return make_plan(self.graph, self.code, include=chosen, recreate=recreate)


@dataclass(frozen=True, slots=True)
class Reading:
    """A graph as it was read: the files it is made of, what they say together, and what that means."""

    deployer: type[BaseDeployer]
    documents: tuple[Document, ...]
    laid: Document
    translation: Translation

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong with it so far."""
        return [*self.laid.problems, *self.translation.problems]


def load(
    source: Source, *, modules: Iterable[Path] = (), deployer: type[BaseDeployer] | None = None
) -> Loaded:
    """Read and check a graph and the code that it names.

    Raises GraphError, with every problem and every warning, where there is an error.
    """
    reading = read(source, deployer)
    translation = reading.translation
    graph = translation.graph
    problems = list(reading.problems)
    code: dict[str, StepCode] = {}
    if graph is not None:
        roots = [source.folder / "modules", source.folder, *modules]
        code, found = collect(_readable(graph), roots)
        if any(step.notebook for step in graph.steps):
            from .notebook_settings import merge

            graph, code, said = merge(graph, code)
            found.extend(said)
        found.extend(check(graph))
        found = [problem for problem in found if problem.code not in translation.unsure]
        problems.extend(translation.respell(found))
    for document in reading.documents:
        problems = _without_what_is_said(problems, find_credentials(document))
    if graph is None or any(problem.severity == "error" for problem in problems):
        raise GraphError(problems)
    return Loaded(graph, code, tuple(sorted(set(problems))), reading.deployer)


def outline(source: Source) -> Graph:
    """What a graph says, without looking for the code that it names. Raises GraphError."""
    reading = read(source)
    if reading.translation.graph is None:
        raise GraphError(reading.problems)
    return reading.translation.graph


def read(source: Source, deployer: type[BaseDeployer] | None = None) -> Reading:
    """Read a graph, with its environment laid over it. Raises GraphError where it is no graph at all."""
    document = parse(source.content, source.name)
    chosen = choose_deployer(document, deployer)
    layer = source.environment
    if layer is None:
        return Reading(chosen, (document,), document, chosen.translate(document))
    environment = parse(layer.source, layer.path, "an environment")
    laid = chosen.lay_over(document, environment)
    translation = chosen.translate(laid)
    if translation.graph is not None:
        graph = replace(translation.graph, environment=layer)
        translation = replace(translation, graph=graph)
    return Reading(chosen, (document, environment), laid, translation)


def _readable(graph: Graph) -> Graph:
    """The graph with those steps that say what their class is."""
    steps = tuple(step for step in graph.steps if step.class_module and step.class_name)
    return replace(graph, steps=steps)


def _without_what_is_said(
    problems: list[Problem], credentials: Mapping[Location, Problem]
) -> list[Problem]:
    """Problems and credentials, without what else there is to say of a credential: it might show it."""
    others = [problem for problem in problems if problem.location not in credentials]
    return [*others, *credentials.values()]


class Deployment:
    """Deploys inference graphs.

        Deployment(api_version="0.2.0").deploy(inference_graph="graph.yaml", dry_run=True)

    `api_version` is a version, a BaseDeployer of your own, or None for whatever the graph says. `modules` are further
    folders in which the user's modules are looked for. `client` does the work in place of `nuctl` and v3io's client.
    """

    def __init__(
        self,
        api_version: str | type[BaseDeployer] | None = None,
        *,
        modules: str | Path | Iterable[str | Path] = (),
        client: DeployerClient | None = None,
    ) -> None:
        if not isinstance(api_version, str | type | None):
            raise TypeError(
                f"api_version is {api_version!r}; expected text, such as '0.2.0', or a BaseDeployer"
            )
        self._deployer = find_deployer(api_version) if isinstance(api_version, str) else api_version
        folders = [modules] if isinstance(modules, str | Path) else modules
        self._modules = tuple(Path(folder) for folder in folders)
        self._client = client

    def load(
        self, inference_graph: InferenceGraph, *, environment: str | Path | None = None
    ) -> Loaded:
        """Read and check a graph, from a path or a loaded mapping, in an environment if one is named.

        `environment` is a name, as of `environments/<name>.yaml` beside the graph, or the path of such a file. Raises GraphError.
        """
        source = read_source(inference_graph)
        if environment is not None:
            from .environments import in_environment

            source = in_environment(source, environment)
        return load(source, modules=self._modules, deployer=self._deployer)

    def render(
        self, inference_graph: InferenceGraph, *, environment: str | Path | None = None
    ) -> dict[str, bytes]:
        """Every file of the generated project, by its POSIX path; nothing is written. Raises GraphError."""
        from .project import render

        loaded = self.load(inference_graph, environment=environment)
        return render(self._announce(loaded).plan())

    def deploy(
        self,
        inference_graph: InferenceGraph,
        *,
        environment: str | Path | None = None,
        dry_run: bool = False,
        recreate_data: bool = False,
        include_functions: str | Collection[str] | None = None,
    ) -> list[Command]:
        """Deploy a graph: its streams, then its steps, consumers before producers. `environment` is as for `load`.

        Returns the ordered list of commands; a dry run only lists them. `recreate_data` deletes the streams first, with
        all that is in them. `include_functions` limits the steps. With a client that runs no commands the list is empty.

        Raises GraphError for a graph with problems, ValueError for a step that it has not, DeployError when a command fails.
        """
        loaded = self._announce(self.load(inference_graph, environment=environment))
        if isinstance(include_functions, str):
            include_functions = [include_functions]
        plan = loaded.plan(include=include_functions, recreate=recreate_data)
        if dry_run or self._client is not None:
            client = DryRunClient() if dry_run or self._client is None else self._client
            before = len(client.commands) if isinstance(client, CommandClient) else 0
            loaded.deployer(client).deploy(plan)
            return Commands(client.commands[before:] if isinstance(client, CommandClient) else [])
        from .display.progress import watched

        with watched(plan) as watcher:
            return Commands(deploy(loaded, plan, announce=watcher.announce, tell=watcher.tell))

    @staticmethod
    def _announce(loaded: Loaded) -> Loaded:
        for problem in loaded.warnings:
            warnings.warn(str(problem), GraphWarning, stacklevel=3)
        return loaded


def deploy(
    loaded: Loaded,
    plan: Plan,
    *,
    announce: Callable[[Command], None] = lambda command: None,
    options: Sequence[str] = (),
    tell: Callable[[str], None] | None = None,
) -> list[Command]:
    """Run the scripts of a plan's project in a temporary copy of it, and return the commands that ran.

    `announce` is told each before it runs, `tell` each line that one prints, which goes where ours goes without it; `options` are those of `deploy_steps.py`. Raises DeployError.
    """
    import tempfile

    from .clients.nuctl import NuctlClient
    from .folder.write import write
    from .project import render

    with tempfile.TemporaryDirectory(prefix="iguazioig-") as folder:
        write(render(plan), Path(folder))
        runner = NuctlClient(Path(folder), announce=announce, options=options, tell=tell)
        loaded.deployer(runner).deploy(plan)
        return runner.commands
