class Model:
    def __init__(self, path="", logger=None):
        self.path, self.logger = path, logger

    def predict(self, context, message):
        message["score"] = 0.95
        return message
