"""What a change means for the running system: two states of a project become a list of changes with consequences.

model, words                what a change is; how values stand in its text
state                       a state: a graph, and the digests of what is in its steps' folders
committed, earlier          the states of a project on disk or in git, and of a graph that git has
pairs                       which step and which stream of one state is which of the other
project_rules, stream_rules, shape_rules, step_rules, input_rules, step_fields, generated
                            what is said of a pair, of what came and of what went
comparison                  all rules over two states: a pure function
report, lines, described, markdown
                            the changes with what was accepted of them, for people, machines and pull requests
"""

from __future__ import annotations

from .comparison import changes
from .model import Change, Consequence
from .report import Report
from .state import State, state_of

__all__ = ["Change", "Consequence", "Report", "State", "changes", "state_of"]
