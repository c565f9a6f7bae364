"""The commands on JSON Lines: data on standard output, everything else on standard error, and honest exit codes."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commands import newsfold
from made_nights import LINES, SAMPLE, write_lines
from made_stories import FIRE, STRIKE

BAD = ('{"id": "broken"', "[1, 2]", '{"title": "no id"}', '{"id": "empty"}', '{"id": "x", "text": {"a": 1}}')
Values = list[dict[str, Any]]
CLUSTER = {"cluster": "c1", "articles": list(LINES[:3])}


def parsed(text: str) -> Values:
    """The objects of JSON Lines."""
    return [json.loads(line) for line in text.splitlines()]


def lines(*values: Mapping[str, object] | str) -> str:
    """JSON Lines; a string is a line as it is."""
    return "".join((value if isinstance(value, str) else json.dumps(value)) + "\n" for value in values)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A file of four articles."""
    return write_lines(tmp_path / "day.jsonl", LINES)


def test_ingest_reads_files_and_folders(tmp_path: Path) -> None:
    """Pages, dumps and feeds become article lines; what cannot be used is named and counted on standard error."""
    page = SAMPLE / "tonight/pages/ferrow-valley-now_old-mill-bridge-closed.html"
    shell = SAMPLE / "tonight/pages/rtt_live-ticker.html"
    done = newsfold("ingest", page, shell, SAMPLE / "tonight/feeds", "--rejects", tmp_path / "rejects.jsonl")
    assert done.exit_code == 0
    found = parsed(done.stdout)
    assert len(found) == 8
    assert all(set(LINES[0]) <= set(line) and line["id"] and line["text"] for line in found)
    (reject,) = parsed((tmp_path / "rejects.jsonl").read_text(encoding="utf-8"))
    assert reject["location"] == str(shell)
    assert f"rejected {shell}" in done.stderr
    assert "1 rejected" in done.stderr


def test_ingest_says_when_a_source_is_missing(day: Path, tmp_path: Path) -> None:
    """Exit code 3: done, with some sources failed."""
    done = newsfold("ingest", day, tmp_path / "gone")
    assert done.exit_code == 3
    assert len(parsed(done.stdout)) == 4
    assert "gone" in done.stderr


def test_extract_takes_pages_out_of_lines(tmp_path: Path) -> None:
    """Each page gives its main text and metadata under its id."""
    page = SAMPLE / "tonight/pages/harbour-post_ferry-refloated.html"
    source = tmp_path / "pages.jsonl"
    source.write_text(lines({"id": "ferry", "url": "", "html": page.read_text(encoding="utf-8")}), encoding="utf-8")
    done = newsfold("extract", source)
    assert done.exit_code == 0
    (found,) = parsed(done.stdout)
    assert set(found) == {"id", "title", "text", "published", "authors", "lang"}
    assert (found["id"], found["lang"]) == ("ferry", "en")
    assert "ferry" in found["text"]


def test_extract_takes_one_page() -> None:
    """A page's file is read directly, and named by its file name."""
    page = SAMPLE / "tonight/pages/harbour-post_ferry-refloated.html"
    (found,) = parsed(newsfold("extract", page).stdout)
    assert found["id"] == page.name
    assert found["title"]


def test_extract_knows_old_encodings() -> None:
    """A page in windows-1252 keeps its accents."""
    (found,) = parsed(
        newsfold("extract", SAMPLE / "tonight/pages/phare-sainte-orme_croisieres-sainte-orme.html").stdout
    )
    assert "\ufffd" not in found["text"]
    assert "à" in found["text"]
    assert found["lang"] == "fr"


@pytest.mark.parametrize("command", ["extract", "dedupe", "cluster", "summarise", "check"])
@pytest.mark.parametrize("name", ["gone.jsonl", "gone.html", "gone.jsonl.gz"])
def test_a_missing_file_is_one_line_and_code_1(tmp_path: Path, command: str, name: str) -> None:
    """A file that is not there is told in a sentence, not in a traceback."""
    done = newsfold(command, tmp_path / name)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("newsfold: ")
    assert len(done.stderr.splitlines()) == 1


def test_dedupe_folds_copies(day: Path, tmp_path: Path) -> None:
    """Every id once, copies in their lead's group, and the verified pairs in a file."""
    done = newsfold("dedupe", day, "--pairs", tmp_path / "pairs.jsonl")
    found = {line["id"]: line for line in parsed(done.stdout)}
    assert sorted(found) == sorted(line["id"] for line in LINES)
    assert found["fire-copy"]["group"] == found["fire-post"]["group"] != found["fire-bell"]["group"]
    assert {found["fire-copy"]["lead"], found["fire-post"]["lead"]} == {True, False}
    (pair,) = parsed((tmp_path / "pairs.jsonl").read_text(encoding="utf-8"))
    assert {pair["a"], pair["b"]} == {"fire-post", "fire-copy"}
    assert pair["jaccard"] == 1.0


def test_cluster_puts_every_id_once(day: Path) -> None:
    """Every article has one story, and copies share theirs."""
    found = {line["id"]: line["story"] for line in parsed(newsfold("cluster", day).stdout)}
    assert sorted(found) == sorted(line["id"] for line in LINES)
    assert found["fire-copy"] == found["fire-post"] != found["strike"]


def test_summarise_quotes_without_a_model() -> None:
    """`--model none`: every sentence stands in the article it cites, in the contract's form."""
    done = newsfold("summarise", "-", "--model", "none", stdin=lines(CLUSTER))
    assert done.exit_code == 0
    (found,) = parsed(done.stdout)
    assert set(found) == {"story", "headline", "text", "sentences", "method", "model", "disagreements"}
    assert (found["story"], found["method"], found["model"]) == ("c1", "extracted", "")
    assert found["text"] == " ".join(sentence["text"] for sentence in found["sentences"])
    texts = {line["id"]: line["text"] for line in LINES}
    for sentence in found["sentences"]:
        assert set(sentence) == {"text", "sources", "evidence", "method"}
        assert sentence["text"] in texts[sentence["sources"][0]]
        assert all(item["sentence"] in texts[item["article"]] for item in sentence["evidence"])


@pytest.mark.usefixtures("real_weights")
def test_summarise_writes_with_a_model(tiny_causal: Path) -> None:
    """A local folder writes; the same input gives the same output."""
    arguments = ("summarise", "-", "--model", tiny_causal, "--device", "cpu", "--words", "60")
    first, second = (newsfold(*arguments, stdin=lines(CLUSTER)) for _ in range(2))
    assert first.exit_code == 0, first.stderr
    assert first.stdout == second.stdout
    (found,) = parsed(first.stdout)
    assert found["method"] in ("written", "mixed")
    assert found["model"] == tiny_causal.name


def test_summarise_keeps_its_budget() -> None:
    """`--words` bounds the digest."""
    (found,) = parsed(newsfold("summarise", "-", "--model", "none", "--words", "30", stdin=lines(CLUSTER)).stdout)
    assert len(found["text"].split()) <= 36


def test_summarise_takes_bare_texts_and_numbers() -> None:
    """Articles may be strings, and a cluster's name a number: ids are made from the name."""
    done = newsfold("summarise", "-", "--model", "none", stdin=lines({"cluster": 7, "articles": [FIRE, STRIKE]}))
    (found,) = parsed(done.stdout)
    assert found["story"] == "7"
    assert {source for sentence in found["sentences"] for source in sentence["sources"]} <= {"7/0", "7/1"}


def test_summarise_with_an_unknown_model_fails(tmp_path: Path) -> None:
    """A model that is not there is one line on standard error, and no data."""
    done = newsfold("summarise", "-", "--model", tmp_path / "none-such", stdin=lines(CLUSTER))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "none-such" in done.stderr


@pytest.mark.usefixtures("real_weights")
def test_check_judges_each_sentence() -> None:
    """A true sentence is supported, a false one refused with its reason, whatever form the document has."""
    summary = "Seventy firefighters fought the flames on Dock Road. The fire killed 17 people in Halvern."
    for document in (FIRE, [STRIKE, FIRE]):
        done = newsfold("check", "-", stdin=lines({"id": "d", "document": document, "summary": summary}))
        (found,) = parsed(done.stdout)
        assert (found["id"], found["supported"]) == ("d", False)
        assert [sentence["supported"] for sentence in found["sentences"]] == [True, False]
        assert found["sentences"][1]["reason"] == "number not in the sources: 17"
        assert 0 <= found["score"] < 1


@pytest.mark.usefixtures("real_weights")
def test_check_reads_who_did_what() -> None:
    """Roles changed about, an opposite and a negation hold no fact that a source lacks: the model sees them."""
    document = (
        "Port officials in Halvern sued the shipping company Kestrel Line on Tuesday over a spill of oil. The company"
        " rejected the claim and said its ship had left before the spill. The court will hear the case in May."
    )
    true = "Port officials in Halvern sued the shipping company Kestrel Line on Tuesday."
    false = (
        "The shipping company Kestrel Line sued port officials in Halvern on Tuesday.",
        "The company accepted the claim and said its ship had left before the spill.",
        "The court will not hear the case in May.",
    )
    told = [{"id": str(place), "document": document, "summary": text} for place, text in enumerate((true, *false))]
    found = [line["supported"] for line in parsed(newsfold("check", "-", "--strict", stdin=lines(*told)).stdout)]
    assert found == [True, False, False, False]


def test_check_strictly_refuses_more() -> None:
    """What the strict setting supports the balanced one supports too, and the scores are the same."""
    summary = "Seventy firefighters fought the flames on Dock Road. A fire broke out in a warehouse, people said."
    line = lines({"id": "d", "document": FIRE, "summary": summary})
    (balanced,), (strict,) = (
        parsed(newsfold("check", "-", *option, stdin=line).stdout) for option in ((), ("--strict",))
    )
    assert balanced["score"] == strict["score"]
    pairs = zip(balanced["sentences"], strict["sentences"], strict=True)
    assert all(kept["supported"] or not also["supported"] for kept, also in pairs)


@pytest.mark.parametrize("summary", ["", "word " * 400, "\x00", "。", "A", "1. 2. 3."])
def test_check_answers_whatever_the_summary(summary: str) -> None:
    """Empty, endless and meaningless summaries get a verdict; so does a summary of an empty document."""
    both = [{"id": "a", "document": FIRE, "summary": summary}, {"id": "b", "document": "", "summary": summary or "A."}]
    found = parsed(newsfold("check", "-", stdin=lines(*both)).stdout)
    assert [line["id"] for line in found] == ["a", "b"]
    assert not found[1]["supported"]


@pytest.mark.parametrize("command", ["dedupe", "cluster"])
def test_bad_lines_are_named_and_the_rest_goes_on(tmp_path: Path, command: str) -> None:
    """Each bad line is reported with file and line, counted and kept; none stops the others."""
    source = tmp_path / "mixed.jsonl"
    source.write_text(lines(*BAD, LINES[0], "", LINES[0], LINES[3]), encoding="utf-8")
    done = newsfold(command, source, "--rejects", tmp_path / "rejects.jsonl")
    assert done.exit_code == 0
    assert sorted(line["id"] for line in parsed(done.stdout)) == ["fire-post", "strike"]
    places = [f"{source}:{number}" for number in (1, 2, 3, 4, 5, 8)]
    rejects = parsed((tmp_path / "rejects.jsonl").read_text(encoding="utf-8"))
    assert sorted(reject["location"] for reject in rejects) == places
    assert all(f"rejected {place}: " in done.stderr for place in places)
    assert done.stderr.splitlines()[-1] == "6 rejected"


@pytest.mark.parametrize(
    ("command", "bad"),
    [
        ("extract", {"id": "x", "html": 1.5}),
        ("summarise", {"cluster": "x"}),
        ("summarise", {"cluster": "x", "articles": []}),
        ("summarise", {"cluster": "x", "articles": [7]}),
        ("summarise", {"cluster": "x", "articles": [{"id": "a"}]}),
        ("check", {"id": "x", "summary": "Text."}),
        ("check", {"id": "x", "document": [1], "summary": "Text."}),
        ("check", {"id": "x", "document": "Text.", "summary": ["Text."]}),
    ],
)
def test_lines_of_the_wrong_form_are_rejected(command: str, bad: dict[str, object]) -> None:
    """What a command cannot use is reported, and it goes on."""
    arguments = ("--model", "none") if command == "summarise" else ()
    done = newsfold(command, "-", *arguments, stdin=lines(bad))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "rejected -:1: " in done.stderr


@pytest.mark.parametrize("command", ["dedupe", "cluster"])
def test_odd_texts_do_not_stop_a_command(command: str) -> None:
    """Other scripts, half characters, control characters and very long words are articles like others."""
    odd = ["市長は月曜日に辞任した。", "Текст", "\ud83d half", "\x00\x07", "x" * 10_000, "🙂" * 50]
    values = [json.dumps({"id": f"{number}", "text": text}) for number, text in enumerate(odd)]
    done = newsfold(command, "-", stdin=lines(*values))
    assert done.exit_code == 0, done.stderr
    assert {line["id"] for line in parsed(done.stdout)} == {str(number) for number in range(len(odd))}


def test_half_a_character_does_not_stop_summaries() -> None:
    """A lone surrogate, as JSON can hold it, is written so that it can be read again."""
    text = f"\ud83d {FIRE}"
    code = "from pipeline.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "summarise", "-", "--model", "none"],
        input=lines({"cluster": "c\ud83d", "articles": [text]}).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert len(parsed(done.stdout.decode("utf-8"))) == 1


def test_compressed_files_are_read_and_written(day: Path, tmp_path: Path) -> None:
    """`.gz` and `.zst` go in and out by their ending."""
    packed = tmp_path / "day.jsonl.gz"
    packed.write_bytes(gzip.compress(day.read_bytes()))
    assert newsfold("dedupe", packed, "-o", tmp_path / "out.jsonl.zst").exit_code == 0
    assert newsfold("dedupe", day, "-o", tmp_path / "out.jsonl.gz").exit_code == 0
    import pyarrow as pa

    with pa.input_stream(str(tmp_path / "out.jsonl.zst")) as stream:
        assert stream.read() == gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes())


def test_an_output_that_cannot_be_written_is_code_1(day: Path, tmp_path: Path) -> None:
    """A folder that is not there is told in a sentence."""
    done = newsfold("dedupe", day, "-o", tmp_path / "gone" / "out.jsonl")
    assert done.exit_code == 1
    assert done.stderr.startswith("newsfold: ")


@pytest.mark.parametrize(
    "arguments",
    [["dedupe"], ["dedupe", "-", "--threshold", "x"], ["summarise", "-", "--words", "0"], ["no-such-command"], ["-x"]],
)
def test_wrong_usage_is_code_2(arguments: list[str]) -> None:
    """What the command line does not know is refused before anything happens."""
    assert newsfold(*arguments).exit_code == 2


def test_stages_compose_through_pipes(day: Path) -> None:
    """The installed command reads standard input and writes standard output, so stages can be chained."""
    newsfold_command = Path(sys.executable).with_name("newsfold")
    assert newsfold_command.exists()
    piped = f"'{newsfold_command}' ingest '{day}' | '{newsfold_command}' dedupe - | cat"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", piped], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {line["id"] for line in parsed(done.stdout)} == {line["id"] for line in LINES}


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`newsfold … | head -1` ends quietly."""
    many = write_lines(tmp_path / "many.jsonl", ({**LINES[3], "id": f"{'x' * 2000}{number}"} for number in range(200)))
    piped = f"'{Path(sys.executable).with_name('newsfold')}' dedupe '{many}' | head -c 10"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", piped], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("closed", "said"), [(">&-", "standard output is closed"), ("<&-", "standard input is closed")]
)
def test_a_closed_stream_is_said(closed: str, said: str) -> None:
    """A line and exit code 1, whatever started the command that way."""
    command = f"'{Path(sys.executable).with_name('newsfold')}' dedupe - {closed}"
    done = subprocess.run(
        ["bash", "-c", command], input='{"id": "a", "title": "b"}', capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, f"newsfold: -: {said}; name a file\n")


def test_a_full_disk_is_said(day: Path) -> None:
    """What was written so far is not whole, and the message says so."""
    done = newsfold("dedupe", day, "-o", "/dev/full")
    assert done.exit_code == 1
    assert "No space left on device; see to the disk and run again: what was being written is not whole" in done.stderr


def test_progress_is_for_terminals(day: Path) -> None:
    """Without a terminal nothing but data and rejects is printed."""
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [str(Path(sys.executable).with_name("newsfold")), "cluster", str(day)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
