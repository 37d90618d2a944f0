"""Rules 1, 4 and 5: whether something is proposed, of which kind, and by which mechanism."""

from __future__ import annotations

import re
from typing import Any

import pytest

from db.resistance.case import Call, Case, Specimen
from db.resistance.mechanism import COLUMNS, FILE, table
from db.resistance.propose import propose, resistance_kind
from tests.resistance.making import copies, plasma, progressing, tissue, variant

DRIVER = variant("BRAF", "V600E", 0.4)


def before(*calls: Call, assessed: str = "NRAS MAP2K1 KRAS") -> Specimen:
    return tissue(0, DRIVER, *calls, assessed=assessed)


def after(*calls: Call, assessed: str = "NRAS MAP2K1 KRAS") -> Specimen:
    return tissue(210, DRIVER, *calls, assessed=assessed)


def mechanisms(case: Case) -> list[str]:
    return [finding.mechanism for finding in propose(case)]


@pytest.mark.parametrize(
    ("rule", "known", "kind"),
    [
        ("1.3 a response first", {"best_response": "PR"}, "ACQUIRED"),
        ("1.3 progression at once", {"best_response": "PD"}, "PRIMARY"),
        ("1.3 benefit", {"best_response": "SD", "clinical_benefit_16w": "YES"}, "ACQUIRED"),
        ("1.3 no benefit", {"best_response": "SD", "clinical_benefit_16w": "NO"}, "PRIMARY"),
        ("1.3 stable to week 16", {"best_response": "SD", "progression_day": 112}, "ACQUIRED"),
        ("1.3 not so long", {"best_response": "SD", "progression_day": 111}, "PRIMARY"),
        ("1.3 too early is not NO", {"best_response": None, "progression_day": 112}, None),
        (
            "1.3 without any day",
            {"best_response": "SD", "progression_day": None, "clinical_benefit_16w": "TOO_EARLY"},
            None,
        ),
    ],
)
def test_1_3_the_kind(rule: str, known: dict[str, Any], kind: str | None) -> None:
    assert resistance_kind(progressing(**known)) == kind, rule


def test_1_1_without_progression_nothing_is_proposed() -> None:
    case = progressing(before(), after(variant("NRAS", "Q61K")))
    assert propose(case)
    assert propose(Case(1, case.drugs, best_response="PR", specimens=case.specimens)) == ()


def test_5_1_a_mechanism_that_the_table_knows() -> None:
    (finding,) = propose(
        progressing(before(), after(variant("NRAS", "Q61K", 0.3)), drivers=frozenset({"BRAF"}))
    )
    assert (finding.mechanism, finding.kind, finding.drug) == (
        "BYPASS_MAPK",
        "ACQUIRED",
        "dabrafenib",
    )
    assert (finding.day_after_progression, finding.basis) == (10, "SAME_MATERIAL")
    assert "21107323" in finding.literature
    changes = {each.call.gene: each.change for each in finding.evidence}
    assert changes == {"NRAS": "EMERGENT", "BRAF": "PERSISTING"}  # 5.2 the driver beside it


def test_5_1_one_finding_for_each_mechanism() -> None:
    found = progressing(
        before(), after(variant("NRAS", "Q61K"), variant("KRAS", "G12D"), variant("MAP2K1", "K57N"))
    )
    assert mechanisms(found) == ["BYPASS_MAPK", "DOWNSTREAM"]


def test_5_1_another_drug_is_not_explained_by_it() -> None:
    specimens = before(), after(variant("NRAS", "Q61K"))
    assert mechanisms(progressing(*specimens, drugs=("alectinib",))) == ["UNKNOWN_PROFILED"]
    assert mechanisms(progressing(*specimens, drugs=())) == ["UNKNOWN_PROFILED"]


def test_5_3_what_was_not_tested_before_explains_nothing() -> None:
    (finding,) = propose(progressing(before(assessed=""), after(variant("NRAS", "Q61K"))))
    assert finding.mechanism == "UNKNOWN_PROFILED"
    (seen,) = (each for each in finding.evidence if each.call.gene == "NRAS")
    assert (seen.tested_in_both, seen.change) == (False, None)


def test_5_4_profiled_without_a_baseline() -> None:
    (finding,) = propose(progressing(after(variant("NRAS", "Q61K"))))
    assert (finding.mechanism, finding.basis) == ("UNKNOWN_PROFILED", "UNPAIRED")
    assert (finding.day_after_progression, finding.evidence) == (10, ())


@pytest.mark.parametrize("specimens", [(), (before(),), (before(), tissue(100))])
def test_5_5_nobody_looked(specimens: tuple[Specimen, ...]) -> None:
    (finding,) = propose(progressing(*specimens))
    assert (finding.mechanism, finding.basis) == ("NOT_PROFILED", "NO_SECOND_SPECIMEN")


def test_5_6_what_nobody_can_place_says_nothing() -> None:
    series = plasma(None, ordinal=1), plasma(None, ordinal=2)
    assert propose(progressing(*series, only_treatment=False)) == ()
    undated = {"progression_day": None, "best_response": "PD"}
    assert propose(progressing(before(), after(), **undated)) == ()


def test_1_2_a_series_without_dates() -> None:
    low = plasma(None, variant("ERBB2", "V777L", 0.006), ordinal=1)
    high = plasma(None, variant("ERBB2", "V777L", 0.186), ordinal=5)
    for response, expected in (("PR", 1), ("CR", 1), ("SD", 0), ("NE", 0), (None, 0)):
        case = Case(1, best_response=response, specimens=(low, high))
        assert len(propose(case)) == expected, response
    (finding,) = propose(Case(1, best_response="PR", specimens=(low, high)))
    assert (finding.kind, finding.mechanism) == ("ACQUIRED", "UNKNOWN_PROFILED")
    assert (finding.basis, finding.day_after_progression) == ("UNDATED_SERIES", None)
    falling = Case(1, best_response="PR", specimens=(low, plasma(None, *low.calls, ordinal=2)))
    assert propose(falling) == ()


REVERTED = variant("BRCA2", "D1981_S1982del")


@pytest.mark.parametrize(
    ("rule", "carried", "expected"),
    [
        ("4.4 in frame again", variant("BRCA2", "S1982Rfs*22", germline=True), "REVERSION"),
        ("4.4 somatic", variant("BRCA2", "R2520*"), "REVERSION"),
        ("4.4 nothing to revert", copies("BRCA2", "DEEP_DELETION"), "UNKNOWN_PROFILED"),
        ("4.4 another gene's", variant("BRCA1", "Q1756Pfs*74"), "UNKNOWN_PROFILED"),
    ],
)
def test_4_4_reversion(rule: str, carried: Call, expected: str) -> None:
    case = progressing(
        tissue(0, carried, assessed="BRCA2"),
        tissue(200, carried, REVERTED, assessed="BRCA2"),
        drugs=("olaparib",),
    )
    assert mechanisms(case) == [expected], rule


@pytest.mark.parametrize(
    ("drug", "call", "mechanism"),
    [
        ("neratinib", variant("ERBB2", "T798I"), "ON_TARGET_SECONDARY_MUTATION"),
        ("neratinib", variant("ERBB2", "V777L"), None),
        ("selpercatinib", variant("RET", "G810S"), "ON_TARGET_SECONDARY_MUTATION"),
        ("selpercatinib", variant("RET", "G810fs*3"), None),
        ("dabrafenib", copies("BRAF", "AMPLIFICATION"), "ON_TARGET_AMPLIFICATION"),
        ("dabrafenib", copies("BRAF", "GAIN"), None),
        ("nivolumab", variant("B2M", "L15Ffs*41"), "IMMUNE_EVASION"),
        ("nivolumab", copies("B2M", "DEEP_DELETION"), "IMMUNE_EVASION"),
        ("nivolumab", variant("B2M", "M1I"), None),
        ("nivolumab", copies("B2M", "LOSS"), None),
    ],
)
def test_4_2_patterns(drug: str, call: Call, mechanism: str | None) -> None:
    baseline, comparator = tissue(0, assessed=call.gene), tissue(200, call)
    (finding,) = propose(progressing(baseline, comparator, drugs=(drug,)))
    assert finding.mechanism == (mechanism or "UNKNOWN_PROFILED")


def test_4_5_on_target_first() -> None:
    specimens = before(assessed="BRAF"), after(copies("BRAF", "AMPLIFICATION"))
    both = progressing(*specimens, drugs=("dabrafenib", "trametinib"))
    assert mechanisms(both) == ["ON_TARGET_AMPLIFICATION"]
    assert mechanisms(progressing(*specimens, drugs=("trametinib",))) == ["BYPASS_MAPK"]


def test_4_1_every_row_of_the_table_is_cited_and_can_match() -> None:
    rows = table()
    assert len(rows) >= 40
    lines = FILE.read_text("utf-8").splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1:] == sorted(lines[1:])
    vocabulary = FILE.parents[1] / "vocabulary"
    drugs = {line.split(",")[0] for line in (vocabulary / "drug.csv").read_text().splitlines()}
    genes = {line.split(",")[0] for line in (vocabulary / "gene.csv").read_text().splitlines()}
    patterns = {"VARIANT", "CODON", "LOSS_OF_FUNCTION", "AMPLIFICATION", "REVERSION"}
    for row in rows:
        assert row.drugs, row
        assert row.drugs <= drugs, row
        assert row.gene in genes, row
        assert row.pattern in patterns, row
        assert bool(row.detail) == (row.pattern in {"VARIANT", "CODON"}), row
        assert row.changes, row
        assert row.changes <= {"EMERGENT", "LOST", "RISING", "PERSISTING"}, row
        assert row.evidence in {"CLINICAL", "PRECLINICAL"}, row
        assert row.literature, row
        assert all(re.fullmatch(r"[0-9]{7,8}|10\.[0-9]+/.+", each) for each in row.literature), row
