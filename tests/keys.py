"""Keys that sign mail, and the check that receivers make, by another library than the one that signs."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pipeline.config import DkimConfig
from pipeline.mail.dkim import Signer

Kind = Literal["rsa", "ed25519"]


@cache
def private_key(kind: Kind, bits: int = 2048) -> bytes:
    """A new key in PEM form, one for each test run."""
    key = Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(65537, bits)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def dkim_config(
    folder: Path, kind: Kind = "rsa", bits: int = 2048, domain: str = "example.org", selector: str = "news"
) -> DkimConfig:
    """A configuration whose key lies in a folder."""
    path = folder / f"{kind}-{bits}.pem"
    path.touch(mode=0o600)
    path.write_bytes(private_key(kind, bits))
    return DkimConfig(domain=domain, selector=selector, private_key_file=path)


def dns_of(signer: Signer) -> Callable[..., bytes]:
    """A stand-in for DNS that holds the signer's record alone."""
    name, text = signer.record()
    records = {f"{name}.".encode(): text.encode()}
    return lambda asked, timeout=0: records.get(asked, b"")  # noqa: ARG005 - dkimpy passes it by name


def is_valid(content: bytes, signer: Signer, number: int = 0) -> bool:
    """Whether a receiver who knows a signer's key would accept the message's signature, of several that of a number."""
    try:
        return bool(dkim.DKIM(content, minkey=2048).verify(idx=number, dnsfunc=dns_of(signer)))
    except dkim.DKIMException:
        return False
