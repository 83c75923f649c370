"""No value is overwritten before it is read, and the arena is as small as the known figures."""

from collections.abc import Iterator
from itertools import product
from math import prod

import pytest

from gossamer.network import IMAGE, Architecture, Graph
from gossamer.network.memory import Call, buffer_bytes, plan_memory
from gossamer.network.ops import Add, AveragePool, Convolution, Dense, Kernels, MaxPool, Mean, Relu, Shape

RESNET_8 = (
    "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2) gap dense"
)
NETWORKS: dict[str, tuple[Shape, int]] = {  # the arena is worked out by hand
    "dense": ((5, 6, 2), 60),
    # the second map starts as far before the first as its rows are ahead of those that are read
    "conv16 pool conv32 pool dense": ((28, 28, 1), 14 * 14 * 16 + 7 * 32 - 14 * 16 + 14 * 16 + 84),
    "conv8k1 conv4k1 dense": ((9, 7, 8), 63 * 8 + 2 * 8 + 2 * 4),  # two pixels before the input, twice
    "conv4 pool avg gap dense": ((13, 11, 3), 13 * 11 * 3 + 5 * 4),
    "bn hswish conv4 dw+ dense": ((10, 10, 1), 100 * (4 + 4)),  # the sum lies where an input lay
    "bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense": ((28, 28, 1), 14_184),
    # the input of a block, and over each other the two maps in it, two rows apart
    RESNET_8: ((32, 32, 3), 1024 * 2 * 16 + 2 * 32 * 16),
}


def graph_of(words: str) -> Graph:
    return Architecture.parse(words, NETWORKS[words][0], 10).folded.graph


@pytest.mark.parametrize("words", NETWORKS)
def test_the_arena_is_the_one_worked_out_by_hand(words: str) -> None:
    assert plan_memory(graph_of(words)).arena == NETWORKS[words][1]


def test_the_buffer_holds_what_a_convolution_reads_at_once() -> None:
    shape = (12, 12, 3)
    for words, scratch in {"conv4k5 dense": 2 * 25 * 3, "conv4k1 dense": 0, "dwk5 dense": 3}.items():
        graph = Architecture.parse(words, shape, 10).folded.graph
        assert plan_memory(graph).scratch == scratch
        assert buffer_bytes(graph) == plan_memory(graph).arena + scratch


def steps(call: Call) -> Iterator[tuple[set[int], set[int]]]:
    """In the order of the C exports: the numbers that are read of every input, and then those written."""
    node, op = call[0], call[0].op
    rows, columns, depth = node.input_shapes[0]
    out_rows, out_columns, channels = call[-1].shape
    match op:
        case Kernels():
            pool = 2 if isinstance(call[-1].op, MaxPool) else 1
            for y, x in product(range(out_rows * pool), range(0, out_columns * pool, 2)):
                pixels = [each for each in (x, x + 1) if each < out_columns * pool]
                taps = range(-op.padding, op.padding + 1)
                read = {
                    ((y * op.stride + j) * columns + each * op.stride + i) * depth + d
                    for each, j, i, d in product(pixels, taps, taps, range(depth))
                    if 0 <= y * op.stride + j < rows and 0 <= each * op.stride + i < columns
                }
                yield (
                    read,
                    {
                        (y // pool * out_columns + each // pool) * channels + c
                        for each in pixels
                        for c in range(channels)
                    },
                )
        case MaxPool() | AveragePool():
            for y, x, c in product(range(out_rows), range(out_columns), range(channels)):
                window = product((2 * y, 2 * y + 1), (2 * x, 2 * x + 1))
                yield {(j * columns + i) * depth + c for j, i in window}, {(y * out_columns + x) * depth + c}
        case Mean():
            for c in range(depth):
                yield {at * depth + c for at in range(rows * columns)}, {c}
        case _:
            for at in range(prod(node.shape)):
                yield {at}, {at}


@pytest.mark.parametrize(
    "words",
    [
        *(each for each in NETWORKS if each != RESNET_8),
        RESNET_8.replace("conv16", "conv6").replace("32", "8").replace("64", "10"),
        "bn relu6 inv4e2 2*inv4e3+ ((dw conv8s2 | conv8k5s2) dw | dws2 conv8k1) avg dense",
        "bn conv4s3 ((dw conv6 | conv6k7) sep6 | conv6) pool 2*conv6+ dw pool conv12k1 conv3k1 dense",
    ],
)
def test_nothing_is_overwritten_before_it_is_read(words: str) -> None:
    graph = Architecture.parse(words, NETWORKS.get(words, ((13, 11, 3), 0))[0], 10).folded.graph
    plan = plan_memory(graph)
    assert [node for call in plan.calls for node in call] == list(graph.nodes)
    memory = {plan.offsets[IMAGE] + at: (IMAGE, at) for at in range(prod(graph.input_shape))}
    for call in plan.calls[:-1]:
        name = call[-1].name
        for read, written in steps(call):
            for each in call[0].inputs:
                assert all(memory.get(plan.offsets[each] + at) == (each, at) for at in read)
            memory.update({plan.offsets[name] + at: (name, at) for at in written})
    last = plan.calls[-1][0].inputs[0]
    size = prod(plan.calls[-1][0].input_shapes[0])
    assert all(memory[plan.offsets[last] + at] == (last, at) for at in range(size))
    assert max(memory) < plan.arena


def test_what_others_read_in_between_is_stored() -> None:
    graph = Graph.of(
        (6, 6, 1),
        [
            ("conv1", Convolution(3), (IMAGE,)),
            ("relu1", Relu(), ("conv1",)),
            ("add1", Add(), ("conv1", "relu1")),
            ("dense", Dense(2), ("add1",)),
        ],
    )
    plan = plan_memory(graph)
    assert [len(call) for call in plan.calls] == [1, 1, 1, 1]
    assert plan.offsets["conv1"] != plan.offsets["relu1"]
