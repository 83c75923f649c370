"""The queue before the network, on its own."""

import asyncio
import threading

import numpy as np
import pytest

from gossamer.serve.batches import Answer, Batches, Images
from gossamer.serve.limits import Limits, Refusal

CHEAP, DEAR = 1, 1 << 40


def images(*values: int) -> Images:
    return np.array(values, np.uint8).reshape(-1, 1, 1, 1)


def named(given: Images) -> list[Answer]:
    """Answers that tell which image they are of."""
    return [Answer(int(value), [], [], None) for value in given.ravel()]


def bests(answers: list[Answer]) -> list[int]:
    return [answer.best for answer in answers]


@pytest.mark.parametrize("cost", [CHEAP, DEAR])
def test_requests_that_arrive_together_are_computed_as_one_batch(cost: int) -> None:
    sizes: list[int] = []

    async def play() -> list[list[Answer]]:
        batches = Batches(named, cost, Limits(), sizes.append)
        return await asyncio.gather(*(batches.answer(images(*range(i, i + 3))) for i in range(10)))

    assert [bests(answers) for answers in asyncio.run(play())] == [[i, i + 1, i + 2] for i in range(10)]
    assert sum(sizes) == 30
    assert sizes == ([3, 27] if cost == CHEAP else [30])  # a round's first at once, if it costs little


def test_requests_in_sequence_do_not_wait() -> None:
    async def play() -> None:
        batches = Batches(named, CHEAP, Limits())
        for i in range(5):
            answering = batches.answer(images(i))
            with pytest.raises(StopIteration) as done:  # it ends without once giving way to others
                answering.send(None)
            assert bests(done.value.value) == [i]
            await asyncio.sleep(0)

    asyncio.run(play())


def test_a_batch_has_256_images_or_one_request() -> None:
    sizes: list[int] = []

    async def play() -> None:
        batches = Batches(named, CHEAP, Limits(), sizes.append)
        many = [np.zeros((n, 1, 1, 1), np.uint8) for n in (1, 100, 100, 100, 400, 1)]
        answers = await asyncio.gather(*map(batches.answer, many))
        assert [len(answer) for answer in answers] == [1, 100, 100, 100, 400, 1]
        assert batches.waiting == 0

    asyncio.run(play())
    assert sizes == [1, 200, 100, 400, 1]


def test_too_many_waiting_images_are_refused() -> None:
    async def play() -> None:
        batches = Batches(named, DEAR, Limits(waiting=5))
        first = asyncio.create_task(batches.answer(images(1, 2, 3)))
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match="busy: 3 images are waiting") as refused:
            await batches.answer(images(4, 5, 6))
        assert refused.value.status == 503
        assert bests(await batches.answer(images(4, 5))) == [4, 5]
        assert bests(await first) == [1, 2, 3]
        assert bests(await batches.answer(images(7, 8, 9))) == [7, 8, 9]

    asyncio.run(play())


@pytest.mark.parametrize("cost", [CHEAP, DEAR])
def test_an_error_reaches_only_the_requests_of_its_batch(cost: int) -> None:
    def fragile(given: Images) -> list[Answer]:
        if 13 in given:
            raise ZeroDivisionError
        return named(given)

    async def play() -> None:
        batches = Batches(fragile, cost, Limits())
        with pytest.raises(ZeroDivisionError):
            await batches.answer(images(13))
        assert bests(await batches.answer(images(12))) == [12]
        assert batches.waiting == 0

    asyncio.run(play())


def test_a_cancelled_request_does_not_stop_others() -> None:
    async def play() -> None:
        batches = Batches(named, DEAR, Limits())
        first, second = (asyncio.create_task(batches.answer(images(i))) for i in (1, 2))
        await asyncio.sleep(0)
        first.cancel()
        assert bests(await second) == [2]
        assert batches.waiting == 0

    asyncio.run(play())


def test_the_event_loop_continues_while_an_expensive_batch_is_computed() -> None:
    released = threading.Event()

    def patient(given: Images) -> list[Answer]:
        assert released.wait(10)
        return named(given)

    async def play() -> None:
        batches = Batches(patient, DEAR, Limits())
        asked = asyncio.create_task(batches.answer(images(1)))
        await asyncio.sleep(0.05)
        assert not asked.done()
        released.set()
        assert bests(await asked) == [1]

    asyncio.run(play())
