"""How long a night's feeds take, and how much memory, against a server on this machine.

    python benchmarks/fetch.py [--feeds 2000] [--hosts 200] [--entries 20] [--delay 0.05]

The server runs in a process of its own and answers on 127.0.1.1 and on (Linux answers all of 127.0.0.0/8), so that
hosts are many, each answer late by `--delay` seconds. Two nights: the first reads everything, the second is all
"not modified". Wall seconds and the peak resident memory of this process, which fetches and parses, are printed.
"""

import argparse
import multiprocessing
import resource
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from harness import head
from pipeline.config import FetchConfig, SourceConfig
from pipeline.stages.fetch import Past, fetch

WORDS = "The harbour council of Aldvik voted on Monday to close the old ferry quay before the winter storms arrive. "


def feed(name: str, entries: int) -> bytes:
    """An RSS feed whose entries are whole articles of some 300 words."""
    items = "".join(
        f"<item><title>Report {name} {number}</title><link>https://post.example/{name}/{number}</link>"
        f"<pubDate>Mon, 09 Mar 2026 20:32:00 +0100</pubDate><description>{WORDS * 16}</description></item>"
        for number in range(entries)
    )
    return f"<rss version='2.0'><channel><title>Post {name}</title>{items}</channel></rss>".encode()


def serve(pipe: Connection, entries: int, delay: float) -> None:
    """Answer every path with a feed until the process is ended; the port goes into the pipe."""
    import asyncio

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        await asyncio.sleep(delay)
        if "If-None-Match" in request:
            writer.write(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")
        else:
            body = feed(request.split()[1].strip("/"), entries)
            start = f'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n'
            writer.write(start.encode() + body)
        await writer.drain()
        writer.close()

    async def forever() -> None:
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1024)  # noqa: S104 - for the time of a run
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def main() -> None:
    """Run both nights and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--delay", type=float, default=0.05)
    options = parser.parse_args()
    print(head("urllib3", "feedparser"))
    pipe, other = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(other, options.entries, options.delay), daemon=True)
    server.start()
    port = pipe.recv()
    sources = tuple(
        SourceConfig(url=f"http://127.0.{1 + host // 250}.{1 + host % 250}:{port}/{number}")
        for number in range(options.feeds)
        for host in [number % options.hosts]
    )
    past = Past(datetime.now(UTC))
    for night in ("first", "not modified"):
        start = time.perf_counter()
        fetched = fetch(sources, FetchConfig(allow_private=("127.0.0.0/8",)), past)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        items = sum(map(len, fetched.items.values()))
        failed = len(fetched.failures)
        print(f"{night:12} {options.feeds} feeds {seconds:6.1f} s {items} items {failed} failed, peak {peak:.0f} MiB")
        past = Past(datetime.now(UTC), {state.url: state for state in fetched.states})
    server.terminate()


if __name__ == "__main__":
    main()
