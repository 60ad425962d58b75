"""yamllint as a function, without what importing it does: it teaches PyYAML's one resolver other numbers (`0o17`)."""

from __future__ import annotations

import yaml

_known = {
    first: list(resolvers)
    for first, resolvers in yaml.resolver.Resolver.yaml_implicit_resolvers.items()
}

from yamllint.config import YamlLintConfig  # noqa: E402
from yamllint.linter import run  # noqa: E402

yaml.resolver.Resolver.yaml_implicit_resolvers = _known

__all__ = ["YamlLintConfig", "run"]
