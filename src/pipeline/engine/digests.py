"""Digests on a pool of actors, each with its own writer and checker, and a GPU where the cluster has some.

Ray Data streams stories through the pool: no more are under way than the pool can take, and an actor that dies is
replaced and given its stories again.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.config import Device
from pipeline.engine.session import RayWorkers
from pipeline.errors import NewsfoldError
from pipeline.records import Reject, Story, Summary

STORIES_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Models:
    """What digests are written with: a model's name (`none` only quotes), where it runs, its batch, and the words."""

    model: str
    device: Device
    batch: int
    words: int


class Writers:
    """One actor: its models are loaded when it starts. That they cannot be is told in place of digests.

    An exception here would be printed by Ray, and the actor started again.
    """

    def __init__(self, models: Models) -> None:
        self._words = models.words
        self._writer = self._checker = self._failure = None
        if models.model != "none":
            from pipeline.digest.check import Setting
            from pipeline.digest.loading import load_checker, load_writer

            try:
                self._writer = load_writer(models.model, models.device, models.batch)
                self._checker = load_checker(Setting.STRICT, models.device)
            except NewsfoldError as error:
                self._failure = error

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The digests of a batch of stories, rejects among them left as they are."""
        from pipeline.stages.summarise import summarise

        if self._failure is not None:
            return {"summary": [self._failure] * len(batch["story"])}
        stories = [one for one in batch["story"] if isinstance(one, Story)]
        written = iter(summarise(stories, self._writer, self._words, self._checker))
        return {"summary": [next(written) if isinstance(one, Story) else one for one in batch["story"]]}


def digests(
    workers: RayWorkers,
    sources: Sequence[Any],
    stories_in: Callable[[Any], Iterable[Story | Reject]],
    models: Models,
) -> Iterator[Summary | Reject]:
    """The digests of the stories in each source, in order; a reject stays one.

    `stories_in` is called by the workers, so that texts need not come through this process. Raises what loading the
    models raises, and NewsfoldError when an actor died too often.
    """
    import ray

    data = ray.data
    _quiet(data.DataContext.get_current())
    gpus = int(workers.resources.get("GPU", 0))
    # A cluster of one core needs a part of it for reading.
    cores = 0.5 if workers.cores == 1 else 1.0
    pool: dict[str, Any] = (
        {"num_gpus": 1, "concurrency": gpus} if gpus else {"num_cpus": cores, "concurrency": max(1, workers.cores - 1)}
    )
    parsed = data.from_items([{"source": source} for source in sources], override_num_blocks=len(sources)).flat_map(
        partial(_rows, stories_in), num_cpus=0.5
    )
    made = parsed.map_batches(
        Writers, fn_constructor_args=(models,), batch_size=STORIES_AT_ONCE, zero_copy_batch=False, **pool
    )
    try:
        for row in made.iter_rows():
            if isinstance(row["summary"], NewsfoldError):
                raise row["summary"]
            yield row["summary"]
    except ray.exceptions.RayError as error:
        raise NewsfoldError(f"the cluster could not finish its digests: {str(error).splitlines()[-1]}") from error


def _rows(stories_in: Callable[[Any], Iterable[Story | Reject]], row: dict[str, Any]) -> list[dict[str, Any]]:
    """The stories of one source, a row each."""
    return [{"story": story} for story in stories_in(row["source"])]


def _quiet(context: Any) -> None:  # noqa: ANN401 - Ray's own settings
    """Results in order, and nothing told of progress: the terminal belongs to the command line."""
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
