"""The figures of a run are what Prometheus reads: an independent parser finds every one of them again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from made_nights import LINES, TONIGHT, configured, moment, write_lines
from pipeline.nightly.run import run_night
from pipeline.store.figures import Figures, read_figures
from pipeline.watch.textfile import Ended, Stage, last_success, textfile

AT = datetime(2026, 3, 10, 4, 5, tzinfo=UTC)
NAMES = st.text(max_size=20)
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def ended(*stages: Stage, code: int = 0, success: bool = True) -> Ended:
    """A run of five seconds."""
    return Ended(AT, 5.25, code, success, stages, {"main": 1_500_000}, "1.2.3")


def read(text: str) -> Samples:
    """Every sample by its name and labels, as Prometheus' own library reads them; none stands there twice."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in samples}
    assert len(found) == len(samples)
    return found


@given(stage=NAMES, kind=NAMES, number=st.integers(0, 2**53), seconds=st.floats(0, 1e9))
def test_any_stage_is_read_again(stage: str, kind: str, number: int, seconds: float) -> None:
    """Whatever a stage is called and counts, its numbers come back exactly, and no label forges a line."""
    samples = read(textfile(ended(Stage(stage, seconds, {kind: number})), None, None))
    assert samples["newsfold_stage_duration_seconds", (("stage", stage),)] == seconds
    assert samples["newsfold_stage_items", (("kind", kind), ("stage", stage))] == number
    assert samples["newsfold_last_run_success", ()] == 1


def test_every_metric_says_what_it_is() -> None:
    """Each has help and a type, its own prefix and a base unit where it has a unit."""
    stages = Stage("clean", 2.0, {"items": 3})
    figures = Figures({"articles": 3}, {"sent": 1}, 2, {"well": 4})
    for family in text_string_to_metric_families(textfile(ended(stages), figures, None)):
        assert family.documentation
        assert family.type == "gauge"
        assert family.name.startswith("newsfold_")
        assert not {"minutes", "milliseconds", "megabytes", "percent"} & set(family.name.split("_"))
        assert ("duration" in family.name or "timestamp" in family.name) == family.name.endswith("_seconds")


def test_the_last_success_outlives_failures(tmp_path: Path) -> None:
    """A failed run keeps the time of the last good one, which alerts go by; a file of something else is no reason."""
    path = tmp_path / "newsfold.prom"
    assert last_success(path) is None
    path.write_text(textfile(ended(), None, None), encoding="utf-8")
    good = last_success(path)
    assert good == AT.timestamp()
    failed = textfile(ended(code=1, success=False), None, good)
    samples = read(failed)
    assert samples["newsfold_last_success_timestamp_seconds", ()] == good
    assert (samples["newsfold_last_run_success", ()], samples["newsfold_last_run_exit_code", ()]) == (0, 1)
    assert ("newsfold_last_success_timestamp_seconds", ()) not in read(textfile(ended(success=False), None, None))
    path.write_bytes(b"\xff\xfe nonsense")
    assert last_success(path) is None


def test_stages_that_come_twice_are_added_up() -> None:
    """The archive may be brought up twice in a night: two samples of one name would be refused."""
    samples = read(textfile(ended(Stage("publish", 1, {"pages": 3}), Stage("publish", 2, {"pages": 1})), None, None))
    assert samples["newsfold_stage_duration_seconds", (("stage", "publish"),)] == 3
    assert samples["newsfold_stage_items", (("kind", "pages"), ("stage", "publish"))] == 4


def test_the_state_is_read_in_numbers(tmp_path: Path) -> None:
    """Counts of the latest edition and its mail by state, zeros included; None where there is no state to read."""
    source = write_lines(tmp_path / "in" / "day.jsonl", LINES).parent
    config = configured(tmp_path / "state", Path("none"), source)
    assert read_figures(config.state_file, ()) is None
    run_night(config.model_copy(update={"digest": config.digest.model_copy(update={"model": "none"})}), moment(TONIGHT))
    figures = read_figures(config.state_file, ["https://news.example.org/feed.xml"])
    assert figures is not None
    assert (figures.counts["articles"], figures.counts["copies"], figures.failed_sources) == (4, 1, 0)
    assert figures.mail["sent"] == 1
    assert figures.mail["failed"] == 0
    assert figures.feeds == {"well": 0, "failing": 0, "retired": 0}


@pytest.mark.parametrize("content", [b"", b"no database"])
def test_a_state_that_cannot_be_read_gives_no_figures(tmp_path: Path, content: bytes) -> None:
    """The figures of the run itself are written all the same."""
    path = tmp_path / "state.sqlite"
    path.write_bytes(content)
    assert read_figures(path, ()) is None
