"""A night over SMTP: every recipient gets the edition once, however often the night is run."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from typer.testing import CliRunner

from made_nights import LINES, write_config, write_lines
from mailserver import MailServer
from pipeline.cli.main import app

RECIPIENTS = ["ann@example.org", "bob@example.org"]


@pytest.fixture
def server() -> MailServer:
    """A mail server, not yet started."""
    return MailServer()


def test_each_recipient_gets_one_mail(tmp_path: Path, tiny_causal: Path, server: MailServer) -> None:
    """Two recipients, two mails; a second run and `send` bring none."""
    write_lines(tmp_path / "in" / "day.jsonl", LINES)
    with server:
        mail = f"[mail]\nrecipients = {RECIPIENTS}\n[mail.smtp]\nhost = '127.0.0.1'\nport = {server.port}\n"
        config = write_config(tmp_path / "newsfold.toml", tiny_causal, Path("in"), more=f"{mail}security = 'none'\n")
        codes = [
            CliRunner().invoke(app, [*command, "-c", str(config)]).exit_code for command in (["run"], ["run"], ["send"])
        ]
    assert codes == [0, 4, 0]
    assert server.recipients() == ["ann", "bob"]
    messages = [message_from_bytes(content, policy=default) for _, content in server.received]
    assert [message["To"] for message in messages] == RECIPIENTS
    assert len({message["Message-ID"] for message in messages}) == 2
    assert len({message["Subject"] for message in messages}) == 1
