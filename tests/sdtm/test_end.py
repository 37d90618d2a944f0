"""When a treatment ended, as docs/import-sdtm.md has it of EX and DS."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.intake.record import Treatment
from db.sdtm.study import read
from tests.sdtm.study import TWO, dm, ds, ex, write
from tests.sdtm.test_rules import only, rules


@pytest.mark.parametrize(
    ("last", "route", "events", "end", "reason", "rule"),
    [
        ("2014-01-29", "ORAL", [], None, None, None),
        ("2014-01-29", "ORAL", [ds("COMPLETED", "2014-01-29")], 28, "COMPLETED", None),
        ("2014-01-28", "ORAL", [ds("COMPLETED", "2014-01-29")], 27, "COMPLETED", None),
        ("2014-01-02", "INTRAVENOUS", [ds("ADVERSE EVENT", "2014-01-05")], 21, "TOXICITY", None),
        ("2014-01-23", "INTRAVENOUS", [ds("ADVERSE EVENT", "2014-02")], 42, "TOXICITY", None),
        ("2014-01-28", "TRANSDERMAL", [ds("OTHER", "")], 27, "OTHER", None),
        ("2014-01-29", "ORAL", [ds("WITHDRAWN", "2014-01-29")], 28, None, None),
        ("2014-01-29", "ORAL", [ds("COMPLETED", "2014-01-01")], None, None, "END_BEFORE_DOSE"),
        ("2014-01-29", "ORAL", [ds("VISIT", "2014-02-01", DSCAT="OTHER EVENT")], None, None, None),
        ("2014-01-02", "INTRAVENOUS", [ds("DEATH", "2014-01-12")], 10, "DEATH", None),
        ("", "ORAL", [ds("COMPLETED", "2014-01-29")], None, "COMPLETED", None),
    ],
)
def test_treatment_ends_where_an_end_is_recorded_on_the_first_day_off(
    tmp_path: Path,
    last: str,
    route: str,
    events: list[dict[str, str]],
    end: int | None,
    reason: str | None,
    rule: str | None,
) -> None:
    subjects = [dm(RFXENDTC=last), dm(TWO, RFXSTDTC="")]
    doses = [ex(EXENDTC=last, EXROUTE=route)]
    study, report = read(write(tmp_path, dm=subjects, ex=doses, ds=events), study="S")
    treatment = only(study, Treatment)
    assert isinstance(treatment, Treatment)
    assert (treatment.end_day, treatment.end_reason) == (end, reason)
    assert rule in {None, *rules(report)}


def test_an_end_before_the_next_period_is_none(tmp_path: Path) -> None:
    doses = [ex(1, EXENDTC="2014-01-20"), ex(2, EXSTDTC="2014-03-01", EXENDTC="2014-03-10")]
    events = [ds("COMPLETED", "2014-01-20", 1), ds("ADVERSE EVENT", "2014-03-10", 2)]
    study, report = read(write(tmp_path / "a", ex=doses, ds=events[:1]), study="S")
    treatment = only(study, Treatment)
    assert isinstance(treatment, Treatment)
    assert (treatment.end_day, treatment.end_reason) == (None, None)
    assert "END_BEFORE_DOSE" in rules(report)
    treatment = only(read(write(tmp_path / "b", ex=doses, ds=events), study="S")[0], Treatment)
    assert isinstance(treatment, Treatment)
    assert (treatment.end_day, treatment.end_reason) == (68, "TOXICITY")
