"""From a transaction to the numbers that the model knows."""


def as_features(transaction):
    return {
        "amount": float(transaction["amount"]),
        "abroad": float(transaction["country"] != transaction["home"]),
        "night": float(not 6 <= transaction["hour"] < 22),
    }
