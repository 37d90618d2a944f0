"""Progress, and why there is none: on standard error; progress only on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TextIO

_WIDTH: Final = 32
_ANEW: Final = "\r\x1b[K"
"""Takes away what stands on the line."""


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


@dataclass(slots=True)
class Stages:
    """Show which stage of a work has begun; how long each takes is not known."""

    names: Sequence[str]
    stream: TextIO = field(default_factory=lambda: sys.stderr)

    def show(self, name: str) -> None:
        """Draw that a stage has begun."""
        if self.stream.isatty():
            done = self.names.index(name)
            filled = _WIDTH * done // len(self.names)
            bar = "#" * filled + "." * (_WIDTH - filled)
            self.stream.write(f"{_ANEW}[{bar}] {done + 1} of {len(self.names)}: {name}")
            self.stream.flush()

    def end(self) -> None:
        """Take it away: all are done."""
        if self.stream.isatty():
            self.stream.write(_ANEW)
            self.stream.flush()


def complain(sentence: str) -> None:
    """Say why a command failed, in the place of how far it was."""
    anew = _ANEW if sys.stderr.isatty() else ""
    print(f"{anew}connect-graph: {sentence}", file=sys.stderr)
