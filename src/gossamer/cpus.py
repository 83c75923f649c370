"""How many CPUs this process may use."""


def usable_cpus() -> int:
    """The CPUs that the system, the process's affinity and its container grant; 1 at the least.

    A machine's own count is no guide: where a container grants one core of 58, so many threads get in each
    other's way.
    """
    from joblib import cpu_count  # noqa: PLC0415 - slow to import, and asked for by few commands

    return int(cpu_count())
