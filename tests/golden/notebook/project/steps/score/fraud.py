# Made from fraud.ipynb, section score: change the notebook, not this file.


import math


class Model:
    """Whether somebody should look at a payment."""

    def __init__(self, limit, logger):
        self.limit = limit
        self.logger = logger

    def predict(self, context, message):
        message["risk"] = round(math.tanh(message["amount"] / self.limit), 4)
        return message


def audit(context, message):
    context.logger.info_with("scored", risk=message["risk"])
