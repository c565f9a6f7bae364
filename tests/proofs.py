"""The tests that `docs/security.md` names as proofs."""

import re
from pathlib import Path

SECURITY = Path(__file__).parents[1] / "docs" / "security.md"
_PROOF = re.compile(r"`tests/([\w/]+\.py::test_\w+)`")


def proofs_in(text: str) -> list[str]:
    """The proofs that a text names, as `file::test`, the file below `tests/`."""
    return _PROOF.findall(text)


def proofs() -> list[str]:
    """All proofs of the security model."""
    return proofs_in(SECURITY.read_text(encoding="utf-8"))


def unproved(outcomes: dict[str, set[str]]) -> list[str]:
    """The proofs of which no test passed, or one did not, given the outcomes of each as `file::test`."""
    return [proof for proof in dict.fromkeys(proofs()) if outcomes.get(proof) != {"passed"}]
