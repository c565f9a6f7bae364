"""A mail host as sites run it: Debian's Postfix takes mail over TLS, Dovecot stores it and is read over IMAP.

Both run from a folder of their own, as their own users, on free ports, and know nothing of the system's configuration.
"""

import imaplib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from pipeline.config import SmtpConfig

DOMAIN = "example.org"
PROGRAMS = ("postfix", "dovecot", "openssl")
LMTP = Path("/usr/lib/dovecot/lmtp")
PASSWORD = "s3cret"
TRIES, PAUSE_SECONDS = 300, 0.1

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = mail.{domain}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {folder}/tls.crt
smtpd_tls_key_file = {folder}/tls.key
smtpd_recipient_restrictions = reject_unlisted_recipient, reject_unauth_destination
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {people} }}
virtual_transport = lmtp:unix:{folder}/lmtp
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%n
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
}}
service lmtp {{
  unix_listener {folder}/lmtp {{
    mode = 0660
    user = postfix
  }}
}}
"""


def missing() -> str:
    """Why no mail host can be started here, or an empty text."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent or not LMTP.exists():
        return "needs Debian's postfix, dovecot-imapd, dovecot-lmtpd and openssl: see `make test-mail`"
    return "" if os.geteuid() == 0 else "Postfix and Dovecot can only be started by root"


class MailHost:
    """Use as a context manager; `people` are the mailboxes it has, by the part of an address before the @."""

    def __init__(self, *people: str) -> None:
        self.people = people
        self.folder = Path(tempfile.mkdtemp(prefix="mailhost-"))
        self.smtp_port, self.imap_port = _free_ports()
        self.certificate = self.folder / "tls.crt"

    def __enter__(self) -> "MailHost":
        postfix = ("postfix", "-c", str(self.folder / "postfix"))
        dovecot = ("dovecot", "-c", str(self.folder / "dovecot.conf"))
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, self.folder)
            self._configure()
            self._call(*postfix, "start")
            undo.callback(self._call, *postfix, "stop")
            self._call(*dovecot)
            undo.callback(self._call, *dovecot, "stop")
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def config(self) -> SmtpConfig:
        """The settings to hand mail to this host; its certificate must be trusted."""
        return SmtpConfig(host="127.0.0.1", port=self.smtp_port, security="starttls", timeout_seconds=60)

    def mailbox(self, name: str, count: int) -> list[bytes]:
        """Somebody's messages, over IMAP, as soon as there are so many."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port) as imap:
            imap.login(f"{name}@{DOMAIN}", PASSWORD)
            for _ in range(TRIES):
                _, found = imap.select("INBOX", readonly=True)
                if int(found[0] or 0) >= count:
                    break
                time.sleep(PAUSE_SECONDS)
            numbers = imap.search(None, "ALL")[1][0].split()
            parts = [imap.fetch(number.decode(), "(BODY.PEEK[])")[1][0] for number in numbers]
        return [part[1] for part in parts if isinstance(part, tuple)]

    def log(self) -> str:
        """What both servers noted."""
        files = (self.folder / "mail.log", self.folder / "dovecot.log")
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def _configure(self) -> None:
        """Write the servers' files, and make their folders."""
        self.folder.chmod(0o755)
        for name in ("postfix", "queue", "data", "mail", "run"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "mail", "nobody")
        people = ", ".join(f"{{ {name}@{DOMAIN} = {name} }}" for name in self.people)
        names = {"folder": self.folder, "domain": DOMAIN, "people": people, "password": PASSWORD}
        (self.folder / "postfix" / "main.cf").write_text(MAIN.format(**names))
        (self.folder / "postfix" / "master.cf").write_text(MASTER.format(port=self.smtp_port))
        (self.folder / "dovecot.conf").write_text(DOVECOT.format(port=self.imap_port, **names))
        self._call(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", str(self.folder / "tls.key"), "-out", str(self.certificate),
        )  # fmt: skip

    def _call(self, *command: str) -> None:
        """Run a command that must succeed."""
        said = self.folder / "said.log"  # a file: the servers would keep a pipe open for as long as they live
        with said.open("wb") as stream:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, check=False)
        assert done.returncode == 0, f"{command}: {said.read_text()}{self.log()}"


def _free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]
