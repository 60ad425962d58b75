import os


class Model:
    def __init__(self, path, **settings):
        self.path, self.settings = path, settings
        self.step = os.getenv("STEP_CONFIG")

    def predict(self, context, message):
        return message
