import requests


class Report:
    def __init__(self):
        self.seen = 0

    def count(self, context, message):
        self.seen += 1
        message["count"] = self.seen


def publish(context, message):
    requests.post("http://reports.example.com", json=message, timeout=5)
