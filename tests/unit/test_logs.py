"""The log of a run: one object a line, the run's id in each, and nothing from outside that could forge one."""

import json
import logging
import warnings
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.logs import LOGGER, TAIL, JsonLine, ReadableLine, log_of
from pipeline.printable import printable

RUN = UUID("12345678-1234-5678-1234-567812345678")
HOSTILE = '\x1b[2J\x1b]0;x\x07\r\n{"level": "info", "event": "forged"}\u2028\u202e\x9b31m'


def record(text: str, **facts: object) -> logging.LogRecord:
    """A record of the log."""
    made = logging.LogRecord(LOGGER.name, logging.INFO, __file__, 1, "%s", (text,), None)
    made.__dict__.update(facts)
    return made


@given(text=st.text() | st.just(HOSTILE))
def test_no_text_forges_a_line_or_commands_a_terminal(text: str) -> None:
    """As JSON it comes back exactly, on one line of ASCII; for people it is one printable line."""
    line = JsonLine(RUN).format(record(text))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["event"] == text
    for shown in (ReadableLine(RUN).format(record(text, stage=text, counts={text: 1})), printable(text)):
        assert len(shown.splitlines()) <= 1
        assert not {"\x1b", "\x9b", "\x07", "\x08", "\u202e"} & set(shown)


def test_each_line_says_when_what_and_in_which_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Stages with their seconds and counts, warnings of libraries, and a fault with its traceback, one object each."""
    with log_of(RUN, None) as tail:
        LOGGER.info("ended", extra={"stage": "clean", "seconds": 1.25, "counts": {"articles": 1200}})
        logging.getLogger("urllib3").warning("retrying")
        logging.getLogger("urllib3").info("not worth a line")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        try:
            int("power cut")
        except ValueError:
            LOGGER.critical("a fault", exc_info=True)
    LOGGER.error("after the end")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["run"] for line in lines] == [str(RUN)] * 4
    assert [line["level"] for line in lines] == ["info", "warning", "warning", "critical"]
    assert (lines[0]["stage"], lines[0]["seconds"], lines[0]["counts"]) == ("clean", 1.25, {"articles": 1200})
    assert lines[1]["logger"] == "urllib3"
    assert lines[3]["traceback"].endswith("'power cut'")
    assert tail[0].endswith("12345678 info    clean: ended, 1.2 s, 1,200 articles")
    assert tail[3].endswith("base 10: 'power cut')")


def test_the_last_lines_are_kept() -> None:
    """No more than whoever is told of a failure wants to read."""
    shown: list[str] = []
    with log_of(RUN, shown.append) as tail:
        for number in range(TAIL + 5):
            LOGGER.info("%s", number)
    assert len(shown) == TAIL + 5
    assert list(tail) == shown[5:]


@pytest.mark.parametrize("fault", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")])
def test_a_log_that_nobody_takes_stops_nothing(fault: Exception) -> None:
    """Whoever read it has gone, or its disk is full: the work goes on, and the end of the log is kept all the same."""

    def gone(_: str) -> None:
        raise fault

    with log_of(RUN, gone) as tail:
        LOGGER.info("one")
        LOGGER.info("two")
    assert [line.rpartition(" ")[2] for line in tail] == ["one", "two"]
