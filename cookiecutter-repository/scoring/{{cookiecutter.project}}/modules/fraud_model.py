"""A fraud model small enough to read: a logistic regression with three features."""

from math import exp

from features import as_features

WEIGHTS = {"amount": 0.004, "abroad": 1.7, "night": 0.9}
BIAS = -3.0


class FraudModel:
    def __init__(self, threshold, logger=None):
        self.threshold = threshold
        if logger is not None:
            logger.info(f"fraud model ready, threshold {threshold}")

    def prepare(self, context, message):
        return {**message, "features": as_features(message)}

    def predict(self, context, message):
        features = message["features"]
        total = BIAS + sum(WEIGHTS[name] * features[name] for name in WEIGHTS)
        score = round(1 / (1 + exp(-total)), 4)
        return {
            "account": message["account"],
            "transaction": message["transaction"],
            "score": score,
            "suspicious": score >= self.threshold,
        }
