class Strict:
    def __init__(
        self, since, until, at, ratio, limit, data, by_year, flags, threshold, country, code, big, time, mask, quoted
    ): ...

    def predict(self, context, message):
        return message
