"""What does a server tell of published releases, and of one that tells too much?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from attack import frozen
from attack.__main__ import gather, prepare
from attack.asking import OPERATION
from attack.grouping import DIMENSIONS
from attack.report import BROKEN, failures
from attack.scene import Scene, SceneFailed, served
from attack.trial import OURS, Given, attacked
from tests.attacker import leak

TREATED = 30
LEAK = "LEAK"


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with served(TREATED, seed=1) as made:
        yield made


@pytest.fixture(scope="module")
def given(scene: Scene) -> Given:
    return gather(scene, prepare(scene, releases=2))


def test_releases_gain_and_lose_treatments(given: Given) -> None:
    units = given.frozen.units
    assert any(0 not in unit.states for unit in units)
    assert any(1 not in unit.states for unit in units)
    assert any(len(set(unit.states.values())) == 2 for unit in units), "nobody was followed up"


def test_what_is_published_makes_nobody_certain(given: Given) -> None:
    assert given.told.answers
    found = attacked(given, seconds=20, looking=5)
    assert failures([{**found, "seed": 1}]) == []
    ours = found["policies"][OURS]
    assert len(ours["certain_to_hospitals"]) == found["hospitals"] > 1
    assert not ours["undecided"]
    assert set(ours["added_to_readers"]) == {"partner", "researcher"}
    assert found["policies"][BROKEN]["certain"] >= found["units"] / 2


def test_other_groupings_are_refused_in_the_same_words(scene: Scene, given: Given) -> None:
    assert given.told.lattice
    assert 3 not in {len(each) for each in given.told.lattice}
    assert len(given.told.refusals) == len(given.releases)


def test_a_filter_on_what_is_not_published_is_refused(scene: Scene, given: Given) -> None:
    where = 'outcomeStatistics(by: [], release: "ATTACK-1", where: {sex: {eq: "FEMALE"}})'
    with httpx.Client() as http:
        told = scene.door("authority").told(http, f"{{ {where} {{ basis }} }}", {})
    assert told["errors"][0]["message"] in given.told.refusals


def test_a_server_that_tells_too_much_is_caught(scene: Scene, given: Given) -> None:
    (_, last) = scene.cut_offs(2)
    scene.freeze(LEAK, last)
    alone = {0: LEAK}
    found = asyncio.run(frozen.read(scene.url, alone))
    lattice = [(), *((each,) for each in DIMENSIONS), ("TUMOUR_TYPE", "SEX"), ("DRUG", "SEX")]
    asyncio.run(leak.publish(scene.url, LEAK, found.units, 0, lattice))
    told = attacked(gather(scene, alone), seconds=20, looking=0)
    assert told["policies"][OURS]["certain"] >= told["units"] / 2
    assert any(OURS in each for each in failures([{**told, "seed": 1}]))


def test_what_the_product_refuses_is_said(scene: Scene) -> None:
    with pytest.raises(SceneFailed, match="NOBODY"):
        scene.publish("NOBODY")


def test_an_authority_reads_no_records(scene: Scene, given: Given) -> None:
    with httpx.Client() as http:
        door = scene.door("authority")
        told = door.told(http, "{ responses(first: 1) { totalCount } }", {})
        live = door.told(http, OPERATION, {"by": [], "release": None})
    assert told["data"] in (None, {"responses": None})
    assert live["data"]["outcomeStatistics"]["basis"] == "RELEASE"
