# Made from fraud.ipynb, section prepare: change the notebook, not this file.


import os

from rates import in_euro


class Features:
    def add(self, context, message):
        message["amount"] = in_euro(message["amount"], os.environ["CURRENCY"])
        return message
