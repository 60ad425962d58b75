class FraudModel:
    def __init__(self, threshold, since, api_key): ...

    def prepare(self, context, message):
        return message

    def predict(self, context, message):
        return message
