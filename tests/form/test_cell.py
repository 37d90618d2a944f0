"""What is written is read again exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.form import cell
from db.form.catalogue import FORMS
from db.form.form import Column, Kind
from db.ingest.sheet import Row
from db.ingest.term import RowRejected
from tests.extent import trying

pytestmark = pytest.mark.property
examples = trying(ci=200, nightly=5_000)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
ODD = st.sampled_from(
    ["NA", "-", "'", "=1+1", "'=1", "''-", " x ", "unknown", "\t", ";", "\\", "'"]
)


def column(kind: Kind, name: str = "c") -> Column:
    return Column(name, name, kind, False, "", "", "", ())


def row(value: str) -> Row:
    return Row(2, {"c": 0}, (value,))


def value(kind: Kind) -> st.SearchStrategy[object]:
    return {
        Kind.TEXT: TEXT | ODD,
        Kind.WHOLE: st.integers(-(2**31) + 1, 2**31 - 1),
        Kind.NUMBER: st.floats(allow_nan=False, allow_infinity=False).filter(
            lambda number: number == 0 or 1e-99 < abs(number) < 1e99
        ),
        Kind.YES_NO: st.booleans(),
        Kind.DATE: st.dates(date(1900, 1, 1), date(2100, 12, 31)),
        Kind.TIME: st.integers(-2_000_000_000, 4_000_000_000).map(
            lambda second: datetime.fromtimestamp(second, UTC)
        ),
        Kind.TEXTS: st.lists(
            (TEXT | ODD).filter(lambda each: each == each.strip() != ""), max_size=4
        ).map(tuple),
    }[kind]


@pytest.mark.parametrize("kind", list(Kind))
@examples
@given(data=st.data())
def test_what_is_written_is_read(kind: Kind, data: st.DataObject) -> None:
    given_value = data.draw(value(kind))
    written = cell.write(given_value)
    assert cell.read(row(written), column(kind)) == given_value


@examples
@given(TEXT | ODD)
def test_no_written_text_is_a_formula(text: str) -> None:
    assert not cell.write(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("spelling", ["", "NA", "-", "N/A", "Not Applicable", "UNKNOWN",
                                      "[Not Available]", " nk "])  # fmt: skip
@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TEXTS])
def test_every_spelling_of_missing_is_none(spelling: str, kind: Kind) -> None:
    assert cell.read(row(spelling), column(kind)) is None


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        (Kind.NUMBER, "12,5", 12.5),
        (Kind.DATE, "3.1.2022", date(2022, 1, 3)),
        (Kind.TIME, "2022-01-03", datetime(2022, 1, 3, tzinfo=UTC)),
        (Kind.YES_NO, "Ja", True),
        (Kind.TEXT, "'t Hart", "'t Hart"),
        (Kind.TEXTS, "BRAF; KRAS;;", ("BRAF", "KRAS")),
    ],
)
def test_other_ways_of_writing(kind: Kind, text: str, found: object) -> None:
    assert cell.read(row(text), column(kind)) == found


@pytest.mark.parametrize(
    ("kind", "text", "rule"),
    [
        (Kind.NUMBER, "1,234", "NUMBER_AMBIGUOUS"),
        (Kind.WHOLE, "1.5", "NUMBER_OUT_OF_RANGE"),
        (Kind.WHOLE, "3000000000", "NUMBER_OUT_OF_RANGE"),
        (Kind.DATE, "1980-02-nk", "DATE_UNREADABLE"),
        (Kind.DATE, "0022-01-03", "DATE_UNREADABLE"),
        (Kind.TIME, "2022-01-03T10:00", "TIME_UNREADABLE"),
        (Kind.YES_NO, "perhaps", "WORD_UNKNOWN"),
    ],
)
def test_what_cannot_be_read_is_told(kind: Kind, text: str, rule: str) -> None:
    with pytest.raises(RowRejected, match=rule):
        cell.read(row(text), column(kind))


def test_a_word_may_be_a_spelling_of_missing() -> None:
    (timepoint,) = (
        each for form in FORMS if form.name == "specimen" for each in form.columns
        if each.name == "timepoint"
    )  # fmt: skip
    assert cell.read(Row(2, {"timepoint": 0}, ("unknown",)), timepoint) == "UNKNOWN"


def test_every_word_is_read_as_it_is_written() -> None:
    for form in FORMS:
        for each in form.columns:
            for word in each.words:
                assert cell.write(word, each.words) == word
                for written in (word, cell.mask(word)):
                    assert cell.read(Row(2, {each.name: 0}, (written,)), each) == word
