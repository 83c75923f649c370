"""Holding everyone to an instruction set, so that figures say what a machine without a better one would show.

Each tool has a variable of its own, read when it is first imported. A new set is a line in `VARIABLES`.
"""

import os

VARIABLES = {
    "avx2": {
        "GOSSAMER_KERNELS": "avx2",
        "ATEN_CPU_CAPABILITY": "avx2",  # PyTorch's own kernels
        "ONEDNN_MAX_CPU_ISA": "AVX2",  # its convolutions
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",  # its products of matrices
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",  # JAX
    },
}

UNHELD = ("ONNX Runtime",)
"""Those without such a variable: they use the best that the machine has."""


def hold_to(instruction_set: str) -> None:
    """Set the variables of this process and its children; call it before any tool is imported."""
    os.environ.update(VARIABLES[instruction_set])
