"""Lets suspicious transactions through and ends the rest here."""


class Alerts:
    def select(self, context, message):
        if not message["suspicious"]:
            return None
        return {
            "account": message["account"],
            "transaction": message["transaction"],
            "text": f"transaction {message['transaction']} scored {message['score']}",
        }
