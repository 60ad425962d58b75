"""Objects per camera, since the worker started."""

from collections import defaultdict


class Summary:
    def __init__(self):
        self.counts = defaultdict(int)

    def add(self, context, message):
        self.counts[message["camera"]] += len(message["objects"])
        return message

    def publish(self, context, message):
        return {"camera": message["camera"], "objects": self.counts[message["camera"]]}
