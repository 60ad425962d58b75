"""stub"""

import click


@click.command()
def init() -> None:
    """Stub."""
