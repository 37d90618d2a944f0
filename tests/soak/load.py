"""The load: a process that asks over many connections, well and badly, and compares each answer.

It judges nothing but bytes: what was not as it was before the soak it tells, with its time.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import uvloop

_HOST: Final = "127.0.0.1"
_PATIENCE: Final = 60
"""[s] Nothing takes longer, whatever happens."""
_RECONNECT_SECONDS: Final = 0.2
_RESET: Final = struct.pack("ii", 1, 0)
"""Leave with a reset, and not with an orderly end."""
NEW: Final = "new000000"
"""What stands in a question for a word that was never used before."""


@dataclass(frozen=True, slots=True)
class Question:
    """Hold a request and the answer that it had before the soak."""

    name: str
    head: str
    body: str
    status: int = 0
    answer: str = ""
    weight: float = 1.0

    def spell(self, word: str = NEW) -> bytes:
        """Write the request, with a word in its place."""
        body = self.body.replace(NEW, word).encode()
        length = f"content-length: {len(body)}\r\n" if self.head.startswith("POST") else ""
        return f"{self.head}{length}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Load:
    """Hold what is asked, over how many connections, for how long."""

    port: int
    connections: int
    seconds: float
    pause: float
    """[s] of the mean pause after an answer."""
    seed: int
    first: int
    """The number of the first new word."""
    questions: tuple[Question, ...]

    @classmethod
    def read(cls, path: Path) -> Load:
        """Read it from a file."""
        given = json.loads(path.read_text("utf-8"))
        given["questions"] = tuple(Question(**each) for each in given["questions"])
        return cls(**given)

    def write(self, path: Path) -> None:
        """Write it where a process will read it."""
        path.write_text(json.dumps(asdict(self)), "utf-8")


@dataclass(frozen=True, slots=True)
class Other:
    """Hold what was not the answer that a question had before."""

    name: str
    begun: float
    """By the clock of the machine, like the next."""
    ended: float
    status: int
    """0: there was no answer."""
    body: str


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what became of a load."""

    equal: dict[str, int]
    """By question: how many answers were as before."""
    deeds: dict[str, int]
    others: tuple[Other, ...]
    slowest: float
    """[s] of all answers that were waited for."""

    @classmethod
    def read(cls, text: str) -> Result:
        """Read what a process said."""
        given = json.loads(text)
        given["others"] = tuple(Other(**each) for each in given["others"])
        return cls(**given)


async def exchange(
    question: Question, word: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[int, str]:
    """Ask, and read the whole answer."""
    writer.write(question.spell(word))
    return await _answer(reader)


async def _answer(reader: asyncio.StreamReader, begun: bytes = b"") -> tuple[int, str]:
    async with asyncio.timeout(_PATIENCE):
        head = (begun + await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("\r\ncontent-length: ")[2].partition("\r\n")[0])
        return int(head.split(" ", 2)[1]), (await reader.readexactly(length)).decode()


class _Asker:
    """Hold one connection's place: it asks, leaves and comes back."""

    def __init__(self, load: Load, place: int, words: Iterator[int]) -> None:
        self.equal: Counter[str] = Counter()
        self.deeds: Counter[str] = Counter()
        self.others: list[Other] = []
        self.slowest = 0.0
        self._load = load
        self._words = words
        self._chance = random.Random(f"{load.seed}/{place}")
        # A change waits for no other one, so that its answer is known.
        self._questions = [
            each for each in load.questions if place == 0 or not each.name.startswith("change")
        ]
        self._weights = list(itertools.accumulate(each.weight for each in self._questions))
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def run(self, until: float) -> None:
        deeds = (self._whole, self._half, self._gone, self._midst, self._slow)
        while time.monotonic() < until:
            (question,) = self._chance.choices(self._questions, cum_weights=self._weights)
            (deed,) = self._chance.choices(deeds, (92, 2, 3, 2, 1))
            word = f"new{next(self._words):06d}"
            begun = time.time()
            status, body = 0, ""
            try:
                found = await deed(question, word)
            except (OSError, EOFError, ValueError, asyncio.IncompleteReadError) as error:
                body = repr(error)
                await self._leave()
                await asyncio.sleep(_RECONNECT_SECONDS)
            else:
                self.deeds[deed.__name__.strip("_")] += 1
                if found is None:
                    continue
                status, body = found
                self.slowest = max(self.slowest, time.time() - begun)
            if (status, body) == (question.status, question.answer.replace(NEW, word)):
                self.equal[question.name] += 1
            else:
                self.others.append(Other(question.name, begun, time.time(), status, body[:2_000]))
            await asyncio.sleep(self._chance.expovariate(1 / self._load.pause))
        await self._leave()

    async def _whole(self, question: Question, word: str) -> tuple[int, str]:
        return await exchange(question, word, *await self._connection())

    async def _half(self, question: Question, word: str) -> None:
        """Leave in the middle of the request, its head or its body."""
        _, writer = await self._connection()
        said = question.spell(word)
        writer.write(said[: self._chance.randrange(1, len(said))])
        await writer.drain()
        await self._leave()

    async def _gone(self, question: Question, word: str) -> None:
        """Leave when all is said, at once or while it is being answered."""
        _, writer = await self._connection()
        writer.write(question.spell(word))
        await asyncio.sleep(self._chance.choice((0.0, 0.002, 0.01, 0.05)))
        await self._leave()

    async def _midst(self, question: Question, word: str) -> None:
        """Leave in the midst of the answer."""
        reader, writer = await self._connection()
        writer.write(question.spell(word))
        async with asyncio.timeout(_PATIENCE):
            await reader.read(64)
        await self._leave()

    async def _slow(self, question: Question, word: str) -> tuple[int, str]:
        """Read a byte now and then, and at last the rest."""
        await self._leave()
        narrow = socket.create_connection((_HOST, self._load.port))
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader, writer = await asyncio.open_connection(sock=narrow, limit=4_096)
        try:
            writer.write(question.spell(word))
            begun = bytearray()
            async with asyncio.timeout(_PATIENCE):
                for _ in range(self._chance.randrange(10, 40)):
                    begun += await reader.readexactly(1)
                    await asyncio.sleep(0.1)
            return await _answer(reader, bytes(begun))
        finally:
            writer.close()

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._open is None:
            self._open = await asyncio.open_connection(_HOST, self._load.port)
        return self._open

    async def _leave(self) -> None:
        if self._open is None:
            return
        (_, writer), self._open = self._open, None
        there: socket.socket | None = writer.get_extra_info("socket")
        if there is not None and self._chance.random() < 0.5:
            there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        else:
            writer.close()


async def _run(load: Load) -> Result:
    words = itertools.count(load.first)
    askers = [_Asker(load, place, words) for place in range(load.connections)]
    until = time.monotonic() + load.seconds
    await asyncio.gather(*(asker.run(until) for asker in askers))
    return Result(
        equal=dict(sum((asker.equal for asker in askers), Counter())),
        deeds=dict(sum((asker.deeds for asker in askers), Counter())),
        others=tuple(other for asker in askers for other in asker.others),
        slowest=max(asker.slowest for asker in askers),
    )


async def ask(load: Load, path: Path) -> Result:
    """Run a load as a process, which writes beside `path`.

    Raises: RuntimeError where it did not come to its end.
    """
    load.write(path)
    said = path.with_suffix(".said")
    with said.open("w") as output, said.with_suffix(".log").open("w+") as trouble:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.soak.load", str(path)),
            cwd=Path(__file__).resolve().parent.parent.parent,
            stdout=output,
            stderr=trouble,
        )
        try:
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        trouble.seek(0)
        if code:
            raise RuntimeError(f"the load ended early: {trouble.read()[-2_000:]}")
    return Result.read(said.read_text())


def main(arguments: Sequence[str]) -> int:
    """Be a load: the file that says which."""
    (path,) = arguments
    print(json.dumps(asdict(uvloop.run(_run(Load.read(Path(path)))))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
