"""One inference graph in YAML becomes a complete, reviewable Nuclio project.

    import iguazioig

    commands = iguazioig.Deployment(api_version="0.2.0").deploy(inference_graph="graph.yaml", dry_run=True)

What is here is public, and so are `iguazioig.graph` and `iguazioig.document`, which a client or an API version of your
own meets; everything else may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import BaseDeployer, Translation
    from .clients.base import DeployerClient
    from .clients.dry_run import DryRunClient
    from .clients.nuctl import NuctlClient
    from .commands import Command
    from .deployment import Deployment, GraphWarning, Loaded
    from .errors import DeployError, GraphError, IguazioigError, Location, Problem, ProjectError

__version__ = "0.1.0"

_HOMES = {
    "BaseDeployer": ".api",
    "Command": ".commands",
    "DeployError": ".errors",
    "Deployment": ".deployment",
    "DeployerClient": ".clients.base",
    "DryRunClient": ".clients.dry_run",
    "GraphError": ".errors",
    "GraphWarning": ".deployment",
    "IguazioigError": ".errors",
    "Loaded": ".deployment",
    "Location": ".errors",
    "NuctlClient": ".clients.nuctl",
    "Problem": ".errors",
    "ProjectError": ".errors",
    "Translation": ".api",
}

__all__ = [
    "BaseDeployer",
    "Command",
    "DeployError",
    "DeployerClient",
    "Deployment",
    "DryRunClient",
    "GraphError",
    "GraphWarning",
    "IguazioigError",
    "Loaded",
    "Location",
    "NuctlClient",
    "Problem",
    "ProjectError",
    "Translation",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `iguazioig --help` needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
