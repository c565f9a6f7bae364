"""Lines of a plain-text page dump: reading them in, and telling by sight what each of them is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

# A sentence mark of any common script, then closing quotes or brackets.
SENTENCE_END = re.compile(r"[.!?…。！？؟।۔॥။៕][\"'”’»)\]›“」』]*$")
_AGENCY = r"(?:[A-Z]{2,8}|Reuters|Bernama|Xinhua|Kyodo|Yonhap)"
# An agency's sign that its report ends here: "./.", ".-VNA", " .-VNA", "./VNA", ". – Reuters".
END_MARK = re.compile(rf"\s*(?:(?P<full>[.!?…][\"”’)]*)?\s*\./\.|(?P<stop>[.!?…][\"”’)]*)\s*[-–—/]\s*{_AGENCY}\.?)$")
# Place and agency before the first sentence: "Paris (VNA) - ".
DATELINE = re.compile(rf"[^\W\d_][^.!?():]{{1,40}}\({_AGENCY}\)\s*[-–—:]\s*")
# A colon or semicolon that announces a quotation or a list also ends a line of prose.
ANNOUNCEMENT = re.compile(r"(?:[:;：；]|; (?:and|or))$")
# Bullets and numbers that text browsers put before list items ("  * Home", "  1. News").
LIST_MARK = re.compile(r"(?:[*+•·▪‣◦]|o(?=\s)|\d{1,2}\.(?=\s))(?:\s+|$)")
# Scripts written without spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
# Pictographs, dingbats and flags, with the joiners and selectors that follow them.
EMOJI = re.compile(r"[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff][\ufe0f\u200d\U0001f3fb-\U0001f3ff]*")
# Any white space, including zero-width spaces.
SPACES = re.compile(r"[\s\u200b\ufeff]+")
WORD = re.compile(r"\w+")

TAIL = 40  # characters at the end of a text where its end mark is looked for
MAX_WRAP = 100  # hard-wrapped text is never wider than this
MAX_SIGHT = 1500  # characters; a longer line is prose whatever words are in it


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the dump, or one paragraph put together from hard-wrapped lines."""

    number: int  # of its first row in the dump, from 1
    raw: str  # as in the dump, without outer white space
    text: str  # without list mark and emoji, single spaces
    item: bool  # carried a list mark
    indent: int
    gap: int  # blank rows before it
    size: int  # roughly the number of words, in any script
    finished: bool  # ends as a sentence does

    @property
    def prose(self) -> bool:
        """Whether the line reads as sentences rather than as a heading, a name or a link."""
        return (self.finished and self.size >= 4) or self.size >= 20 or self.announces

    @property
    def announces(self) -> bool:
        """Whether the line leads up to a quotation or a list, or is a part of one."""
        return self.size >= 4 and bool(ANNOUNCEMENT.search(self.text[-5:]))


def read_lines(dump: str) -> list[Line]:
    """The non-blank lines of a dump in order, hard-wrapped paragraphs put together again."""
    lines: list[Line] = []
    gap = 0
    for number, row in unwrap(dump.splitlines()):
        if row.strip():
            lines.append(_line(number, row, gap))
            gap = 0
        else:
            gap += 1
    return lines


def _line(number: int, row: str, gap: int) -> Line:
    body = row.strip()
    mark = LIST_MARK.match(body)
    text = tidy(body[mark.end() :] if mark else body)
    return Line(
        number=number,
        raw=body,
        text=text,
        item=mark is not None,
        indent=len(row) - len(row.lstrip()),
        gap=gap,
        size=size_in_words(text),
        finished=is_finished(text),
    )


def tidy(text: str) -> str:
    """The text without emoji, with single spaces."""
    return SPACES.sub(" ", EMOJI.sub(" ", text)).strip()


def size_in_words(text: str) -> int:
    """The number of words; two characters count as one where words are not spaced."""
    return len(text.split()) + len(UNSPACED.findall(text)) // 2


def is_finished(text: str) -> bool:
    """Whether the text ends with a sentence mark or an agency's, or is long text in Thai or Lao, which have none."""
    unmarked = len(text) > 60 and "\u0e00" <= text[-1] <= "\u0eff"
    return unmarked or any(mark.search(text[-TAIL:]) for mark in (SENTENCE_END, END_MARK))


def unwrap(rows: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Numbered rows, where rows broken at a fixed width are joined to the paragraph they came from."""
    width = page_width(rows)
    start = 0
    for filled, block in groupby(rows, key=lambda row: bool(row.strip())):
        block_rows = list(block)
        if filled and width and is_wrapped(block_rows, width):
            yield from ((start + at, text) for at, text in paragraphs(block_rows, width))
        else:
            yield from enumerate(block_rows, start + 1)
        start += len(block_rows)


def page_width(rows: Sequence[str]) -> int:
    """The width a text may have been wrapped at; 0 when some rows are wider than any page, or all are short."""
    lengths = sorted(len(row.rstrip()) for row in rows if row.strip())
    if not lengths or not 40 <= lengths[-1] <= MAX_WRAP:
        return 0
    return lengths[int(0.95 * (len(lengths) - 1))]


def is_wrapped(rows: Sequence[str], width: int) -> bool:
    """Whether most rows of a block, ends of sentences aside, were so full that the next word did not fit."""
    inner = [pair for pair in pairwise(rows) if not is_finished(pair[0].rstrip())]
    return sum(runs_on(*pair, width) for pair in inner) > 0.6 * len(inner)


def runs_on(row: str, after: str, width: int) -> bool:
    """Whether the second row stands on its own only because the first was full."""
    if LIST_MARK.match(after.lstrip()):
        return False
    first_word = after.split(maxsplit=1)[0]
    reach = 2 if UNSPACED.match(first_word) else len(first_word) + 1
    return len(row.rstrip()) + reach > 0.9 * width


def paragraphs(rows: Sequence[str], width: int) -> Iterator[tuple[int, str]]:
    """The paragraphs of a wrapped block, each with the number of its first row in the block, from 1."""
    held, start = [rows[0]], 1
    for number, row in enumerate(rows[1:], 2):
        if not runs_on(held[-1], row, width):
            yield start, _joined(held)
            held, start = [], number
        held.append(row)
    yield start, _joined(held)


def _joined(rows: Sequence[str]) -> str:
    glue = "" if UNSPACED.match(rows[-1].lstrip()) else " "
    return rows[0].rstrip() + "".join(glue + row.strip() for row in rows[1:])


def _any_of(*alternatives: str) -> str:
    return f"(?:{'|'.join(alternatives)})"


# A heading that opens a list of other stories.
RELATED_HEADING = re.compile(
    _any_of(
        r"related",
        r"(?:read|see) (?:more|also|next|our|the)|also (?:read|see|on|in)|keep reading|what to (?:read|watch) next",
        r"more (?:from|on|in|stories|news|coverage|headlines|about|like)|other (?:news|stories)|in other news",
        r"most (?:read|popular|viewed|shared|recent|watched|commented)|trending|popular|latest|recommended",
        r"you (?:may|might) (?:also|be|like)|you['’]ll also|don['’]t miss|must[ -]reads?",
        r"editors?['’]?s?['’]? (?:picks?|choice)",
        r"top (?:stories|news|videos?|posts)|up next|(?:next|previous) (?:article|story|post)|watch (?:next|more|:)",
        r"(?:from )?around the web|from (?:the web|our)|promoted|sponsored|paid (?:content|post)|partner content",
        r"à lire|lire (?:aussi|la suite)|sur le même|voir aussi|les plus lus|à ne pas manquer|notre sélection",
        r"lesen sie auch|mehr (?:zum|aus|von|zu|über)\b|auch interessant|das könnte|meistgelesen|empf[eo]hl|lesetipp",
        r"weitere (?:artikel|meldungen|nachrichten|themen|infos)|(?:passend )?zum thema",
        r"lea también|[lt]e puede interesar|lo más|más (?:leídas|noticias|sobre|información)|(?:noticias )?relacionad",
        r"(?:leia|veja) (?:também|mais)|mais lidas|leggi anche|potrebbe|i più letti|lees (?:ook|meer)|meer over",
        r"læs også|les også|läs (?:också|mer|även)|lue myös|czytaj|zobacz (?:też|także)|polecane",
        r"tin liên quan|xem thêm|đọc thêm|tin khác|関連|相关|更多|اقرأ أيضا|ข่าวที่เกี่ยวข้อง",
    ),
    re.IGNORECASE,
)
# A heading or button after which only readers speak.
COMMENTS_HEADING = re.compile(
    r"\W*(?:\d+\s+)?"
    + _any_of(
        r"(?:post|leave|add|view|show|write|read|join|see|load|hide|discuss)\s+(?:(?:all|a|an|your|the|\d+)\s+)*"
        r"(?:comments?|reply|conversation|discussion|in the comments)",
        r"(?:reader |user |your |top (?:rated )?)?comments?|no comments|leave a reply",
        r"kommentare?|commentaires?|comentarios|comentários|commenti|reacties|bình luận|ý kiến|コメント|评论|النقاش",
    )
    + r"(?:\s*[\d(:|/#\]].{0,20})?",
    re.IGNORECASE,
)
# What the site says to its reader, in a line or two.
FURNITURE = re.compile(
    r"\b"
    + _any_of(
        r"(?:uses?|using|accept) (?:\w+ )?cookies|cookie (?:policy|settings|notice|preferences)",
        r"enable (?:javascript|cookies)",
        r"sign(?:ed)?[ -]?(?:up|in)\b (?:for|to|here|with|now|and|or)|log(?:ged)?[ -]?in|unsubscribe|newsletters?",
        r"subscri(?:be|bing|ption|bers?) (?:to|now|for|here|today|plan|and|at)|all rights reserved|copyright",
        r"your (?:browser|e-?mail|inbox|account|subscription|consent|ad ?blocker|privacy)",
        r"follow (?:us|me|him|her|them|\S{1,40} on (?:twitter|facebook|instagram|x))|(?:click|tap) (?:here|on|to)",
        r"terms (?:of (?:use|service)|and conditions|& conditions)|privacy (?:policy|notice|statement)",
        r"thank(?:s| you) for (?:reading|subscribing|signing)|get (?:the latest|breaking|our|unlimited|all the)",
        r"download (?:the|our)|may not be (?:published|reproduced|republished)|(?:find|like|join|contact|e-?mail) us",
        r"support (?:our|independent|quality) journalism|letters? to the editor|send (?:us|tips|an)",
        r"this (?:article|story|post|content) (?:is|was|has been|first|originally|may|contains)",
        r"originally (?:published|appeared)|continue reading|share (?:this|on|via|your)",
        r"advertis(?:ement|ing|e)|affiliate (?:links?|commission)|has an error|report (?:a|an) (?:error|typo)",
        r"this video|video player|listen to (?:this|the|our)|was this (?:article|page|story)",
        r"abonn(?:ieren|ez|és?|é·e)|datenschutz|angemeldet|alle rechte|registrier|tous droits|inscri(?:vez|ption)",
        r"todos los derechos|suscr[ií]b|iscriviti",
    )
    + r"\b|©|https?://|www\.|@\w{1,40}\.\w",
    re.IGNORECASE,
)
# Words of notices and small print, which may run to a whole paragraph.
SMALL_PRINT = re.compile(
    _any_of(
        r"\bcookies\b|all rights reserved|©|registered trademark|unsubscribe|opt[- ]out|newsletters?\b",
        r"terms (?:of (?:use|service)|and conditions|& conditions)|privacy (?:policy|notice|statement|choices)",
        r"\bthis website|\bour (?:site|website)|\bbuy (?:us|me) a (?:coffee|beer|tea)\b",
    ),
    re.IGNORECASE,
)
# The credit that marks a picture's caption.
CAPTION = re.compile(
    _any_of(
        r"\((?:photos?|image|picture|file photo|source|foto|bild|ảnh|illustration)\b[^()]{0,60}\)\W{0,3}$",
        r"\([^()]{0,60}/[^()/]{2,30}\)\W{0,3}$",
        r"\bphoto(?:graph)?s?(?: by| courtesy| credit|:| :)|\bimages? (?:via|by|courtesy|source|:)",
        r"\b(?:photo|image|picture) (?:published|taken|provided|credit|caption)|\bfile (?:photo|picture|image)\b",
        r"\bcredits?(?:\.\.\.|:)|\bgetty(?: images)?\b|\bhandout\b|\bshutterstock\b|\bafp via\b|\bap photo\b",
        r"/(?:ap|afp|reuters|vna|epa)\b\W{0,3}$|\bcourtesy of\b|\bimago\b|\bpicture alliance\b|\bdpa/|^watch \|",
        r"\b(?:image|picture|source|fotos?|bild|quelle|legende|crédit):",
    ),
    re.IGNORECASE,
)
# The author's line: "By Kofi Brandt". A name must follow, since "Von der Leyen" opens a sentence.
AUTHOR = re.compile(r"(?i:by|von|par|por|di|da|written by|text:)\s[A-ZÀ-Þ]")
# A label with its date or its list.
LABEL = re.compile(
    r"(?:last |first )?(?:posted|published|updated|modified)\b|(?:filed under|tags?|topics?|categories|source)\b\s*:",
    re.IGNORECASE,
)
# A sentence about who made the article, not about its subject.
EDITORS_NOTE = re.compile(
    _any_of(
        r"(?:edited|reported|written|reporting|editing|additional reporting) by\b.{0,200}$",
        r"updated (?:to|at|on|with)\b.{0,80}$",
        r".{0,60}\bcontributed to this (?:report|story|article)",
        r"(?:\w+\.? ){2,4}writes for\b",
    ),
    re.IGNORECASE,
)
# A clock time, a year or a "two hours ago": in a short line they stamp a teaser or a reader's comment.
TIME_STAMP = re.compile(
    r"\b(?:ago|[ap]\.?m\.?|said:|says:|wrote:?|schrieb:?|uhr|(?:19|20)\d\d|\d{1,2}:\d{2})(?!\w)", re.IGNORECASE
)
# Words by which a site speaks to its reader.
ADDRESS = re.compile(r"\b(?:you|your|we|us|our|sie|ihnen|ihren?|uns|wir|vous|votre|vos|nous|notre)\b", re.IGNORECASE)
QUOTATION = re.compile(r"[\"“”„«»‘]")


def reason_by_sight(line: Line) -> str:
    """Why the line, taken by itself, is no part of an article's text; "" when nothing speaks against it."""
    text, size = line.text, line.size
    if not WORD.search(text):
        return "furniture"
    if len(text) > MAX_SIGHT:
        return ""
    if size <= 12 and COMMENTS_HEADING.fullmatch(text):
        return "comments"
    if RELATED_HEADING.match(text) and size_in_words(text.split(":")[0]) <= 5:
        return "related"
    if size <= 70 and CAPTION.search(text):
        return "caption"
    if is_byline(line):
        return "byline"
    if (size <= 30 and FURNITURE.search(text)) or (size <= 120 and SMALL_PRINT.search(text)):
        return "furniture"
    return "stamp" if size <= 10 and not line.finished and TIME_STAMP.search(text) else ""


def is_byline(line: Line) -> bool:
    """Whether the line tells who made the article or when."""
    by_author = line.size <= 12 and not line.finished and AUTHOR.match(line.text)
    dated = line.size <= 14 and LABEL.match(line.text) and (TIME_STAMP.search(line.text) or ":" in line.text)
    return bool(by_author or dated or EDITORS_NOTE.match(line.text))


def speaks_to_reader(line: Line) -> bool:
    """Whether the site addresses its reader in this line, outside any quotation."""
    if QUOTATION.search(line.text):
        return False
    return len(ADDRESS.findall(line.text)) >= 0.12 * line.size
