"""Mutants of what composes statements, each tried in a process of its own on a world that is there.

A mutant is a place of a module's source, written otherwise when the module is imported.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Mutant:
    """Say what is written otherwise: a text that stands once in a module's source."""

    module: str
    text: str
    instead: str

    def __str__(self) -> str:
        return f"{self.module}: {self.text.strip()} → {self.instead.strip()}"


class _Mutating(SourceFileLoader):
    """Load one module from another source than the file has."""

    mutant: Mutant

    def get_data(self, path: str) -> bytes:
        """Read the source, mutated; never what was compiled from it before."""
        if not path.endswith(".py"):
            raise OSError
        source = super().get_data(path).decode()
        if source.count(self.mutant.text) != 1:
            raise ImportError(f"{self.mutant} stands {source.count(self.mutant.text)} times")
        return source.replace(self.mutant.text, self.mutant.instead).encode()


@dataclass(frozen=True, slots=True)
class _Finder(MetaPathFinder):
    mutant: Mutant

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the mutated module; all others are found as ever."""
        if name != self.mutant.module:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.origin is None:
            return None
        loader = _Mutating(name, spec.origin)
        loader.mutant = self.mutant
        spec.loader = loader
        return spec


def main() -> None:
    """Try the mutant that standard input describes; write how many answers differ."""
    told = json.load(sys.stdin)
    mutant = Mutant(*told["mutant"])
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, _Finder(mutant))
    from tests.compiled.trial import tried  # noqa: PLC0415  the mutant comes before it

    print(asyncio.run(tried(told["url"], told["password"], told["directory"])), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
