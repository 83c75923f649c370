"""Decodes bodies into arrays: small ones at once, large ones in threads, beside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gossamer.cpus import usable_cpus
from gossamer.data import TooManyPixels
from gossamer.errors import DataError
from gossamer.serve.limits import Limits, Refusal, busy

SMALL_BODY = 64 << 10
SMALL_PICTURES = 1 << 14
"""Bytes of a body, and pixels of its pictures, that are decoded in less than a millisecond or two."""

T = TypeVar("T")


class Decoding:
    """Decodes bodies, a limited number of large ones at a time.

    Attributes:
        busy: how many large bodies are being decoded or wait for it.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(usable_cpus(), "decoding")
        self.busy = 0

    async def run(self, work: Callable[[int], T], size: int) -> T:
        """Call `work`, which decodes a body of `size` bytes, with the most pixels that its pictures may have.

        Raises:
            Refusal: 400 or 413 if the body is invalid, 503 if too many are waiting.
        """
        try:
            if size <= SMALL_BODY:
                try:
                    return work(SMALL_PICTURES)
                except TooManyPixels:
                    pass  # a small body of large pictures; nothing large was decoded yet
            return await self._in_thread(work)
        except TooManyPixels as error:
            most = self._limits.pixels
            raise Refusal(
                413, f"pictures of more than {most:,} pixels in all; send smaller ones, or fewer"
            ) from error
        except DataError as error:
            raise Refusal(400, str(error)) from error

    def close(self) -> None:
        """Start no more work in threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[int], T]) -> T:
        if self.busy >= self._limits.decoding:
            raise busy(f"{self.busy} large requests are being decoded")
        self.busy += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, work, self._limits.pixels)
        finally:
            self.busy -= 1
