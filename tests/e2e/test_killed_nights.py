"""A hundred nights killed at moments chosen by chance: gone on with, each gives the edition it would have given."""

import hashlib
import shutil
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from forks import Runner, fork_for_each_line
from made_nights import LINES, WEDNESDAY, configured, moment, write_lines
from pipeline.config import Config, DigestConfig
from pipeline.nightly.run import run_night

KILLS = 100


def config_of(folder: Path) -> Config:
    """A night of three stories, quoted; the source lies beside the folder."""
    config = configured(folder, Path(), folder.parent / "in")
    return config.model_copy(update={"digest": DigestConfig(model="none")})


def run(folder: Path) -> None:
    """One run of the night."""
    run_night(config_of(folder), moment())


def contents(folder: Path) -> dict[str, str]:
    """What readers get: the mail and the archive, every file by its bytes."""
    files = (path for part in ("outbox", "archive") for path in (folder / part).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_killed_nights(tmp_path: Path) -> None:
    """After a killed run and a whole one, mail and archive are byte for byte those of a night that was left alone."""
    write_lines(tmp_path / "in" / "day.jsonl", [*LINES, *WEDNESDAY])
    random = Random(20261128)  # noqa: S311 - a fixed order is the point
    left: Counter[int] = Counter()
    killed = 0
    with Runner(__file__, str(tmp_path / "first")) as runner:
        whole, _ = runner.run(tmp_path / "whole")
        expected = contents(tmp_path / "whole")
        for number in range(KILLS):
            folder = tmp_path / str(number)
            _, was_killed = runner.run(folder, random.uniform(0, whole))
            killed += was_killed
            left[len(list(config_of(folder).unfinished_folder.glob("*/*.gz")))] += 1
            runner.run(folder)
            assert contents(folder) == expected
            shutil.rmtree(folder)
    assert len(expected) > len(LINES)
    assert killed > KILLS / 2
    assert len(left) > 3, "the kills met too few different stages"


if __name__ == "__main__":
    # Once here, so that what is slow to import and to compile is there before the first fork.
    run(Path(sys.argv[1]))
    fork_for_each_line(run)
