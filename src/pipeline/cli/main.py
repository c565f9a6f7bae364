"""The `newsfold` command."""

import typer

from pipeline.cli import explaining, leaving, lines, people, state, status, timer

app = typer.Typer(
    name="newsfold",
    help="Folds the day's news into one checked digest and mails it each morning.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
people.register(app)
leaving.register(app)
timer.register(app)
state.register(app)
status.register(app)
explaining.register(app)
lines.register(app)


def main() -> None:
    """Entry point of the installed command."""
    app()


if __name__ == "__main__":
    main()
