"""Lists of feeds from other programs, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.opml import Outline, read_opml, write_opml

LISTED = """<?xml version='1.0'?><opml version='1.0'><body>
<outline text='News'><outline text='World'><outline type='rss' text='A' xmlUrl='https://a.example/feed'/></outline>
<outline title='B &amp; C' xmlurl='https://b.example/feed'/></outline>
<outline text='A again' xmlUrl=' https://a.example/feed '/><outline text='No feed'/></body></opml>"""


def test_folders_are_opened_and_duplicates_folded() -> None:
    """In the order of the list; whatever the case of its attributes."""
    found = read_opml(LISTED.encode(), "list")
    assert found == (Outline("https://a.example/feed", "A"), Outline("https://b.example/feed", "B & C"))


def test_a_list_that_is_not_quite_xml_is_read() -> None:
    """An ampersand in an address is the usual mistake."""
    text = (
        "<opml><body><outline xmlUrl='https://a.example/?a=1&b=2'/><outline xmlUrl='https://b.example/'/></body></opml>"
    )
    assert [one.url for one in read_opml(text.encode(), "list")][-1] == "https://b.example/"


@pytest.mark.parametrize("content", [b"", b"words", b"<html/>", b"\x00", b"<rss><channel/></rss>"])
def test_what_is_no_list_is_said(content: bytes) -> None:
    """With its name."""
    with pytest.raises(InputError, match="list: not an OPML file"):
        read_opml(content, "list")


def test_entities_stand_for_nothing() -> None:
    """Neither a billion laughs nor a file of this machine."""
    head = "<!DOCTYPE opml [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    found = read_opml(
        f"{head}<opml><body><outline xmlUrl='https://e.org/&b;'>&f;</outline></body></opml>".encode(), "list"
    )
    assert "root" not in str(found)


@given(st.lists(st.builds(Outline, st.text(min_size=1), st.text()), max_size=5))
def test_what_is_written_can_be_read(outlines: list[Outline]) -> None:
    """Any address and title, as far as XML can hold them, each address once."""
    written = write_opml(outlines, "My feeds")
    again = read_opml(written, "list")
    assert write_opml(again, "My feeds") == write_opml(read_opml(write_opml(again, "My feeds"), "list"), "My feeds")
    assert len({one.url for one in again}) == len(again) <= len(outlines)


@given(
    st.binary()
    | st.text().map(lambda text: text.encode("utf-8", "replace"))
    | st.binary().map(b"<opml><body><outline xmlUrl='".__add__)
)
def test_any_bytes_are_a_list_or_an_error(content: bytes) -> None:
    """Nothing but an InputError leaves the reader."""
    try:
        assert isinstance(read_opml(content, "list"), tuple)
    except InputError as error:
        assert "list" in str(error)  # noqa: PT017 - either outcome is right
