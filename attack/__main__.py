"""Attack what authorities get: `make attack`, with SEEDS, TREATED and RELEASES."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from attack import frozen
from attack.asking import TellsMore, ask_everything
from attack.reading import read_by
from attack.report import PATH, failures, note, table
from attack.scene import Scene, SceneFailed, served
from attack.search import SECONDS
from attack.stage import constraints
from attack.trial import Given, attacked

_AGAIN: Final = 3
_LOOKING: Final = 40.0
_LEAVE: Final = 40
"""One in so many patients withdraws between two releases."""
_READERS: Final = ("partner", "researcher")


def prepare(scene: Scene, releases: int) -> dict[int, str]:
    """Freeze and publish releases one after the other; between them some withdraw."""
    made: dict[int, str] = {}
    cut_offs = scene.cut_offs(releases)
    for number, cut_off in enumerate(cut_offs):
        if number:
            scene.withdraw(_LEAVE, number, cut_offs[number - 1])
        version = f"ATTACK-{number + 1}"
        scene.freeze(version, cut_off)
        scene.publish(version)
        made[number] = version
    return made


def gather(scene: Scene, releases: Mapping[int, str]) -> Given:
    """Find out all that the attack is given: over HTTP what is told, from the rows who is who."""
    found = asyncio.run(frozen.read(scene.url, releases))
    told = ask_everything(scene.door("authority"), releases, found.units, _AGAIN)
    designs = asyncio.run(frozen.designs(scene.url))
    return Given(
        frozen=found,
        releases=releases,
        told=told,
        implied=list(constraints(found.units, told.stages, designs)),
        readers={
            role: asyncio.run(read_by(scene.settings, scene.url, role, found.linkages))
            for role in _READERS
        },
        rules=asyncio.run(frozen.rules(scene.url)),
    )


def trial(treated: int, seed: int, releases: int, seconds: float, looking: float) -> dict[str, Any]:
    """Make one consortium, and attack it."""
    started = time.perf_counter()
    with served(treated, seed) as scene:
        made = prepare(scene, releases)
        published = time.perf_counter()
        given = gather(scene, made)
    result = attacked(given, seconds, looking)
    about = {
        "seed": seed,
        "treated": treated,
        "seconds_to_publish": round(published - started, 1),
        "seconds_to_attack": round(time.perf_counter() - published, 1),
    }
    return {**about, **result}


def main() -> int:
    """Attack as many consortia as were asked for; 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="attack", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many consortia")
    parser.add_argument("--first-seed", type=int, default=1, help="the seed of the first")
    parser.add_argument("--treated", type=int, default=60, help="patients treated, about")
    parser.add_argument("--releases", type=int, choices=(1, 2, 3), default=3, help="one by one")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="the most for one program")
    parser.add_argument(
        "--looking", type=float, default=_LOOKING, help="seconds for what is missing"
    )
    parsed = parser.parse_args()
    trials: list[dict[str, Any]] = []
    try:
        for seed in range(parsed.first_seed, parsed.first_seed + parsed.seeds):
            made = trial(parsed.treated, seed, parsed.releases, parsed.seconds, parsed.looking)
            print(table(made), flush=True)
            trials.append(made)
            note(trials)
    except (SceneFailed, TellsMore) as failure:
        print(f"attack: {failure}", file=sys.stderr)
        return 1
    wrong = failures(trials)
    for each in wrong:
        print(f"attack: {each}", file=sys.stderr)
    print(f"written to {PATH}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
