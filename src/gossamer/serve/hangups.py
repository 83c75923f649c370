"""SIGHUP: load the model again, or the terminal is gone."""

import os
import signal
from types import FrameType


class Hangups:
    """Takes notice of SIGHUP from its making on, unless it is ignored, as under nohup."""

    def __init__(self) -> None:
        self._noticed, self._had_terminal = False, _has_terminal()
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._notice)

    def take(self) -> bool:
        """Whether there was one since the last call."""
        noticed, self._noticed = self._noticed, False
        return noticed

    @property
    def terminal_is_gone(self) -> bool:
        """Whether there was a terminal from which the service could be stopped, and is none now."""
        return self._had_terminal and not _has_terminal()

    def _notice(self, _: int, __: FrameType | None) -> None:
        self._noticed = True


def _has_terminal() -> bool:
    return any(os.isatty(number) for number in (0, 1, 2))
