"""A progress bar: on standard error, and only on a terminal."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Final, TextIO

_WIDTH: Final = 32


@dataclass(slots=True)
class Bar:
    """Show how much of a whole is done, and how long the rest may take."""

    whole: int
    unit: str
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    started: float = field(default_factory=time.monotonic)

    def show(self, done: int) -> None:
        """Draw the bar anew; the whole ends the line."""
        if not self.whole or not self.stream.isatty():
            return
        filled = _WIDTH * done // self.whole
        spent = time.monotonic() - self.started
        rest = f", {spent * (self.whole - done) / done:.0f} s left" if 0 < done < self.whole else ""
        bar = "#" * filled + "." * (_WIDTH - filled)
        end = "\n" if done >= self.whole else ""
        self.stream.write(f"\r[{bar}] {done:,} of {self.whole:,} {self.unit}{rest}\x1b[K{end}")
        self.stream.flush()


@dataclass(slots=True)
class Steps:
    """Show progress of a whole that is known only once it has begun."""

    unit: str
    _bar: Bar | None = None

    def __call__(self, done: int, whole: int) -> None:
        """Draw so many of so many."""
        self._bar = self._bar or Bar(whole, self.unit)
        self._bar.show(done)
