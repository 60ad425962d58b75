"""Stands in for a detector: finds in a frame what the frame says is in it."""

from . import decoding
from .labels import known


class Detector:
    def __init__(self, *, model_path, classes, thresholds, normalise=True, caption="", logger=None):
        self.model_path = model_path
        self.classes = known(classes)
        self.thresholds = thresholds
        self.normalise = normalise
        self.caption = caption
        self.logger = logger

    def decode(self, context, message):
        return {**message, "pixels": decoding.decode(message["frame"], normalise=self.normalise)}

    def detect(self, context, message):
        found = [
            each
            for each in message.get("contents", ())
            if each["class"] in self.classes and each["score"] >= self.thresholds[each["class"]]
        ]
        return (
            {"camera": message["camera"], "frame": message["frame"], "objects": found}
            if found
            else None
        )
