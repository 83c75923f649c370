"""The queue before the network: images that arrive at the same time are computed as one batch."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gossamer.serve.limits import Limits, busy

Images = NDArray[np.uint8]


class Answer(NamedTuple):
    """The model's answer for one image.

    Attributes:
        best: the index of the most likely class.
        probabilities: of every class, to six decimals.
        logits: of every class, to six decimals.
        odd: how the image differs from the training images, in words; None if it does not.
    """

    best: int
    probabilities: list[float]
    logits: list[float]
    odd: str | None


AT_ONCE = 256
"""Images per batch at most, unless a single request has more."""

QUICK = 20_000_000
"""Multiply-adds that take about a millisecond. Larger batches run in a thread, beside the event loop."""


Waiting = tuple[Images, "asyncio.Future[list[Answer]]"]


class Batches:
    """Computes images in the order of their arrival.

    No request waits for others to come: a batch holds what arrived during one iteration of the event loop,
    or while the previous batch was computed. The first request of an iteration is computed at once. The
    answer for an image does not depend on the other images of its batch.

    Attributes:
        waiting: how many images wait.
    """

    def __init__(
        self,
        answer: Callable[[Images], list[Answer]],
        multiply_adds: int,
        limits: Limits,
        watch: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Call `answer` for one batch after the other.

        Args:
            answer: computes the answers for a batch (N, H, W, C).
            multiply_adds: per image.
            limits: how many images may wait.
            watch: is called with the size of each batch.
        """
        self._answer, self._watch = answer, watch
        self._quick, self._most = QUICK // max(1, multiply_adds), limits.waiting
        self._queue: deque[Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, "network")
        self._at_work = False
        self._first_of_round = True
        self.waiting = 0

    async def answer(self, images: Images) -> list[Answer]:
        """The answers for images (N, H, W, C).

        Raises:
            Refusal: 503, too many images are waiting.
        """
        if self.waiting + len(images) > self._most:
            raise busy(f"{self.waiting:,} images are waiting")
        loop = asyncio.get_running_loop()
        if self._first_of_round and not self._at_work and len(images) <= self._quick:
            self._first_of_round = False
            loop.call_soon(self._begin_round)
            self._watch(len(images))
            return self._answer(images)
        future: asyncio.Future[list[Answer]] = loop.create_future()
        self._queue.append((images, future))
        self.waiting += len(images)
        if not self._at_work:
            self._at_work = True
            loop.call_soon(self._next, loop)
        return await future

    def close(self) -> None:
        """Start no more work in the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _begin_round(self) -> None:
        self._first_of_round = True

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        batch: list[Waiting] = []
        size = 0
        while self._queue and (not batch or size + len(self._queue[0][0]) <= AT_ONCE):
            batch.append(self._queue.popleft())
            size += len(batch[-1][0])
        self._at_work = bool(batch)
        if not batch:
            return
        self._watch(size)
        images = batch[0][0] if len(batch) == 1 else np.concatenate([images for images, _ in batch])
        if size <= self._quick:
            self._deliver(loop, batch, self._computed(images))
        else:
            work = loop.run_in_executor(self._thread, self._computed, images)
            work.add_done_callback(lambda done: self._deliver(loop, batch, done.result()))

    def _computed(self, images: Images) -> "list[Answer] | Exception":
        try:
            return self._answer(images)
        except Exception as error:
            return error

    def _deliver(
        self, loop: asyncio.AbstractEventLoop, batch: list[Waiting], found: "list[Answer] | Exception"
    ) -> None:
        start = 0
        for images, future in batch:
            end = start + len(images)
            if not future.cancelled():
                if isinstance(found, Exception):
                    future.set_exception(found)
                else:
                    future.set_result(found[start:end])
            start = end
        self.waiting -= start
        loop.call_soon(self._next, loop)
