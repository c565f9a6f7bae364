"""Lists of feeds as OPML, the form that feed readers exchange."""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from pipeline.config import SourceConfig
from pipeline.errors import InputError
from pipeline.text.normalise import encodable


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in a list: its address, and the name the list gives it."""

    url: str
    title: str = ""


def read_opml(content: bytes, name: str) -> tuple[Outline, ...]:
    """The feeds of a list in their order, each once, those inside folders included; `name` is the list's in errors.

    A list that is not quite XML is read as far as it goes; entities stand for nothing.
    Raises InputError when it is no OPML.
    """
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"{name}: not an OPML file ({error})") from error
    if root is None or etree.QName(root).localname.casefold() != "opml":
        raise InputError(f"{name}: not an OPML file; its first element must be <opml>")
    found: dict[str, Outline] = {}
    for element in root.iter("{*}outline", "outline"):
        marks = {str(key).casefold(): encodable(str(value)) for key, value in element.attrib.items()}
        url = marks.get("xmlurl", "").strip()
        if url and url not in found:
            found[url] = Outline(url, marks.get("title") or marks.get("text", ""))
    return tuple(found.values())


def feeds_of(source: SourceConfig) -> tuple[Outline, ...]:
    """The feeds of a source: itself, or those of its list; none when it is one of files.

    Raises OSError or InputError when the list cannot be read.
    """
    if source.url is not None:
        return (Outline(source.url, source.name),)
    return () if source.opml is None else read_opml(source.opml.read_bytes(), source.place)


def write_opml(outlines: Iterable[Outline], title: str) -> bytes:
    """A list of feeds as an OPML file."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _in_xml(title)
    body = etree.SubElement(root, "body")
    for outline in outlines:
        text = _in_xml(outline.title or outline.url)
        etree.SubElement(body, "outline", type="rss", text=text, title=text, xmlUrl=_in_xml(outline.url))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _in_xml(text: str) -> str:
    """The text without the characters that no XML may hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )
