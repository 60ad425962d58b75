class Model:
    def predict(self, context, message):
        message["score"] = 0.75
        return message


def audit(context, message):
    context.logger.info_with("scored", **message)
