"""The commands that look at the configuration: check, example, reference."""

import typer

from pipeline.cli.terminal import DEFAULT_FILE, ConfigFile, exits, say, show
from pipeline.config import load
from pipeline.errors import ConfigError

config_app = typer.Typer(help="Look at the configuration.", no_args_is_help=True)


@config_app.command("check")
@exits
def config_check(config_file: ConfigFile = DEFAULT_FILE) -> None:
    """Say all that is wrong with the configuration, its files, models and secrets; with DKIM, also what DNS must hold.

    No mail is sent and no feed is asked.
    """
    from pipeline.checkup import advice, problems

    config = load(config_file)
    if found := problems(config):
        raise ConfigError(f"configuration {config_file}:" + "".join(f"\n  {problem}" for problem in found))
    for line in advice(config):
        say(f"advice: {line}")
    sources, recipients = len(config.sources), sum(len(one.recipients) for one in config.mail.every_list)
    where = config.mail.smtp.host if config.mail.smtp and recipients else "the outbox folder"
    show(f"{config_file}: sources: {sources}, recipients: {recipients}, mail goes to {where}")
    for one in config.mail.every_list if config.mail.lists else ():
        show(f"list {one.id}: recipients: {len(one.recipients)}, topics: {', '.join(one.topics) or 'all'}")
    for key in config.mail.dkim:
        from pipeline.mail.dkim import Signer

        name, text = Signer.load(key).record()
        show(f'DNS: {name} TXT "{text}"')


@config_app.command("example")
@exits
def config_example() -> None:
    """A commented configuration file to start from: `newsfold config example > newsfold.toml`."""
    from pipeline.schema import example

    show(example().removesuffix("\n"))


@config_app.command("reference")
@exits
def config_reference() -> None:
    """Every key with its type, default and meaning, as Markdown."""
    from pipeline.schema import reference

    show(reference().removesuffix("\n"))
