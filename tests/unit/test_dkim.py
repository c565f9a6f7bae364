"""A signer signs any message in the form that receivers check, and takes no key that it should not."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from articles import write
from keys import dkim_config, is_valid, private_key
from pipeline.cli.main import app
from pipeline.config import Config, DkimConfig, load
from pipeline.errors import ConfigError
from pipeline.mail.dkim import Signer, relaxed_body, relaxed_header
from pipeline.mail.message import build_message
from sample_nights import NOW, make_mail, make_rendered

HOSTILE = st.text(max_size=300) | st.text("ab .\r\n\0\t=?_é語\u2028\x85", max_size=300)
LINES = st.lists(st.text(" \tab.é", max_size=12), max_size=8)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """A signer with an Ed25519 key."""
    return Signer.load(dkim_config(tmp_path_factory.mktemp("key"), "ed25519"))


@given(subject=HOSTILE, recipient=HOSTILE | st.emails(), text=HOSTILE)
def test_any_message_can_be_signed(signer: Signer, subject: str, recipient: str, text: str) -> None:
    """No headline, text or address gives a message whose signature does not hold, or a longer line than allowed."""
    content = build_message(make_rendered(subject=subject, text=f"{text} "), recipient, make_mail(), "t").content
    signed = signer.sign(content, NOW)
    assert signed.endswith(b"\r\n" + content)
    assert is_valid(signed, signer)
    assert max(map(len, signed.removesuffix(content).split(b"\r\n"))) <= 100


@given(lines=LINES)
def test_bodies_are_signed_in_the_form_of_the_standard(lines: list[str]) -> None:
    """White space at ends of lines and empty lines at the end of the body do not count (RFC 6376 section 3.4.4)."""
    body = "".join(f"{line}\r\n" for line in lines).encode()
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)


@given(name=st.sampled_from(["From", "LIST-ID"]), lines=LINES)
def test_headers_are_signed_in_the_form_of_the_standard(name: str, lines: list[str]) -> None:
    """However a header is folded and spaced, it is signed the same way (RFC 6376 section 3.4.2)."""
    value = "\r\n ".join(lines)
    ((expected_name, expected),) = Relaxed.canonicalize_headers([(name.encode(), value.encode() + b"\r\n")])
    assert (relaxed_header(name, value) + "\r\n").encode() == expected_name + b":" + expected


def test_same_message_key_and_time_give_the_same_bytes(tmp_path: Path) -> None:
    """Nothing else goes into a signature."""
    content = build_message(make_rendered(), "ann@example.org", make_mail(), "t").content
    signing = dkim_config(tmp_path)
    assert Signer.load(signing).sign(content, NOW) == Signer.load(signing).sign(content, NOW)
    assert Signer.load(signing).sign(content, NOW) != Signer.load(signing).sign(content, NOW + timedelta(seconds=1))


def key_of(config: DkimConfig) -> Path:
    """The key's file."""
    assert config.private_key_file is not None
    return config.private_key_file


def complaint(config: DkimConfig) -> str:
    """Why a key is not taken."""
    with pytest.raises(ConfigError, match=r"^mail\.dkim\.private_key_file .*\.pem: ") as caught:
        Signer.load(config)
    return str(caught.value)


@pytest.mark.parametrize(("mode", "refused"), [(0o600, False), (0o640, False), (0o400, False), (0o644, True),
                                               (0o660, True), (0o602, True), (0o601, True)])  # fmt: skip
def test_a_key_others_can_get_at_is_refused(tmp_path: Path, mode: int, refused: bool) -> None:
    """Whoever has it can sign as the domain; a group may read it, so that a service can be given it."""
    config = dkim_config(tmp_path, "ed25519")
    key_of(config).chmod(mode)
    if refused:
        assert f"others can get at it (mode {mode:o}); run `chmod 600`" in complaint(config)
    else:
        assert Signer.load(config).algorithm == "ed25519-sha256"


def test_a_key_that_cannot_be_used_is_named_with_the_reason(tmp_path: Path) -> None:
    """Missing, a folder, too short, no key at all, a public key."""
    assert "neither an Ed25519 key nor an RSA key of 2048 bits" in complaint(dkim_config(tmp_path, "rsa", 1024))
    config = dkim_config(tmp_path)
    for content in (b"", b"\xff\xfe", b"nonsense", private_key("rsa")[:200]):
        key_of(config).write_bytes(content)
        assert "make one with `openssl genrsa 2048`" in complaint(config)
    key_of(config).unlink()
    assert "No such file" in complaint(config)
    key_of(config).mkdir()
    assert "directory" in complaint(config)


def configured(folder: Path, sender: str, domain: str) -> Config:
    """The configuration for a sender and a signing domain."""
    signing = f"[mail.dkim]\ndomain = '{domain}'\nselector = 'news'\nprivate_key_file = 'dkim.pem'\n"
    return load(write(folder, "newsfold.toml", f"[mail]\nsender = '{sender}'\n{signing}"))


@pytest.mark.parametrize("domain", ["example.org", "mail.example.org", "Example.ORG", "org"])
def test_a_domain_that_goes_with_the_sender_is_taken(tmp_path: Path, domain: str) -> None:
    """The same one, one below or above; the key's path starts at the file."""
    (found,) = configured(tmp_path, "desk@example.org", domain).mail.dkim
    assert (found.domain, found.private_key_file) == (domain, tmp_path.resolve() / "dkim.pem")


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("example.com", "mail.dkim: domain 'example.com' is not that of the sender, 'example.org'"),
        ("badexample.org", "mail.dkim: domain 'badexample.org' is not that of the sender"),
        ("example.org; x=1", "mail.dkim.0.domain: "),
        ("a..org", "mail.dkim.0.domain: "),
        ("", "mail.dkim.0.domain: "),
    ],
)
def test_a_domain_that_cannot_sign_for_the_sender_is_refused(tmp_path: Path, domain: str, said: str) -> None:
    """Receivers would not count the signature (DMARC), or could not read it."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        configured(tmp_path, "desk@example.org", domain)


def test_config_check_shows_the_record_for_dns(tmp_path: Path) -> None:
    """What an operator has to publish, ready to copy; a key that cannot be used is found before the night."""
    configured(tmp_path, "desk@example.org", "example.org")
    text = (tmp_path / "newsfold.toml").read_text(encoding="utf-8")
    path = write(tmp_path, "newsfold.toml", f"[[sources]]\npath = '.'\n{text}")
    key = write(tmp_path, "dkim.pem", private_key("ed25519"))
    key.chmod(0o600)
    done = CliRunner().invoke(app, ["config", "check", "-c", str(path)])
    assert re.search(
        r'^DNS: news\._domainkey\.example\.org TXT "v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}="$', done.stdout, re.M
    )
    key.chmod(0o644)
    done = CliRunner().invoke(app, ["config", "check", "-c", str(path)])
    assert (done.exit_code, "others can get at it" in done.stderr) == (2, True)


def test_the_key_may_come_from_the_service_manager_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A credential named as the key is in DNS wins over the file, and the file over the environment."""
    in_file, bare = dkim_config(tmp_path), DkimConfig(domain="example.org", selector="news")
    monkeypatch.setenv("NEWSFOLD_DKIM_KEY", private_key("ed25519").decode())
    assert Signer.load(in_file).algorithm == "rsa-sha256"
    assert Signer.load(bare).algorithm == "ed25519-sha256"
    monkeypatch.setenv("NEWSFOLD_DKIM_KEY", "nonsense")
    with pytest.raises(ConfigError, match=r"^mail\.dkim: \$NEWSFOLD_DKIM_KEY: no private key in PEM form"):
        Signer.load(bare)
    monkeypatch.delenv("NEWSFOLD_DKIM_KEY")
    with pytest.raises(ConfigError, match=r"private_key_file, .* NEWSFOLD_DKIM_KEY, .* news\._domainkey\.example\.org"):
        Signer.load(bare)
    given = write(tmp_path / "credentials", "news._domainkey.example.org", private_key("ed25519"))
    given.chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given.parent))
    assert Signer.load(in_file).algorithm == Signer.load(bare).algorithm == "ed25519-sha256"


def test_several_keys_are_a_list_of_tables(tmp_path: Path) -> None:
    """Side by side as RFC 8463 section 3 has it; two that DNS could not tell apart are refused."""
    table = "[[mail.dkim]]\ndomain = 'example.org'\nselector = '{}'\nprivate_key_file = '{}.pem'\n"
    path = tmp_path / "newsfold.toml"
    sender = "[mail]\nsender = 'desk@example.org'\n"
    path.write_text(sender + table.format("rsa", "rsa") + table.format("ed", "ed"), encoding="utf-8")
    assert [key_of(key).name for key in load(path).mail.dkim] == ["rsa.pem", "ed.pem"]
    path.write_text(sender + table.format("one", "rsa") + table.format("One", "ed"), encoding="utf-8")
    with pytest.raises(ConfigError, match="each key needs a selector of its own"):
        load(path)
