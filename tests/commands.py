"""The command line, called in this process."""

from typer.testing import CliRunner, Result

from pipeline.cli.main import app


def newsfold(*arguments: object, stdin: str = "") -> Result:
    """One command: how it ended, and what it wrote."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
