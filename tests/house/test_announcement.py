"""A change that breaks clients is announced in CHANGELOG.md, or `make check` fails."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.announcement import HEADINGS, PUBLISHED, Change, announced, changes, unannounced
from tests.house.repository import ROOT

SCHEMA = ROOT / "schema" / "schema.graphql"
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def test_what_breaks_is_announced_and_what_is_announced_breaks() -> None:
    found = changes(PUBLISHED, SCHEMA)
    missing = [f"{each.coordinate}: {each.sentence}" for each in unannounced(found, CHANGELOG)]
    assert missing == [], "name each in CHANGELOG.md under ## Unreleased, ### Breaking or Dangerous"
    for level, heading in HEADINGS.items():
        made = {change.coordinate for change in found if change.level == level}
        assert announced(CHANGELOG, heading) <= made, f"### {heading} names what did not change"


def changed(path: Path, *replacements: tuple[str, str]) -> Path:
    text = SCHEMA.read_text()
    for old, new in replacements:
        text, count = re.subn(old, new, text, count=1, flags=re.DOTALL)
        assert count == 1, old
    path.write_text(text)
    return path


def test_a_removed_field_that_nobody_announced_fails(tmp_path: Path) -> None:
    copy = changed(tmp_path / "schema.graphql", (r"  \"\"\"[^\"]*\"\"\"\n  atc: String\n", ""))
    (found,) = changes(SCHEMA, copy)
    gone = "Field 'atc' was removed from object type 'Drug'"
    assert found == Change("BREAKING", "Drug.atc", gone)
    assert unannounced([found], CHANGELOG) == [found]
    for text, expected in {
        "## Unreleased\n\n### Breaking\n- `Drug.atc` is gone.\n": [],
        "## Unreleased\n\n### Added\n- `Drug.atc` is gone.\n": [found],
        "## Unreleased\n\n### Dangerous\n- `Drug.atc` is gone.\n": [found],
        "## Unreleased\n\n### Breaking\n- `Drug.atcCode` is new.\n": [found],
        "## Unreleased\n\n## 0.1.0\n\n### Breaking\n- `Drug.atc` is gone.\n": [found],
    }.items():
        assert unannounced([found], f"# Changelog\n\n{text}") == expected, text


def test_each_kind_of_break_is_found_and_no_addition(tmp_path: Path) -> None:
    copy = changed(
        tmp_path / "schema.graphql",
        # These break or surprise:
        (r"symbol: String!", "symbol: String"),
        (r"(  patient\(\n)", r"\1    now: Boolean!\n"),
        (r"(\n  patients\(.*?first: Int! = )100", r"\g<1>50"),
        (r"(enum GeneStatus \{\n)", r"\1  MAYBE\n"),
        (r"(input GeneFilter \{\n)", r"\1  now: Boolean!\n"),
        (r"(type Cohort \{.*?\n  code: String!)", r"\1 @cost(weight: 9)"),
        (r"(biomarkers: \[Biomarker!\] @listSize\(assumedSize: )20", r"\g<1>90"),
        (r" \| INPUT_FIELD_DEFINITION", ""),
        # These do neither:
        (r"(type Viewer \{\n)", r"\1  more: Int @cost(weight: 2)\n"),
        (r"(  cohort\(\n)", r"\1    more: Boolean\n"),
        (r"(enum DrugOrderField \{\n)", r"\1  more\n"),
        (r"(input DrugFilter \{\n)", r"\1  more: Boolean\n"),
        (r"A human gene", "Any gene"),
    )
    found = {(change.level, change.coordinate) for change in changes(SCHEMA, copy)}
    assert found == {
        ("BREAKING", "Gene.symbol"),
        ("BREAKING", "Query.patient(now:)"),
        ("DANGEROUS", "Query.patients(first:)"),
        ("DANGEROUS", "GeneStatus.MAYBE"),
        ("BREAKING", "GeneFilter.now"),
        ("DANGEROUS", "Cohort.code"),
        ("DANGEROUS", "Patient.biomarkers"),
        ("BREAKING", "@cost"),
    }
