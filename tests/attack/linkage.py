"""How far values alone tell patients apart, and lead from one scope's extract into another's.

`python -m tests.attack.linkage` measures invented patients, writes reports/linkage.json and puts
its table into docs/security.md. No id is used: the attacker holds values, as anybody might who has
the same patients from elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connect_graph import database
from connect_graph.cli import DEMO_PATIENTS
from connect_graph.settings import Settings
from db.viewer import Role
from resolvers.execute import Request
from tests.attack.overlap import PATIENTS, overlapping
from tests.attack.truth import Truth
from tests.world import ROOT, Database, World

REPORT = ROOT / "reports" / "linkage.json"
DOCUMENT = ROOT / "docs" / "security.md"
MARKS = ("<!-- linkage: make linkage -->", "<!-- end of linkage -->")
SETS = {
    "age band, sex, region, tumour type": (),
    "and days of treatment": ("day",),
    "and genes altered": ("gene",),
    "and exact variants": ("variant",),
    "and variants with VAF": ("variant", "fraction"),
    "and all of these": ("day", "gene", "variant", "fraction"),
}
"""What the attacker knows: the four, and beside them which kinds of tokens."""
PAIRS = {
    "two partners": (("partner", "AGR-WIDE-01"), ("partner", "AGR-WIDE-02")),
    "a partner and a project": (("partner", "AGR-WIDE-01"), ("researcher", "PRJ-WIDE-01")),
    "a project and a hospital": (("researcher", "PRJ-WIDE-01"), ("clinician", "SITE-OUS")),
}
EXTENTS = (
    ("the project", "researcher", "PRJ-WIDE-01"),
    ("the partner", "partner", "AGR-WIDE-01"),
)
CLASSES = ((1, 1), (2, 2), (3, 4), (5, 9), (10, None))
"""Sizes of the groups of patients who look alike: from, to."""
QUERY = """query ($after: String) { patients(first: 500, after: $after) { nodes {
  id ageBand sex healthRegion diagnoses { tumourType }
  treatments { endDay deathDay lastKnownAliveDay nextTherapyDay responses { day } }
  biomarkers { __typename label ... on SmallVariant { vaf } } }
  pageInfo { hasNextPage endCursor } } }"""
ALTERATIONS = {"SmallVariant", "CopyNumber", "Fusion", "SpliceVariant"}
Token = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold the values by which a patient may be known: four, and tokens of four kinds."""

    name: str
    demographics: tuple[Any, ...]
    tokens: frozenset[Token]

    def known(self, kinds: Sequence[str]) -> frozenset[Token]:
        """Give the tokens of these kinds."""
        return frozenset(token for token in self.tokens if token[0] in kinds)


def profile(node: Mapping[str, Any]) -> Profile:
    """Read a patient's values out of an extract."""
    tumours = tuple(sorted({each["tumourType"] for each in node["diagnoses"]}))
    tokens: set[Token] = set()
    for treatment in node["treatments"]:
        days = {treatment[name] for name in treatment if name != "responses"}
        days |= {each["day"] for each in treatment["responses"]}
        tokens |= {("day", day) for day in days if day is not None}
    for each in node["biomarkers"]:
        if each["__typename"] in ALTERATIONS:
            tokens |= {("gene", each["label"].split()[0]), ("variant", each["label"])}
            if each.get("vaf") is not None:
                tokens.add(("fraction", each["label"], each["vaf"]))
    four = (node["ageBand"], node["sex"], node["healthRegion"], tumours)
    return Profile(node["id"], four, frozenset(tokens))


def alike(profiles: Iterable[Profile], kinds: Sequence[str]) -> list[int]:
    """Give for each patient how many look like them, themselves included."""
    groups = Counter((one.demographics, one.known(kinds)) for one in profiles)
    return [size for size in groups.values() for _ in range(size)]


def distribution(profiles: Sequence[Profile], kinds: Sequence[str]) -> dict[str, float]:
    """Give the share of patients in groups of each size."""
    sizes = alike(profiles, kinds)
    return {
        label(low, high): round(
            sum(low <= size and (high is None or size <= high) for size in sizes) / len(sizes), 3
        )
        for low, high in CLASSES
    }


def label(low: int, high: int | None) -> str:
    """Name a class of sizes."""
    if high is None:
        return f"{low} or more"
    return str(low) if low == high else f"{low}-{high}"


def link(here: Sequence[Profile], there: Sequence[Profile], kinds: Sequence[str]) -> dict[str, str]:
    """Lead from one extract into the other: to the one candidate who fits best, where there is one.

    Candidates have the same demographics. What they share counts as much as it is rare in the
    other extract; demographics alone lead on only where one candidate has them.
    """
    candidates = defaultdict(list)
    for one in there:
        candidates[one.demographics].append(one)
    common = Counter(token for one in there for token in one.tokens)
    weight = {token: math.log(1 + len(there) / number) for token, number in common.items()}
    found = {}
    for one in here:
        known = one.known(kinds)
        scored = sorted(
            ((sum(weight[t] for t in known & other.tokens), other.name)
             for other in candidates[one.demographics]),
            reverse=True,
        )  # fmt: skip
        best = [name for score, name in scored if score >= scored[0][0] - 1e-9]
        if len(best) == 1 and (scored[0][0] > 0 or len(scored) == 1):
            found[one.name] = best[0]
    return found


async def profiles(world: World, role: str, scope: str) -> list[Profile]:
    """Take an extract of what is needed."""
    viewer = await world.viewer(role, None if scope == "CONNECT" else scope)
    found: list[Profile] = []
    after = None
    while True:
        request = Request(QUERY, None, {"after": after})
        answer = await world.graph.answer(request, viewer, world.pools.roles[Role(role)])
        assert "errors" not in answer.body, answer.body["errors"][:1]
        page = answer.body["data"]["patients"]
        found += map(profile, page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def measure(world: World) -> dict[str, Any]:
    """Measure a world of overlapping scopes."""
    truth = await Truth.read(world.database.url)
    taken: dict[str, list[Profile]] = {}
    for role, scope in {case for pair in PAIRS.values() for case in pair}:
        taken[scope] = await profiles(world, role, scope)
    alone = {
        name: {
            "patients": len(taken[scope]),
            "alike": {known: distribution(taken[scope], kinds) for known, kinds in SETS.items()},
        }
        for name, _, scope in EXTENTS
    }
    linked: dict[str, dict[str, Any]] = {}
    for name, ((_, one), (_, other)) in PAIRS.items():
        here = {each.name: truth.patients[one][each.name] for each in taken[one]}
        there = {each.name: truth.patients[other][each.name] for each in taken[other]}
        both = set(here.values()) & set(there.values())
        linked[name] = {"common": len(both), "from": len(here), "into": len(there), "known": {}}
        for known, kinds in SETS.items():
            found = link(taken[one], taken[other], kinds)
            right = sum(here[a] == there[b] for a, b in found.items())
            linked[name]["known"][known] = {
                "found": round(right / len(both), 3),
                "wrong": round(1 - right / len(found), 3) if found else 0.0,
            }
    return {"alone": alone, "linked": linked}


def table(report: Mapping[str, Any]) -> str:
    """Write the report as the document shows it."""
    whole = report[str(DEMO_PATIENTS)]
    lines = []
    for name, each in whole["alone"].items():
        lines += [
            f"Of {each['patients']:,} patients in an extract of {name}, how many look like each:",
            "",
            f"| known | nobody else | {' | '.join(label(*one) for one in CLASSES[1:])} |",
            "|---|" + "---|" * len(CLASSES),
        ]
        for known, shares in each["alike"].items():
            cells = " | ".join(f"{100 * share:.0f} %" for share in shares.values())
            lines.append(f"| {known} | {cells} |")
        lines.append("")
    pairs = whole["linked"]
    heads = [f"{name} ({pair['common']} in common)" for name, pair in pairs.items()]
    lines += [
        "Of the patients that two extracts have in common, found again by values alone "
        "(and of those named, how many wrongly):",
        "",
        f"| known | {' | '.join(heads)} |",
        "|---|" + "---|" * len(pairs),
    ]
    for known in SETS:
        each_pair = [pair["known"][known] for pair in pairs.values()]
        told = " | ".join(
            f"{100 * one['found']:.0f} % ({100 * one['wrong']:.0f} %)" for one in each_pair
        )
        lines.append(f"| {known} | {told} |")
    return "\n".join(lines)


def written(report: Mapping[str, Any], text: str) -> str:
    """Put the table into the document's text."""
    begin, end = (re.escape(mark) for mark in MARKS)
    whole = f"{MARKS[0]}\n{table(report)}\n{MARKS[1]}"
    changed, number = re.subn(f"{begin}.*?{end}", lambda _: whole, text, flags=re.DOTALL)
    assert number == 1, "the document has no place for the table"
    return changed


async def _measured(settings: Settings, url: str, patients: int) -> dict[str, Any]:
    world = await overlapping(Database(url), settings.data_dir, patients)
    try:
        return await measure(world)
    finally:
        await world.pools.close()


def main() -> None:
    """Measure both sizes, each in a database of its own; write the report and the document."""
    report = {}
    for patients in (PATIENTS, DEMO_PATIENTS):
        with tempfile.TemporaryDirectory(prefix="connect-linkage-") as directory:
            settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": directory})
            with database.running(settings) as url:
                report[str(patients)] = asyncio.run(_measured(settings, url, patients))
    REPORT.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    DOCUMENT.write_text(written(report, DOCUMENT.read_text("utf-8")), "utf-8")
    print(table(report))


if __name__ == "__main__":
    main()
