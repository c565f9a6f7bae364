"""Sign messages with DKIM (RFC 6376, RFC 8463), so that receivers can tell that nobody changed them on their way.

A signature depends on nothing but message, key and time: the ledger and the outbox hold the signed bytes. The library
`cryptography` reads the key and signs; what is written here is the header, and the form that it is signed in.
"""

import base64
import hashlib
import os
import re
import stat
import textwrap
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pipeline.config import DkimConfig
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    Key = RSAPrivateKey | Ed25519PrivateKey

SMALLEST_RSA = 2048
"""RFC 8301 section 3.2: the bits a signer should at least use."""
SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Reply-To", "Sender", "Cc",
)  # fmt: skip
"""Each is signed once more than it occurs, so that none can be added either (RFC 6376 section 8.15)."""
_UNSAFE = stat.S_IRWXO | stat.S_IWGRP
_FOLD = 72
_MAKE_ONE = "make one with `openssl genrsa 2048`"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain with one key."""

    domain: str
    selector: str
    key: "Key"
    algorithm: str
    """As the `a` tag names it; what stands before its hyphen is the key's type in the DNS record."""

    @classmethod
    def load(cls, config: DkimConfig) -> Self:
        """The signer that the configuration asks for.

        Raises ConfigError, with what to do, when the key cannot be read, is none, is too short, or is open to others.
        """
        path = config.key_file
        name = f"mail.dkim.private_key_file {path}" if path else f"mail.dkim: ${config.private_key_env}"
        try:
            data = _private_bytes(path) if path else config.key_in_environment().get_secret_value().encode()
            key, algorithm = _key(data)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{name}: {error}") from error
        return cls(config.domain, config.selector, key, algorithm)

    def sign(self, content: bytes, now: datetime) -> bytes:
        """The message with its signature on top; `now` is said in it."""
        head, _, body = content.partition(b"\r\n\r\n")
        fields = _signed_fields(head.decode())
        names = (name for name in SIGNED for _ in range(1 + sum(name == found for found, _ in fields)))
        tags = (
            f"v=1; a={self.algorithm}; c=relaxed/relaxed; d={self.domain};",
            f"s={self.selector}; t={int(now.timestamp())};",
            *textwrap.wrap(f"h={' : '.join(names)};", _FOLD, break_on_hyphens=False),
            f"bh={_base64(hashlib.sha256(relaxed_body(body)).digest())};",
            "b=",
        )
        unsigned = "\r\n ".join(tags)
        # The signature's own field comes last, its `b` still empty, without an end of line (section 3.7).
        lines = (*(relaxed_header(name, value) for name, value in fields), relaxed_header("DKIM-Signature", unsigned))
        signature = "\r\n ".join(textwrap.wrap(self._signature("\r\n".join(lines).encode()), _FOLD))
        return f"DKIM-Signature: {unsigned}{signature}\r\n".encode() + content

    def record(self) -> tuple[str, str]:
        """The name and the text of the DNS record that lets receivers check the signatures."""
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self.key.public_key()
        if isinstance(self.key, RSAPrivateKey):
            data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            data = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        kind, _, _ = self.algorithm.partition("-")
        return f"{self.selector}._domainkey.{self.domain}", f"v=DKIM1; k={kind}; p={_base64(data)}"

    def _signature(self, data: bytes) -> str:
        """The signature of some octets; Ed25519 signs their hash, as RFC 8463 section 3 says."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.hashes import SHA256

        if isinstance(self.key, RSAPrivateKey):
            return _base64(self.key.sign(data, PKCS1v15(), SHA256()))
        return _base64(self.key.sign(hashlib.sha256(data).digest()))


def relaxed_header(name: str, value: str) -> str:
    """A header field in the form that is signed, without its end of line (RFC 6376 section 3.4.2)."""
    unfolded = re.sub(r"[ \t]+", " ", re.sub(r"\r\n(?=[ \t])", "", value))
    return f"{name.strip().lower()}:{unfolded.strip()}"


def relaxed_body(body: bytes) -> bytes:
    """A body in the form that is signed: white space at line ends and empty lines at its end do not count."""
    lines = re.sub(rb"[ \t]+", b" ", body).replace(b" \r\n", b"\r\n").rstrip(b"\r\n ")
    return lines + b"\r\n" if lines else b""


def _signed_fields(head: str) -> list[tuple[str, str]]:
    """The header fields that are signed, by name as `SIGNED` has it; of several with one name the last comes first."""
    fields = [field.split(":", 1) for field in reversed(re.split(r"\r\n(?![ \t])", head))]
    return [(name, value) for name in SIGNED for found, value in fields if found.casefold() == name.casefold()]


def _private_bytes(path: Path) -> bytes:
    """A key's file, which only its owner may change and only owner and group may read.

    Raises OSError when it cannot be read, ValueError when others can get at it.
    """
    with path.open("rb") as stream:
        mode = os.fstat(stream.fileno()).st_mode
        if mode & _UNSAFE:
            raise ValueError(f"others can get at it (mode {stat.S_IMODE(mode):o}); run `chmod 600` on it")
        return stream.read()


def _key(data: bytes) -> "tuple[Key, str]":
    """A private key in PEM form, and the name of the algorithm that goes with it.

    Raises ValueError for anything else.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it wants a passphrase
        raise ValueError(f"no private key in PEM form without a passphrase ({error}); {_MAKE_ONE}") from error
    if isinstance(key, Ed25519PrivateKey):
        return key, "ed25519-sha256"
    if isinstance(key, RSAPrivateKey) and key.key_size >= SMALLEST_RSA:
        return key, "rsa-sha256"
    raise ValueError(f"neither an Ed25519 key nor an RSA key of {SMALLEST_RSA} bits or more; {_MAKE_ONE}")


def _base64(data: bytes) -> str:
    """Octets as one line of text."""
    return base64.b64encode(data).decode()
