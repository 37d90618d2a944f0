"""Publishing: what is decided of a release is stored, signed, and never changed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncpg
import scipy  # type: ignore[import-untyped]

from db.disclosure.decision import BASE, Line, Plan, Question, plan
from db.disclosure.frozen import Frozen, Release, known, read, stages
from db.disclosure.lattice import DEFAULT, Cell, Dimension, Lattice, cells
from db.disclosure.outcome import Measure
from db.disclosure.parameters import ALGORITHM, Parameters
from db.disclosure.publication import MEASURES, Publication, assemble, digest, groupings
from db.disclosure.refusal import PublishingRefused
from db.disclosure.stage import Stage
from db.disclosure.system import HOSPITALS, Constraint
from db.disclosure.worker import decided
from db.release.key import ReleaseKey
from db.release.verify import verify

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Tell: TypeAlias = Callable[[int, int], None]

# A draft of another version of what decides is not used: certificates name moves by their place.
_CODE: Final = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()
# Of the session: nobody else publishes until it ends, however it ends.
_TURN: Final = "select pg_try_advisory_lock(hashtext('connect_publish'), 0)"
_END: Final = "select pg_advisory_unlock(hashtext('connect_publish'), 0)"
_LOADER: Final = "set role connect_loader"
_LATEST: Final = """
select r.version from connect.data_release r
where not exists (select from connect.publication p where p.release_id = r.id)
order by r.frozen_at desc, r.id desc limit 1
"""
_RELEASES: Final = """
select r.id, r.version, r.cut_off, r.manifest_digest, m.manifest ->> 'key_id' as frozen_by,
  p.release_id is not null as published, p.algorithm, p.lattice::text as lattice,
  p.parameters::text as parameters, p.digest, p.signature, p.key_id
from connect.data_release r
left join connect.release_manifest m on m.release_id = r.id
left join connect.publication p on p.release_id = r.id
where p.release_id is not null or r.version = $1
order by r.cut_off, r.frozen_at, r.id
"""
_CELLS: Final = """
select c.grouping_name, c.place, c.dimension_values, c.patients, c.evaluable_lower,
  c.evaluable_upper, c.response_lower, c.response_upper, c.benefit_lower, c.benefit_upper
from connect.published_cell c
where c.release_id = $1
"""
_DRAFT: Final = """
select family, line::text as line from connect.publication_draft
where release_id = $1 and inputs = $2 order by family, step
"""
_KEEP: Final = """
insert into connect.publication_draft (release_id, inputs, family, step, line)
values ($1, $2, $3, $4, $5)
"""
_DISCARD: Final = "delete from connect.publication_draft where release_id = $1"
_PUBLICATION: Final = """
insert into connect.publication
  (release_id, lattice, parameters, algorithm, digest, signature, key_id)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_GROUPING: Final = """
insert into connect.published_grouping (release_id, name, dimensions) values ($1, $2, $3)
"""
_CELL: Final = """
insert into connect.published_cell (release_id, grouping_name, place, dimension_values, patients,
  evaluable_lower, evaluable_upper, response_lower, response_upper, benefit_lower, benefit_upper)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_STAGES: Final = """
select cohort_code, stage::text from connect.published_stage where release_id = $1
order by cohort_code
"""
_STAGE: Final = """
insert into connect.published_stage (release_id, cohort_code, stage)
values ($1, $2, $3::text::connect.cohort_stage)
"""
_REASON: Final = """
insert into connect.publication_report (release_id, grouping_name, place, measure, verdict)
values ($1, $2, $3, $4, $5)
"""
_OPEN: Final = "update connect.data_release set published = true where id = $1 and not published"


async def publish(
    connection: Connection,
    key: ReleaseKey,
    version: str | None = None,
    *,
    lattice: Lattice = DEFAULT,
    parameters: Parameters | None = None,
    tell: Tell = lambda done, whole: None,
) -> Publication:
    """Decide what of a release can be published, and publish it; the connection is the owner's.

    Without a version it is the last that was frozen and is not published. What was decided before
    an interruption is not decided again. `tell` is told how many decisions of how many are made.
    Raises: PublishingRefused, db.release.refusal.ReleaseRefused.
    """
    async with _turn(connection):
        release, before, history = await _settle(connection, key, version)
        releases = sorted([*before, release], key=lambda each: (each.cut_off, each.id))
        frozen = await read(connection, releases)
        if len({unit.hospital for unit in frozen.units}) > HOSPITALS:
            raise PublishingRefused(
                f"the releases hold more than {HOSPITALS} hospitals, and the audit tells no more "
                "apart: nothing can be published"
            )
        place = releases.index(release)
        values = await known(connection, release)
        parameters = parameters or Parameters()
        staged = [
            stage
            for number, each in enumerate(releases)
            if history[each.id]["published"]
            for stage in await _told_stages(connection, frozen, number, each)
        ]
        planned = plan(
            frozen.units,
            cells(lattice, frozen.treatments[place], values),
            lattice,
            (place, release.version),
            await _published(connection, frozen, releases, history),
            parameters,
            key.dropping,
            staged,
            await stages(connection, frozen, place),
        )
        inputs = _inputs(planned, lattice, parameters, release, releases)
        lines, lost = await _decide(connection, release, inputs, planned, tell)
        made = assemble(release, lattice, parameters, planned, lines, lost)
        await _store(connection, key, made)
        return made


@asynccontextmanager
async def _turn(connection: Connection) -> AsyncIterator[None]:
    if not await connection.fetchval(_TURN):
        raise PublishingRefused(
            "another publishing is under way: wait until it ends, or end it and go on from there"
        )
    role: str = await connection.fetchval("select current_setting('role')")
    try:
        await connection.execute(_LOADER)
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("select set_config('role', $1, false)", role)
            await connection.execute(_END)


async def _settle(
    connection: Connection, key: ReleaseKey, version: str | None
) -> tuple[Release, list[Release], dict[int, asyncpg.Record]]:
    """Find the release and those that were published before, and see that all are as they were."""
    if version is None:
        version = await connection.fetchval(_LATEST)
        if version is None:
            raise PublishingRefused(
                "there is no release that is not published: freeze one with `connect-graph release`"
            )
    verdict = await verify(connection, version)
    if verdict.differences:
        raise PublishingRefused(
            f"release {version} was altered, see `connect-graph release --verify {version}`: "
            "freeze another one"
        )
    rows = await connection.fetch(_RELEASES, version)
    found = {row["version"]: row for row in rows}
    if found[version]["published"]:
        raise PublishingRefused(
            f"release {version} is published, and what is published stays: freeze another one"
        )
    if found[version]["frozen_by"] != key.id:
        remedy = "freeze anew with `connect-graph release`, and publish that one"
        if found[version]["frozen_by"] is None:
            raise PublishingRefused(
                f"release {version} was frozen without the key that links releases: {remedy}"
            )
        raise PublishingRefused(
            f"release {version} was frozen with another key than the one here: name that key by "
            f"CONNECT_RELEASE_KEY_FILE, or {remedy}"
        )
    before = []
    for row in rows:
        each = Release(row["id"], row["version"], row["cut_off"], row["manifest_digest"])
        if row["version"] == version:
            release = each
            continue
        if row["key_id"] != key.id:
            raise PublishingRefused(
                f"release {each.version} was published with another key: name that one by "
                "CONNECT_RELEASE_KEY_FILE, since nothing else knows who was in it"
            )
        before.append(each)
    return release, before, {row["id"]: row for row in rows}


async def _published(
    connection: Connection,
    frozen: Frozen,
    releases: Sequence[Release],
    history: Mapping[int, asyncpg.Record],
) -> list[Question]:
    """Read what earlier publications tell, of whom.

    Raises: PublishingRefused where a publication is not as it was signed.
    """
    told: list[Question] = []
    for place, release in enumerate(releases):
        row = history[release.id]
        if not row["published"]:
            continue
        lattice = [tuple(Dimension(d) for d in each) for each in json.loads(row["lattice"])]
        order = {",".join(grouping): number for number, grouping in enumerate(lattice)}
        stored = await connection.fetch(_CELLS, release.id)
        if {each["grouping_name"] for each in stored} - set(order):
            raise _altered(release)
        stored.sort(key=lambda each: (order[each["grouping_name"]], each["place"]))
        content = [[list(v) if isinstance(v, list) else v for v in each] for each in stored]
        parameters = json.loads(row["parameters"])
        stages_ = [[*each] for each in await connection.fetch(_STAGES, release.id)]
        sealed = digest(release, row["algorithm"], lattice, parameters, content, stages_)
        if sealed != row["digest"]:
            raise _altered(release)
        members = {
            (cell.name, cell.values): cell for cell in cells(lattice, frozen.treatments[place], {})
        }
        for each in stored:
            cell = members.get((each["grouping_name"], tuple(each["dimension_values"])))
            if cell is not None and each["patients"] is not None:
                told += _questions(each, cell, place)
    return told


async def _told_stages(
    connection: Connection, frozen: Frozen, place: int, release: Release
) -> list[Stage]:
    """Read the stages that an earlier publication told."""
    told = {row["cohort_code"]: row["stage"] for row in await connection.fetch(_STAGES, release.id)}
    found = await stages(connection, frozen, place)
    return [replace(stage, told=told[stage.cohort]) for stage in found if stage.cohort in told]


def _altered(release: Release) -> PublishingRefused:
    return PublishingRefused(
        f"what is stored of the publication of {release.version} is not what was signed: "
        "restore it from a backup before anything is published beside it"
    )


def _questions(row: asyncpg.Record, cell: Cell, place: int) -> list[Question]:
    """Say what a stored cell tells."""
    found = []
    for measure in MEASURES:
        lower, upper = (row[f"{measure.lower()}_{end}"] for end in ("lower", "upper"))
        if lower is not None:
            constraint = Constraint(cell.members, place, Measure(measure), lower, upper)
            found.append(Question(constraint, cell.grouping in BASE))
    return found


def _inputs(
    planned: Plan,
    lattice: Lattice,
    parameters: Parameters,
    release: Release,
    releases: Sequence[Release],
) -> str:
    """Digest everything that decisions follow from: a draft of anything else is not used."""
    asked = {
        family: [[cell.name, cell.place, measure] for cell, measure in each]
        for family, each in planned.asked.items()
    }
    history = {
        family: [
            [sorted(c.members), c.release, c.measure, c.lower, c.upper]
            for c in (question.constraint for question in problem.history)
        ]
        for family, problem in planned.problems.items()
    }
    content: list[Any] = [
        _CODE,
        scipy.__version__,
        [[*grouping] for grouping in lattice],
        parameters.as_json(),
        release.version,
        [each.manifest_digest for each in releases],
        asked,
        history,
        [
            [stage.cohort, stage.release, stage.months, stage.design, stage.told]
            for problem in planned.problems.values()
            for stage in (*problem.staged, *problem.stages)
        ],
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


async def _decide(
    connection: Connection, release: Release, inputs: str, planned: Plan, tell: Tell
) -> tuple[dict[str, list[Line]], int]:
    """Decide what is not decided yet, and keep each decision as it is made."""
    lines: dict[str, list[Line]] = {family: [] for family in planned.problems}
    for row in await connection.fetch(_DRAFT, release.id, inputs):
        lines[row["family"]].append(Line.from_json(json.loads(row["line"])))
    done = sum(len(each) for each in lines.values())
    whole = sum(len(each.questions) + len(each.stages) for each in planned.problems.values())
    lost = 0
    tell(done, whole)
    async with aclosing(decided(planned.problems, lines)) as deciding:
        async for family, line in deciding:
            if isinstance(line, int):
                lost += line
                continue
            step = len(lines[family])
            await connection.execute(
                _KEEP, release.id, inputs, family, step, json.dumps(line.as_json())
            )
            lines[family].append(line)
            done += 1
            tell(done, whole)
    return lines, lost


async def _store(connection: Connection, key: ReleaseKey, made: Publication) -> None:
    """Store all of it or nothing; the publication comes last and closes it."""
    release = made.release.id
    sealed = made.digest
    async with connection.transaction():
        await connection.executemany(
            _GROUPING, [(release, *each) for each in groupings(made.lattice)]
        )
        await connection.executemany(
            _CELL,
            [
                (release, row.grouping, row.place, list(row.values), row.patients,
                 *(each for bounds in row.bounds for each in bounds))
                for row in made.rows
            ],
        )  # fmt: skip
        await connection.executemany(
            _STAGE, [(release, stage.cohort, stage.told) for stage in made.stages]
        )
        await connection.executemany(
            _REASON,
            [
                (release, grouping, place, measure, verdict)
                for (grouping, place), why in made.reasons.items()
                for measure, verdict in why.items()
            ],
        )
        await connection.execute(
            _PUBLICATION,
            release,
            json.dumps([[*grouping] for grouping in made.lattice]),
            json.dumps(made.parameters.as_json()),
            ALGORITHM,
            sealed,
            key.sign(sealed),
            key.id,
        )
        await connection.execute(_OPEN, release)
        await connection.execute(_DISCARD, release)
