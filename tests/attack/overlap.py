"""Scopes that overlap as far as they may: what each member of them may take away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connect_graph import database
from connect_graph.settings import Settings
from db.viewer import Role
from resolvers.execute import Request
from tests.access.expectation import Selection, selection, text
from tests.world import Database, World, make

PAGE = 300
PATIENTS = 480
LISTS = {
    "biomarkers": "Biomarker",
    "responses": "ResponseAssessment",
    "resistanceFindings": "ResistanceFinding",
}
# All drugs for two partners, all cohorts and tumour types for two projects.
_CONTRACTS = """
insert into connect.agreement (code, partner_id, model)
select 'AGR-WIDE-0' || n, (select id from connect.partner where code = 'SKAGEN'), 'DRUG_SUPPLY'
from generate_series(1, 2) n;
insert into connect.agreement_drug
select a.id, d.drug_id from connect.agreement a
cross join (select distinct drug_id from connect.cohort_drug) d where a.code ~ 'WIDE';
insert into connect.scope (kind, code, agreement_id, valid_from, purposes, data_domains)
select 'AGREEMENT', code, id, now() - interval '1 year', '{COMMERCIAL}', '{MOLECULAR,RESISTANCE}'
from connect.agreement where code ~ 'WIDE';
insert into connect.project (code, title, partner_id, all_cohorts, all_tumour_types)
select 'PRJ-WIDE-0' || n, 'Everything', (select id from connect.partner where code = 'UIB'),
  true, true from generate_series(1, 2) n;
insert into connect.scope (kind, code, project_id, valid_from, purposes, data_domains)
select 'PROJECT', code, id, now() - interval '1 year', '{RESEARCH}', '{MOLECULAR,RESISTANCE}'
from connect.project where code ~ 'WIDE';
"""


async def overlapping(copy: Database, directory: Path, patients: int = PATIENTS) -> World:
    """Fill a migrated database with invented patients and scopes that share them."""
    filled = await make(copy, directory, patients)
    settings = Settings.load({"CONNECT_DATA_DIR": str(directory)})
    async with database.connected(copy.url) as connection, connection.transaction():
        await connection.execute(_CONTRACTS)
        await database.pseudonyms(settings)(connection)
    return filled


@dataclass(slots=True)
class Extract:
    """Hold what a member takes away: every list whole, in the order in which it came."""

    role: str
    scope: str
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    cursors: list[str] = field(default_factory=list)

    @property
    def patients(self) -> list[dict[str, Any]]:
        return self.lists["patients"]

    def ids(self) -> set[str]:
        """Collect every id in it, at whatever depth."""
        return {str(value) for name, value in leaves(self.lists) if name == "id"}


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Walk to each value, with the name of its field."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from leaves(inner, key)
        case list():
            for inner in value:
                yield from leaves(inner, name)
        case None:
            return
        case _:
            yield name, value


async def extract(world: World, role: str, scope: str) -> Extract:
    """Take every record with all that the role may read of it, and the plain lists with cursors."""
    viewer = await world.viewer(role, scope)
    pool = world.pools.roles[Role(role)]
    schema = world.graph.binding.schema
    taken = Extract(role, scope)

    async def pages(root: str, inner: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = None
        while True:
            query = f"""query ($after: String) {{ {root}(first: {PAGE}, after: $after) {{
                edges {{ cursor node {inner} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
            answer = await world.graph.answer(Request(query, None, {"after": after}), viewer, pool)
            assert "errors" not in answer.body, answer.body["errors"][:1]
            page = answer.body["data"][root]
            found += [edge["node"] for edge in page["edges"]]
            taken.cursors.extend(edge["cursor"] for edge in page["edges"])
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    whole: list[dict[str, Any]] = []
    for part in parts(selection(schema, "Patient", role)):
        nodes = await pages("patients", text(schema, "Patient", part))
        whole = whole or [{} for _ in nodes]
        for into, node in zip(whole, nodes, strict=True):
            assert into.get("id", node["id"]) == node["id"]
            into |= node
    taken.lists["patients"] = whole
    for root in LISTS:
        taken.lists[root] = await pages(root, "{ id }")
    return taken


def parts(chosen: Selection) -> Iterator[Selection]:
    """Cut a selection into such as one operation may ask for: values, then each list of records."""
    yield {name: None for name, inner in chosen.items() if inner is None}
    for name, inner in chosen.items():
        if inner is not None:
            yield {"id": None, name: inner}
