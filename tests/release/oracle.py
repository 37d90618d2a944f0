"""What a release must hold, computed from what a steward reads through the graph."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg

from tests.world import World

Json = dict[str, Any]
QUERY = """query ($after: String) { patients(first: 20, after: $after) {
  pageInfo { hasNextPage endCursor }
  nodes {
    sourceId sex ageBand healthRegion synthetic site { code }
    screening { referredOn profiledDay discussedDay matched offers { offeredDay } }
    treatments {
      startedOn endDay endReason evaluability
      cohort { code } drugs { inn }
      matchedBiomarkers { ... on SmallVariant { gene { symbol } }
        ... on CopyNumber { gene { symbol } } ... on Fusion { gene { symbol } }
        ... on SpliceVariant { gene { symbol } } ... on ProteinExpression { gene { symbol } } }
      funding { payer fromDay } adverseEvents { startDay grade }
      responses { day normalisedResponse }
      resistanceFindings { mechanism status dayAfterProgression }
      outcome {
        ruleSet bestOverallResponse bestConfirmedResponse clinicalBenefit16w
        evaluability evaluabilityReason
        progressionFreeSurvival { days event } overallSurvival { days event }
        durationOfResponse { days event }
      }
    }
  }
} }"""
# Consents and the order of entries are not in the graph.
_CONSENTED = """
select i.source_key from connect.patient_identity i join connect.consent c using (patient_id)
where c.purpose = 'RESEARCH' and c.given_at <= $1 and coalesce(c.withdrawn_at > $1, true)
"""
_DIAGNOSES = """
select i.source_key, array_agg(d.onco_tree_code order by d.id) as codes
from connect.patient_identity i join connect.diagnosis d using (patient_id) group by 1
"""
_TISSUES = "select code, tissue_code from connect.onco_tree"


async def read(world: World) -> list[Json]:
    """Read every patient as the steward."""
    found: list[Json] = []
    after: str | None = None
    while True:
        answer = (await world.answer("steward", QUERY, {"after": after})).body
        assert "errors" not in answer, answer["errors"]
        page = answer["data"]["patients"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


class Expectation:
    """Say what was known of one patient on the last day of a release."""

    def __init__(self, patient: Json, cut_off: date, told_until: date) -> None:
        self.patient = patient
        self.cut_off = cut_off
        self.told_until = told_until
        site = patient["site"]
        self.person = {
            "health_region": patient["healthRegion"],
            "site_code": site and site["code"],
            "sex": patient["sex"],
            "age_band": patient["ageBand"],
            "synthetic": patient["synthetic"],
        }

    def told(self, start: str | None, day: int | None = 0) -> bool:
        """Tell whether something had happened by the cut-off."""
        if start is None or day is None:
            return self.told_until <= self.cut_off
        return date.fromisoformat(start) + timedelta(days=day) <= self.cut_off

    def rows(self) -> tuple[Json | None, list[Json]]:
        """Give the row of the screening, if any, and those of the treatments."""
        treatments = [
            self._treatment(each)
            for each in self.patient["treatments"]
            if self.told(each["startedOn"])
        ]
        screening = self.patient["screening"]
        if screening is None or not self.told(screening["referredOn"]):
            return None, treatments
        return self._screening(screening, treatments), treatments

    def _screening(self, screening: Json, treatments: list[Json]) -> Json:
        start = screening["referredOn"]
        days = [screening[each] for each in ("profiledDay", "discussedDay")]
        profiled, discussed = (day is not None and self.told(start, day) for day in days)
        last = max((day for day in days if day is not None), default=None)
        return self.person | {
            "screening_month": start and f"{start[:7]}-01",
            "profiled": profiled,
            "discussed": discussed,
            "matched": screening["matched"] if self.told(start, last) else None,
            "offered": any(self.told(start, each["offeredDay"]) for each in screening["offers"]),
            "treated": bool(treatments),
            "evaluable": any(each["evaluability"] == "EVALUABLE" for each in treatments),
        }

    def _treatment(self, treatment: Json) -> Json:
        start, outcome = treatment["startedOn"], treatment["outcome"]
        seen = [
            each["day"]
            for each in treatment["responses"]
            if each["normalisedResponse"] == "PD" and self.told(start, each["day"])
        ]
        ended = treatment["endReason"] == "PROGRESSION" and self.told(start, treatment["endDay"])
        best = outcome["bestOverallResponse"]
        row: Json = {
            "cohort_code": treatment["cohort"] and treatment["cohort"]["code"],
            "drugs": sorted(each["inn"] for each in treatment["drugs"]),
            "matched_genes": sorted(
                {each["gene"]["symbol"] for each in treatment["matchedBiomarkers"] if each}
            ),
            "payer": next((e["payer"] for e in treatment["funding"] if e["fromDay"] == 0), None),
            "accrual_month": start and f"{start[:7]}-01",
            "evaluability": (outcome if outcome["ruleSet"] else treatment)["evaluability"],
            "evaluability_reason": outcome["evaluabilityReason"],
            "best_overall_response": best,
            "best_confirmed_response": outcome["bestConfirmedResponse"],
            "objective_response": None if best is None else best in {"CR", "PR"},
            "clinical_benefit_16w": outcome["clinicalBenefit16w"],
            "rule_set": outcome["ruleSet"],
            "progressed": bool(seen) or ended or best == "PD",
        }
        for column, name in (
            ("progression_free_survival", "progressionFreeSurvival"),
            ("overall_survival", "overallSurvival"),
            ("duration_of_response", "durationOfResponse"),
        ):
            time = outcome[name] or {"days": None, "event": None}
            row[f"{column}_days"], row[f"{column}_event"] = time["days"], time["event"]
        day = min(seen) if seen else treatment["endDay"] if ended else None
        row |= self._resistance(treatment, day, progressed=row["progressed"])
        events = [e for e in treatment["adverseEvents"] if self.told(start, e["startDay"])]
        row["adverse_events"] = len(events)
        row["highest_grade"] = max((e["grade"] for e in events if e["grade"]), default=None)
        return self.person | row

    def _resistance(self, treatment: Json, day: int | None, *, progressed: bool) -> Json:
        findings = treatment["resistanceFindings"]
        if not progressed or not findings:
            return {"profiled_at_progression": None, "resistance_mechanisms": []}
        looked = [
            each
            for each in findings
            if each["mechanism"] != "NOT_PROFILED"
            and self.told(
                treatment["startedOn"],
                None if day is None else day + (each["dayAfterProgression"] or 0),
            )
        ]
        known = {
            each["mechanism"]
            for each in looked
            if each["status"] != "REFUTED" and each["mechanism"] != "UNKNOWN_PROFILED"
        }
        return {"profiled_at_progression": bool(looked), "resistance_mechanisms": sorted(known)}


async def expected(world: World, cut_off: date, at: datetime, told_until: date) -> Counter[str]:
    """Count, of each kind, the patients whose rows a release frozen at an instant must hold.

    What has no date counts as of `told_until`.
    """
    connection = await asyncpg.connect(world.database.url)
    try:
        consented = {row["source_key"] for row in await connection.fetch(_CONSENTED, at)}
        codes = {row["source_key"]: row["codes"] for row in await connection.fetch(_DIAGNOSES)}
        tissues = {row["code"]: row["tissue_code"] for row in await connection.fetch(_TISSUES)}
    finally:
        await connection.close()
    found = Counter[str]()
    for patient in await read(world):
        source = patient["sourceId"]
        if source in consented:
            screening, treatments = Expectation(patient, cut_off, told_until).rows()
            code = next((each for each in codes[source] if each), None)
            for row in [*treatments, *([screening] if screening else [])]:
                row |= {"onco_tree_code": code, "tissue_code": tissues.get(code)}
            if screening or treatments:
                found[_kind(screening, treatments)] += 1
    return found


async def held(connection: asyncpg.Connection, version: str) -> Counter[str]:
    """Count the same of the rows that a release holds."""
    screenings, treatments = dict[int, Json](), dict[int, list[Json]]()
    for table in ("screening_row", "analysis_row"):
        rows = await connection.fetch(
            f"select to_jsonb(a)::text as row from connect.{table} a"
            " join connect.data_release r on r.id = a.release_id where r.version = $1",
            version,
        )
        for each in (json.loads(row["row"]) for row in rows):
            subject = each.pop("subject")
            for technical in ("release_id", "ordinal", "linkage"):
                each.pop(technical, None)
            if table == "screening_row":
                screenings[subject] = each
            else:
                each["resistance_mechanisms"].sort()
                treatments.setdefault(subject, []).append(each)
    subjects = screenings.keys() | treatments.keys()
    assert subjects == set(range(1, len(subjects) + 1))
    return Counter(_kind(screenings.get(each), treatments.get(each, [])) for each in subjects)


def _kind(screening: Json | None, treatments: list[Json]) -> str:
    lines = sorted(json.dumps(each, sort_keys=True) for each in treatments)
    return json.dumps([screening, lines], sort_keys=True)
