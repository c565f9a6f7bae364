"""Runs many errands at once, and treats every host with manners: few requests together, pauses, waits it asks for."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pipeline.errors import FetchError
from pipeline.web.addresses import host_of
from pipeline.web.client import Ask, Response
from pipeline.web.errands import Errand

Result = TypeVar("Result")
Answer = Response | FetchError
_BUSY = frozenset((429, 503))
_PASSING = frozenset((429, 500, 502, 503, 504))


@dataclass(frozen=True, slots=True)
class Manners:
    """How hosts are treated: requests at once in all and per host, seconds between two to one host.

    What failed in passing is asked once more after `retry_seconds`. A host that asks for more than `patience_seconds`
    altogether, or does not answer `most_failures` times in a row, is left alone for the rest of the night.
    """

    workers: int = 32
    per_host: int = 2
    pause_seconds: float = 0.5
    retry_seconds: float = 5
    patience_seconds: float = 60
    most_failures: int = 6


@dataclass(slots=True)
class _Host:
    """What is waiting for a host, and when it may be asked. `waiting` holds (time, number, job) as a heap."""

    free: int
    pause: float
    next_at: float = 0
    held: float = 0
    failures: int = 0
    closed: FetchError | None = None
    waiting: "list[tuple[float, int, _Job]]" = field(default_factory=list)


@dataclass(slots=True)
class _Job:
    """One errand's present request, and how often it was tried."""

    place: int
    ask: Ask
    tries: int = 0


class Crew(Generic[Result]):
    """Runs one list of errands. `get` makes a request; `pauses` are longer ones that hosts asked for."""

    def __init__(self, get: Callable[[Ask], Response], manners: Manners, pauses: Mapping[str, float]) -> None:
        self._get = get
        self._manners = manners
        self._pauses = pauses
        self._hosts: dict[str, _Host] = {}
        self._agenda: list[tuple[float, int, str]] = []  # when to look at which host
        self._numbers = itertools.count()
        self._change = threading.Condition()
        self._open = 0
        self._stopped = False
        self._errands: Sequence[Errand[Result]] = ()
        self._results: dict[int, Result | FetchError] = {}

    def run(self, errands: Sequence[Errand[Result]], heard: Callable[[int], None]) -> list[Result | FetchError]:
        """The results in the order of the errands, a FetchError where one raised it; `heard` gets how many are done."""
        self._errands, self._open = errands, len(errands)
        for place in range(len(errands)):
            self._go_on(place, None)
        with ThreadPoolExecutor(max(1, min(self._manners.workers, len(errands)))) as pool:
            running = {pool.submit(self._work) for _ in range(self._manners.workers)}
            try:
                self._await(running, heard)
            finally:
                self._stop()
        return [self._results[place] for place in range(len(errands))]

    def _await(self, running: "set[Future[None]]", heard: Callable[[int], None]) -> None:
        """Wait for the workers, telling how far they are; what one of them raised is raised here."""
        while running:
            done, running = wait(running, timeout=1, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            heard(len(self._results))

    def _stop(self) -> None:
        """Let the workers end."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def _work(self) -> None:
        """A worker's life: take a job, ask, let its errand decide how to go on."""
        try:
            while (taken := self._take()) is not None:
                name, job, closed = taken
                answer = closed or self._asked(job.ask)
                again = self._note(name, job, answer, closed is not None)
                if not again:
                    self._go_on(job.place, answer)
        finally:
            # Also when something unforeseen was raised: the others must not wait for what never comes.
            if not self._is_done():
                self._stop()

    def _is_done(self) -> bool:
        with self._change:
            return self._open == 0

    def _asked(self, ask: Ask) -> Answer:
        """The answer, a failure as a value."""
        try:
            return self._get(ask)
        except FetchError as error:
            return error

    def _go_on(self, place: int, answer: Answer | None) -> None:
        """Give an errand its answer; note its next request or its result."""
        errand = self._errands[place]
        try:
            if isinstance(answer, FetchError):
                ask = errand.throw(answer)
            else:
                ask = next(errand) if answer is None else errand.send(answer)
        except StopIteration as end:
            self._finish(place, end.value)
        except FetchError as error:
            self._finish(place, error)
        else:
            with self._change:
                self._queue(_Job(place, ask), 0)

    def _finish(self, place: int, result: Result | FetchError) -> None:
        """An errand is done."""
        with self._change:
            self._results[place] = result
            self._open -= 1
            if not self._open:
                self._change.notify_all()

    def _queue(self, job: _Job, ready: float) -> None:
        """Let a job wait at its host until a time; under the lock."""
        name = host_of(job.ask.url)
        pause = max(self._manners.pause_seconds, self._pauses.get(name, 0))
        host = self._hosts.setdefault(name, _Host(self._manners.per_host, pause))
        heapq.heappush(host.waiting, (ready, next(self._numbers), job))
        self._look_at(name)

    def _look_at(self, name: str) -> None:
        """Note when the host's next job may start; under the lock."""
        host = self._hosts[name]
        if host.free and host.waiting:
            moment = host.waiting[0][0] if host.closed else max(host.next_at, host.waiting[0][0])
            heapq.heappush(self._agenda, (moment, next(self._numbers), name))
            self._change.notify()

    def _take(self) -> tuple[str, _Job, FetchError | None] | None:
        """The next job that may start, waiting for it, with its failure when its host is closed; None at the end."""
        with self._change:
            while self._open and not self._stopped:
                now = time.monotonic()
                if not self._agenda:
                    self._change.wait()
                elif self._agenda[0][0] > now:
                    self._change.wait(self._agenda[0][0] - now)
                elif (job := self._start(heapq.heappop(self._agenda)[2], now)) is not None:
                    name = host_of(job.ask.url)
                    return name, job, self._hosts[name].closed
            return None

    def _start(self, name: str, now: float) -> _Job | None:
        """The host's next job if it may start by now; under the lock."""
        host = self._hosts[name]
        if not (host.free and host.waiting):
            return None
        if host.waiting[0][0] > now or (host.next_at > now and not host.closed):
            self._look_at(name)
            return None
        _, _, job = heapq.heappop(host.waiting)
        host.free -= 1
        host.next_at = max(host.next_at, now + host.pause)
        self._look_at(name)
        return job

    def _note(self, name: str, job: _Job, answer: Answer, was_closed: bool) -> bool:
        """Note what an answer says of its host; whether the job was queued for another try."""
        with self._change:
            host, now = self._hosts[name], time.monotonic()
            host.free += 1
            again = False
            if not was_closed:
                self._judge(name, host, answer, now)
                job.tries += 1
                again = job.tries == 1 and host.closed is None and _is_passing(answer)
                if again:
                    asked_for = answer.wait if isinstance(answer, Response) else None
                    self._queue(job, now + (self._manners.retry_seconds if asked_for is None else asked_for))
            self._look_at(name)
            return again

    def _judge(self, name: str, host: _Host, answer: Answer, now: float) -> None:
        """Hold or close a host after its answer; under the lock."""
        manners = self._manners
        unreachable = isinstance(answer, FetchError) and answer.passing
        host.failures = host.failures + 1 if unreachable else 0
        if host.failures >= manners.most_failures:
            host.closed = FetchError(f"{name}: did not answer {host.failures} times in a row; left alone tonight")
        if isinstance(answer, Response) and answer.status in _BUSY and answer.wait is not None:
            host.held += answer.wait
            host.next_at = max(host.next_at, now + answer.wait)
            if host.held > manners.patience_seconds:
                message = f"{name}: wants to be left alone for {answer.wait:.0f} seconds ({answer.status})"
                host.closed = FetchError(message, wait=answer.wait)


def _is_passing(answer: Answer) -> bool:
    """Whether a failure may be over soon."""
    return answer.passing if isinstance(answer, FetchError) else answer.status in _PASSING
