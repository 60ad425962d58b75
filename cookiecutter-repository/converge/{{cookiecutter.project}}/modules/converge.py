"""Waits until it has the answer of every branch to an order, then writes them into one file.

Right with several replicas, because all answers to an order come to the same one (see graph.yaml). Right when a replica
ends or hands its shards to another: what it waits with is in a file as well, in the folder that all replicas share. Right
when a message comes twice: `deduplicate` in the graph skips it, and where a replica ends between the file and the mark of that,
an answer replaces itself, and an order that has its file is done.
"""

import json
import os
from pathlib import Path
from urllib.parse import quote


class Converge:
    def __init__(self, branches, logger=None):
        self.branches = set(branches)
        self.logger = logger
        self.waiting = {}
        self.folder = Path(os.environ["RESULTS_FOLDER"])
        self.pending = self.folder / "pending"
        self.pending.mkdir(parents=True, exist_ok=True)

    def wait_for_all(self, context, message):
        order = message["order"]
        name = quote(order, safe="") + ".json"
        if (self.folder / name).exists():
            return
        answers = self.waiting.get(order) or read(self.pending / name)
        answers[message["branch"]] = message
        if self.branches - answers.keys():
            write(self.pending / name, answers)
            self.waiting[order] = answers
        else:
            write(self.folder / name, answers)
            (self.pending / name).unlink(missing_ok=True)
            self.waiting.pop(order, None)
        return


def read(path):
    return json.loads(path.read_text()) if path.exists() else {}


def write(path, answers):
    """The whole file or none of it, whenever the process ends."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(answers, sort_keys=True) + "\n")
    unfinished.replace(path)
