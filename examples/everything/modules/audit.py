"""Who saw what, for the auditors."""


def record(context, message):
    context.logger.info(
        f"{message['camera']}: {len(message['objects'])} objects in {message['frame']}"
    )
