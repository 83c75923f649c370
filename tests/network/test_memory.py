"""Values never lie where another one is still needed, and the arena is as small as the known figures."""

from itertools import pairwise
from math import prod

import pytest

from gossamer.network import IMAGE, Architecture, Graph
from gossamer.network.memory import peak_activation_bytes, plan_memory
from gossamer.network.ops import Add, Convolution, Dense, Relu, Shape

RESNET_8 = (
    "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2) gap dense"
)
NETWORKS: dict[str, tuple[Shape, int]] = {  # the peak is worked out by hand
    "dense": ((5, 6, 2), 60),
    "conv16 pool conv32 pool dense": ((28, 28, 1), 14 * 14 * 16 + 7 * 7 * 32),
    "conv8 conv4 conv8 conv2 dense": ((9, 7, 3), 63 * (4 + 8)),
    "conv4 pool avg gap dense": ((13, 11, 3), 13 * 11 * 3 + 6 * 5 * 4),
    "bn hswish conv4 dw+ dense": ((10, 10, 1), 100 * (4 + 4)),  # the sum lies where an input lay
    "bn conv16 sep32 pool sep36 4*sep36k5+ pool sep64 sep64+ gap dense": ((28, 28, 1), 784 * 2 * 16),
    RESNET_8: ((32, 32, 3), 1024 * 3 * 16),
}


def graph_of(words: str) -> Graph:
    return Architecture.parse(words, NETWORKS[words][0], 10).folded.graph


@pytest.mark.parametrize("words", NETWORKS)
def test_the_peak_is_the_one_worked_out_by_hand(words: str) -> None:
    assert peak_activation_bytes(graph_of(words)) == NETWORKS[words][1]


@pytest.mark.parametrize(
    "words", [*NETWORKS, "bn relu6 inv4e2 2*inv4e3+ ((dw conv8s2 | conv8k5s2) dw | dws2 conv8k1) avg dense"]
)
def test_no_value_lies_where_another_one_is_needed(words: str) -> None:
    graph = Architecture.parse(words, NETWORKS.get(words, ((13, 11, 3), 0))[0], 10).folded.graph
    plan = plan_memory(graph)
    assert [node for call in plan.calls for node in call] == list(graph.nodes)
    sizes = {IMAGE: prod(graph.input_shape), **{node.name: prod(node.shape) for node in graph.nodes}}
    held = {IMAGE}
    for at, call in enumerate(plan.calls[:-1]):
        assert all(name in held for name in call[0].inputs)
        still = {name for later in plan.calls[at + 1 :] for name in later[0].inputs}
        kept = held & still if isinstance(call[0].op, Add | Relu) else held & (still | set(call[0].inputs))
        held = kept | {call[-1].name}
        places = sorted((plan.offsets[name], plan.offsets[name] + sizes[name]) for name in held)
        assert all(end <= start for (_, end), (start, _) in pairwise(places))
        assert places[-1][1] <= plan.size
        held &= still


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
