"""What a migrated graph has to mean: what the old one meant, but for what 0.2.0 cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..deployment import Loaded
from ..graph import Graph, Habits, SecretKey, Step
from ..user_code import StepCode
from ..user_code.habits import wanted_packages
from .environment import reference


def wanted(loaded: Loaded, code: Mapping[str, StepCode]) -> Graph:
    """The graph of 0.2.0 that means the same. What the user's code had of the old runtime is said in it."""
    steps = (_step(step, code[step.slug]) for step in loaded.graph.steps)
    return replace(loaded.graph, api_version="0.2.0", steps=tuple(steps), source=b"")


def _step(step: Step, code: StepCode) -> Step:
    left = replace(
        step,
        streams=tuple(each for each in step.streams if each.slug not in step.conditions),
        functions=tuple(
            replace(each, gets_incoming=False) for each in step.functions if not each.condition
        ),
        conditions={},
        imports=(),
    )
    env = {**code.env, **left.env}
    return replace(
        left,
        env={name: _variable(name, value) for name, value in env.items()},
        pip=(*left.pip, *wanted_packages(left, code.files)),
        habits=Habits(),
    )


def _variable(name: str, value: str | SecretKey) -> str | SecretKey:
    return value if isinstance(value, SecretKey) else reference(name, value)


def plain(graph: Graph) -> Graph:
    """A graph as it is compared: without the bytes that it was read from."""
    return replace(graph, source=b"")


def differing_keys(step: Step, other: Step) -> list[str]:
    """The keys of a function in 0.2.0 that say in what two steps differ."""
    mine, others = _by_key(step), _by_key(other)
    return [key for key in mine if mine[key] != others[key]]


def _by_key(step: Step) -> dict[str, object]:
    return {
        "name": step.name,
        "class_module": step.class_module,
        "class_name": step.class_name,
        "class_init": step.init,
        "methods": step.methods,
        "input_streams": step.inputs,
        "outputs": (step.streams, step.https, step.functions),
        # The order of these is that of the generated files.
        "env_custom": list(step.env.items()),
        "resources": step.resources,
        "pip": step.pip,
        "docker_image": (step.image, step.python),
        "log_level": step.log_level,
        "min_replicas": step.min_replicas,
        "max_replicas": step.max_replicas,
        "module_paths": step.module_paths,
    }
