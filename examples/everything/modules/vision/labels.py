"""The classes that the model was trained for."""

import json
from pathlib import Path

ALL = set(json.loads(Path(__file__).with_name("labels.json").read_text()))


def known(classes):
    unknown = set(classes) - ALL
    if unknown:
        raise ValueError(f"the model does not know {sorted(unknown)}")
    return set(classes)
