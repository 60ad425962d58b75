import os


class Model:
    def __init__(self):
        self.name = os.environ["STEP_NAME"]
        self.verbose = os.environ["VERBOSE"] == "True"

    def predict(self, context, message):
        message["model"] = self.name
        return {"PartitionKey": message["PartitionKey"], "score": len(message)}


def audit(context, message):
    context.logger.info_with("scored", shard=message.get("shard"), model=message["model"])
