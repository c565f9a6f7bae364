"""Speed of reading pages, and the share of each step.

    OMP_NUM_THREADS=1 python benchmarks/extract.py [--shared DIR] [--rounds N] [--processes N]

Reads the labelled development pages of one set (`DIR/data/extract_scrapinghub`); says so when they are absent. Prints
pages a second of one core's time, what each step took of it, and pages a second with all cores.
"""

import argparse
import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path

import trafilatura

from harness import DEFAULT_SHARED, head
from pipeline import page as reading
from pipeline.page import read_page
from pipeline.pages.metadata import address_of, authors_of, published_of, site_of, title_of
from pipeline.parallel import in_order


def pages_of(shared: Path) -> list[bytes]:
    """The pages as bytes."""
    with gzip.open(shared / "data" / "extract_scrapinghub" / "dev.jsonl.gz", "rt", encoding="utf-8") as stream:
        return [json.loads(line)["html"].encode("utf-8", "replace") for line in stream]


def seconds(work: Callable[[], object]) -> float:
    """How much of the processor's time a piece of work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def steps(pages: list[bytes]) -> dict[str, float]:
    """Seconds of each step over all pages, each step by itself."""
    trees = [tree for tree in map(trafilatura.load_html, pages) if tree is not None]
    texts = [reading._main_text(tree, "") for tree in trees]
    metadata = (published_of, authors_of, title_of, lambda tree: site_of(tree, ""), lambda tree: address_of(tree, ""))
    return {
        "parsing": seconds(lambda: [trafilatura.load_html(page) for page in pages]),
        "trafilatura": seconds(lambda: [reading._main_text(tree, "") for tree in trees]),
        "furniture": seconds(lambda: [reading._without_furniture(text) for text in texts]),
        "metadata": seconds(lambda: [[find(tree) for find in metadata] for tree in trees]),
    }


def main() -> None:
    """Time one core, its steps, and all cores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=DEFAULT_SHARED)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=0)
    chosen = parser.parse_args()
    if not (chosen.shared / "data" / "extract_scrapinghub").is_dir():
        print(f"skipped: no labelled pages at {chosen.shared}")
        return
    print(head("trafilatura", "lxml"))
    pages = pages_of(chosen.shared)
    read_page(pages[0])
    taken = min(seconds(lambda: [read_page(page) for page in pages]) for _ in range(chosen.rounds))
    print(f"one core: {len(pages) / taken:.1f} pages/s of processor time, {len(pages)} pages")
    for step, part in steps(pages).items():
        print(f"  {step:12} {part / len(pages) * 1000:6.2f} ms a page  {part / taken:6.1%}")
    many = pages * 10
    for processes in (1, chosen.processes):
        start = time.perf_counter()
        found = sum(bool(page.text) for page in in_order(read_page, many, processes))
        elapsed = time.perf_counter() - start
        told = processes or "all"
        print(
            f"{told} processes: {len(many) / elapsed:.1f} pages/s by the clock, starting them included; {found} texts"
        )


if __name__ == "__main__":
    main()
