"""Two scopes' extracts share no id and no order, though they tell of the same patients.

What they share beyond that, values, is measured in `linkage.py`.
"""

from __future__ import annotations

import base64
import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from db.export.export import export
from db.synthetic.catalogue import STUDY
from db.viewer import Role
from schema import mapping
from tests.access.structure import Catalog
from tests.access.way import below
from tests.attack.chance import (
    SURE,
    agreement,
    chance_of_agreement,
    chance_of_correlation,
    rank_correlation,
)
from tests.attack.overlap import LISTS, Extract, extract, leaves
from tests.attack.truth import Row, Truth
from tests.export.table import unsettled
from tests.world import World

WHOLE = (
    ("partner", "AGR-WIDE-01"),
    ("partner", "AGR-WIDE-02"),
    ("researcher", "PRJ-WIDE-01"),
    ("clinician", "SITE-OUS"),
)
PAIRS = [
    pair
    for pair in combinations([scope for _, scope in WHOLE], 2)
    if pair[1] != "SITE-OUS" or pair[0] == "PRJ-WIDE-01"  # few of one site are in an agreement
]
FEW = 25
"""Common names of which a whole order in common could not be chance: 5 standard deviations."""


@pytest.fixture(scope="module")
async def extracts(overlap: World) -> Mapping[str, Extract]:
    return {scope: await extract(overlap, role, scope) for role, scope in WHOLE}


@pytest.fixture(scope="module")
async def truth(overlap: World) -> Truth:
    return await Truth.read(overlap.database.url)


@pytest.fixture(scope="module")
def tables(overlap: World) -> dict[str, str]:
    """Name the table of each type that has records."""
    types = overlap.graph.binding.types
    return {
        name: bound.entity.table
        for name, bound in types.items()
        if bound.entity is not None and bound.is_record
    }


def inside(cursor: str) -> list[Any]:
    """Read the places and the digest that a cursor holds."""
    places, belongs = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return [*places, belongs]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_id_is_in_two_extracts(
    extracts: Mapping[str, Extract], truth: Truth, one: str, other: str
) -> None:
    """Not whole, not the part of a record, and not in any other text or cursor."""
    here, there = extracts[one], extracts[other]
    common = patients(here, truth) & patients(there, truth)
    assert len(common) >= FEW, "the scopes must share patients to show anything"
    parts = [{part for name in each.ids() for part in name.split(".")} for each in (here, there)]
    assert min(map(len, parts)) > 500
    assert not parts[0] & parts[1]
    for names, taken in ((parts[0], there), (parts[1], here)):
        texts = {value for _, value in leaves(taken.lists) if isinstance(value, str)}
        assert not names & texts
        places = {place for cursor in taken.cursors for place in inside(cursor)}
        assert not names & {part for place in places for part in str(place).split(".")}
    assert not set(here.cursors) & set(there.cursors)


def test_an_extract_holds_every_record(
    extracts: Mapping[str, Extract], truth: Truth, tables: dict[str, str]
) -> None:
    """Otherwise the tests beside this one would show little: each id is one that is known."""
    for scope, taken in extracts.items():
        known = truth.of_scope(scope, set(tables.values()))
        found = {known[name][0] for name in taken.ids() if "." in name}
        assert patients(taken, truth)
        never = {"lesion", "lesion_measurement", "response_component", "concordance"}
        assert set(tables.values()) - found <= never, scope


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_patients_come_in_an_order_of_the_scopes_own(
    extracts: Mapping[str, Extract], truth: Truth, one: str, other: str
) -> None:
    """Spearman's rank correlation of the common patients is what chance makes."""
    orders = [order(extracts[scope], truth) for scope in (one, other)]
    common = len(set(orders[0]) & set(orders[1]))
    assert common >= FEW
    assert chance_of_correlation(rank_correlation(*orders), common) > SURE


@pytest.mark.parametrize("scope", [scope for _, scope in WHOLE])
def test_patients_come_in_no_order_of_the_database(
    extracts: Mapping[str, Extract], truth: Truth, scope: str
) -> None:
    """Neither as they were stored nor as their UUIDs are."""
    shown = order(extracts[scope], truth)
    for hidden in (sorted(shown), sorted(shown, key=truth.keys.__getitem__)):
        assert chance_of_correlation(rank_correlation(shown, hidden), len(shown)) > SURE


@pytest.mark.parametrize("root", LISTS)
def test_plain_lists_of_records_come_in_an_order_of_the_scopes_own(
    extracts: Mapping[str, Extract], truth: Truth, tables: dict[str, str], root: str
) -> None:
    """By patient, and within one by the scope's hash: neither is another scope's or the table's."""
    table = tables[LISTS[root]]
    orders = []
    for _, scope in WHOLE[:2]:
        known = truth.of_scope(scope, {table})
        orders.append([known[node["id"]][1] for node in extracts[scope].lists[root]])
    names = [[row["place"] for row in rows] for rows in orders]
    assert len(set(names[0]) & set(names[1])) > FEW
    for shown, hidden in ((names[0], names[1]), (names[0], sorted(names[0]))):
        within = defaultdict(list)
        for row in orders[0]:
            within[row["patient_id"]].append(row["place"])
        counted = [agreement(group, hidden) for group in within.values()]
        assert_chance(counted, 1)
        firsts = [group[0] for group in within.values()]
        coefficient = rank_correlation(firsts, [name for name in hidden if name in set(firsts)])
        assert chance_of_correlation(coefficient, len(set(firsts) & set(hidden))) > SURE
        assert shown != hidden


def test_children_that_are_alike_come_in_an_order_of_the_scopes_own(
    overlap: World, extracts: Mapping[str, Extract], truth: Truth, tables: dict[str, str]
) -> None:
    """A list of children is ordered by what it says, and then by the scope's hash."""
    ties = {
        scope: tied(overlap, extracts[scope], truth.of_scope(scope, set(tables.values())))
        for _, scope in WHOLE
    }
    stored = {key: sorted(names) for scope in ties for key, names in ties[scope].items()}
    minted = {
        (table, row["place"]): str(row["key"])
        for table, rows in truth.records.items()
        for row in rows
    }
    own = [names for scope in ties for names in ties[scope].values()]
    assert_chance([agreement(names, sorted(names)) for names in own], 300)
    assert_chance([agreement(names, sorted(names, key=minted.__getitem__)) for names in own], 300)
    assert stored
    for one, other in PAIRS:
        common = set(ties[one]) & set(ties[other])
        assert_chance([agreement(ties[one][key], ties[other][key]) for key in common], 5)


def assert_chance(counted: list[tuple[int, int]], least: int) -> None:
    """Assert that pairs stand alike as often as coins fall, and are enough to tell."""
    pairs, alike = (sum(column) for column in zip(*counted, strict=True))
    assert pairs >= least, "too few pairs to tell"
    assert chance_of_agreement(pairs, alike) > SURE, (pairs, alike)


def order(taken: Extract, truth: Truth) -> list[int]:
    return [truth.patients[taken.scope][patient["id"]] for patient in taken.patients]


def patients(taken: Extract, truth: Truth) -> set[int]:
    return set(order(taken, truth))


Name = tuple[str, int]
Group = tuple[str, int, str, tuple[Any, ...]]


def tied(
    world: World, taken: Extract, known: Mapping[str, tuple[str, Row]]
) -> dict[Group, list[Name]]:
    """List the records of each patient's lists that nothing but the id puts in order."""
    binding = world.graph.binding
    found: dict[Group, list[Name]] = defaultdict(list)

    def walk(name: str, node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        name = node.get("__typename", name)
        for field, value in node.items():
            source = binding.types[name].sources.get(field)
            if isinstance(value, dict) or (
                isinstance(value, list) and isinstance(source, mapping.Many)
            ):
                target = below(binding.schema, name, field).name
                children = value if isinstance(value, list) else [value]
                yield from ((target, child) for child in children)
                # An outcome has no id to tell which one its assessments are of.
                told = "id" in node or (isinstance(source, mapping.Many) and not source.through)
                if isinstance(source, mapping.Many) and binding.types[target].is_record and told:
                    for child in children:
                        table, row = known[child["id"]]
                        key = tuple(row[column] for column in source.order)
                        if source.through is None:
                            parent = row[source.remote]
                        else:
                            parent = known[node["id"]][1]["place"]
                        found[f"{name}.{field}", parent, table, key].append((table, row["place"]))

    turn = [("Patient", patient) for patient in taken.patients]
    while turn:
        turn.extend(walk(*turn.pop()))
    return {group: list(dict.fromkeys(names)) for group, names in found.items() if len(names) > 1}


def test_an_order_that_leaks_is_found(extracts: Mapping[str, Extract], truth: Truth) -> None:
    """The tests above fail of an order that is the table's, forwards or backwards, or nearly."""
    shown = order(extracts["AGR-WIDE-01"], truth)
    nearly = sorted(shown, key=lambda patient: patient // 100)
    for leaking in (sorted(shown), sorted(shown, reverse=True), nearly):
        coefficient = rank_correlation(leaking, sorted(shown))
        assert chance_of_correlation(coefficient, len(shown)) < SURE
    pairs, alike = agreement(sorted(shown), sorted(shown))
    assert pairs == alike == len(shown) // 2
    assert chance_of_agreement(pairs, alike) < SURE


async def test_a_list_without_ids_is_ordered_by_what_is_unique(overlap: World) -> None:
    """Genes by symbol, drugs by name: none comes as it happens to be stored."""
    binding = overlap.graph.binding
    catalog = await Catalog.read(overlap.database.url)
    checked = 0
    for name, bound in binding.types.items():
        for field, source in bound.sources.items():
            if not isinstance(source, mapping.Many):
                continue
            target = below(binding.schema, name, field).name
            listed = binding.types[target]
            if listed.is_record or listed.entity is None:
                continue
            own = set(source.order) | ({source.remote} if source.through is None else set())
            assert any(
                table == listed.entity.table and unique <= own for table, unique in catalog.unique
            ), f"{name}.{field}"
            checked += 1
    assert checked > 5


@pytest.mark.parametrize("form", ["csv", "cbioportal"])
async def test_exported_studies_share_no_id_and_no_order(
    overlap: World, truth: Truth, tmp_path: Path, form: str
) -> None:
    file = {"csv": "patient.csv", "cbioportal": "data_clinical_patient.txt"}[form]
    orders, ids, words = [], [], []
    for role, scope in WHOLE[:2]:
        viewer = await overlap.viewer(role, scope)
        pool = overlap.pools.roles[Role(role)]
        await export(pool, viewer, STUDY[0], form, tmp_path / scope, unsettled)
        texts = [one.read_text() for one in (tmp_path / scope).rglob("*") if one.is_file()]
        found = {word for text in texts for word in re.findall(r"[0-9a-z]{12,}", text)}
        words.append(found - gene_lists(tmp_path / scope))
        own = truth.patients[scope]
        listed = re.findall(r"[0-9a-z]{16}", (tmp_path / scope / file).read_text())
        orders.append([own[word] for word in dict.fromkeys(listed) if word in own])
        ids.append(words[-1] & set(own))
        assert len(ids[-1]) == len(orders[-1]) >= FEW
    assert not words[0] & ids[1]
    assert not words[1] & ids[0]
    hashes = [{word for word in each if re.fullmatch(r"[0-9a-f]{12}", word)} for each in words]
    assert all(hashes)
    assert not hashes[0] & hashes[1]
    assert chance_of_correlation(rank_correlation(*orders), len(orders[0])) > SURE


def gene_lists(folder: Path) -> set[str]:
    """Read the names of gene lists: each is a digest of its genes, and no patient's."""
    file = folder / "gene_list.csv"
    if not file.exists():
        return set()
    with file.open(newline="") as lines:
        return {row[0] for row in csv.reader(lines)}
