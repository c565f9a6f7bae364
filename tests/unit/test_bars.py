"""What moves on a terminal, seen through a real one: bars while there is work, and nothing where there is none."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from made_nights import LINES, write_lines
from pipeline.jsonlines import count_lines
from pipeline.progress import QUIET
from pipeline.readers import count_items

WORK = """
import sys
from pipeline.cli.bars import listening
with listening() as progress:
    progress.say("a \\x1b[31mstep")
    with progress.stage("fold"), progress.counting("items", lambda: 4000) as advance:
        for _ in range(1000):
            advance(1)
            progress.say("")
print("data")
"""


def on_a_terminal(*command: str) -> tuple[str, str]:
    """What a command writes to a terminal as standard error, and to standard output, which is a file."""
    leader, follower = pty.openpty()
    environment = {
        **os.environ,
        "TERM": "xterm",
        "COLUMNS": "100",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower, env=environment) as process:
        os.close(follower)
        written = bytearray()
        try:
            while piece := os.read(leader, 65536):
                written += piece
        except OSError:
            pass  # the terminal was closed: the process has ended
        output = process.communicate()[0]
    os.close(leader)
    assert process.returncode == 0, written
    return written.decode(), output.decode()


def test_bars_say_how_far_how_fast_and_how_long() -> None:
    """The count of the total with rate and time left, below what is said; standard output stays data alone."""
    shown, output = on_a_terminal(sys.executable, "-c", WORK)
    assert "fold" in shown
    assert "of 4,000" in shown
    assert "/s, 0:00:" in shown
    assert " left" in shown
    assert "a  [31mstep" in shown
    assert output == "data\n"
    assert shown.rstrip().endswith("\x1b[2K") or "\x1b[?25h" in shown


def test_nothing_moves_where_there_is_no_terminal() -> None:
    """A log file holds what was said of the input, and no bar."""
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("data\n", "")


def test_a_command_counts_its_lines(tmp_path: Path) -> None:
    """`newsfold dedupe` on a terminal: its result is the same as without, and no escape sequence is in it."""
    source = write_lines(tmp_path / "day.jsonl", LINES)
    command = [str(Path(sys.executable).with_name("newsfold")), "dedupe", str(source)]
    shown, output = on_a_terminal(*command)
    assert "\x1b[?25l" in shown
    plain = subprocess.run(command, capture_output=True, text=True, check=False)
    assert output == plain.stdout
    assert plain.stderr == ""


def test_totals_are_told_without_reading_what_can_be_read_once(tmp_path: Path) -> None:
    """Plain files are counted; compressed ones, pipes and missing ones are not known, and a pipe is left untouched."""
    source = write_lines(tmp_path / "day.jsonl", LINES)
    assert count_lines(source) == len(LINES) == count_items(source)
    (tmp_path / "day.jsonl.gz").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    for name in ("day.jsonl.gz", "pipe", "gone", "."):
        assert count_lines(tmp_path / name) is None
    assert count_lines(Path("-")) is None
    assert [count_items(Path(name)) for name in ("a.html", "a.txt.gz", "a.jpg", "a.xml", "a.warc.gz")] == [
        *(1, 1, 1),
        *(None, None),
    ]


@pytest.mark.parametrize("items", [[1, 2, 3], iter([1, 2, 3])])
def test_nobody_hears_by_default(items: list[int]) -> None:
    """Stages work on when nobody listens, and a total is not even asked for."""

    def asked() -> int:
        raise AssertionError("nobody wants to know")

    with QUIET.stage("x") as tally:
        tally["items"] = 3
    assert list(QUIET.track(items, "items", asked)) == [1, 2, 3]
