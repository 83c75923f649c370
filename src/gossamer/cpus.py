"""How many CPUs this process may use."""

import os


def usable_cpus() -> int:
    """The CPUs that the system, the process's affinity and its container allow; at least 1.

    The machine's count is misleading: in a container with one core of 58, 58 threads slow each other down.
    """
    from joblib import cpu_count  # noqa: PLC0415 - slow to import, and used by few commands

    return int(cpu_count())


def cpus_of_machine() -> int:
    """All CPUs of the machine, to be reported; work is divided by `usable_cpus`."""
    return os.cpu_count() or 1
