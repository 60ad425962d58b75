"""What `%nuclio` says in a notebook, as settings of the step that is made from it.

variables       `env`, `env_file` → variables of the step
commands        `cmd` → packages to install, and commands of the image
configuration   `config` → the image and the resources
volumes         `mount`: the graph says it, or has to
reading         which says which, and which says nothing to a step
merging         the graph's word against the notebook's

What nuclio-jupyter does with each is in its nuclio/magic.py and nuclio/export.py. It puts in whatever the machine that exports has:
`$NAME`, `%v3io`, files that are there. A project must not depend on who generates it, so that these are refused.
"""

from __future__ import annotations

from .merging import merge

__all__ = ["merge"]
