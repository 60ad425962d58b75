"""The class of step `{{ cookiecutter.step }}`."""


class {{ cookiecutter.__class }}:
    """One instance per worker: what takes long to load is loaded in `__init__`."""

    def __init__(self, logger=None):
        self.logger = logger

    def process(self, context, message):
        """The message that goes on to the outputs; None where it ends here."""
        return message
