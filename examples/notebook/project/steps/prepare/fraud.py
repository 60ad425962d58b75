# Made from fraud.ipynb, section prepare: change the notebook, not this file.


import os

from rates import in_currency


class Features:
    def add(self, context, message):
        message["amount"] = in_currency(
            message["amount"], message.pop("currency"), os.environ["CURRENCY"]
        )
        return message
