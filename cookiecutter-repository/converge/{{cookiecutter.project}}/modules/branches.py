"""The two branches: each answers one question about an order."""


class Price:
    def __init__(self, prices):
        self.prices = prices

    def answer(self, context, message):
        total = self.prices[message["item"]] * message["count"]
        return {"order": message["order"], "branch": "price", "total": total}


class Stock:
    def __init__(self, stock):
        self.stock = stock

    def answer(self, context, message):
        enough = self.stock[message["item"]] >= message["count"]
        return {"order": message["order"], "branch": "stock", "in_stock": enough}
