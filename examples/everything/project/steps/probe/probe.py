"""Answers HTTP requests, so that a monitor can see that functions of this project run."""


class Probe:
    def answer(self, context, message):
        context.logger.info("probed")
        return
