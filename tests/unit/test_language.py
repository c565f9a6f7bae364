"""The language of a text, or nothing where it cannot be told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.language import FEWEST_CHARACTERS, detect


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The harbour council voted on Monday to close the old ferry quay before the winter storms arrive."),
        ("fr", "Le conseil du port a voté lundi la fermeture de l’ancien quai avant l’arrivée des tempêtes d’hiver."),
        ("de", "Der Hafenrat hat am Montag beschlossen, den alten Kai vor den Winterstürmen zu schließen."),
        (
            "zh",
            "港口议会星期一投票决定在冬季风暴来临之前关闭旧码头，工程师说木桩已经失去了三分之一的强度，渡轮公司将使用北码头。",
        ),
    ],
)
def test_languages_of_news(lang: str, text: str) -> None:
    """A sentence is enough."""
    assert detect(text) == lang


@given(st.text(max_size=FEWEST_CHARACTERS - 1))
def test_a_short_text_is_left_undecided(text: str) -> None:
    """A wrong language would drop an article from the edition."""
    assert detect(text) == ""


@settings(max_examples=25)
@given(st.text(min_size=FEWEST_CHARACTERS, max_size=200))
def test_any_text_has_a_code(text: str) -> None:
    """Noise does not fail, and gives a code of two letters or none."""
    assert len(detect(text)) in (0, 2)
    assert detect("100 204 33:12\n" * 20) == ""
