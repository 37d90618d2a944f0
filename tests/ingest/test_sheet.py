from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.ingest.report import ImportRefused
from db.ingest.sheet import Sheet, parse

GOOD = "ID\tNAME\tVALUE\n1\tøre\t2.5\n2\tåre\t3\n"


def rules(sheet: Sheet) -> set[str]:
    return {finding.rule for finding in sheet.findings}


def values(sheet: Sheet) -> list[list[str | None]]:
    return [[row.get(column) for column in sheet.columns] for row in sheet.rows]


def refusal(content: bytes) -> ImportRefused:
    with pytest.raises(ImportRefused) as caught:
        parse(content, "data.txt")
    assert "data.txt" in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_good_file_has_no_findings() -> None:
    sheet = parse(GOOD.encode(), "data.txt")
    assert sheet.findings == ()
    assert [row.number for row in sheet.rows] == [2, 3]
    assert values(sheet) == [["1", "øre", "2.5"], ["2", "åre", "3"]]


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_other_line_ends_are_read_and_noticed(end: str) -> None:
    sheet = parse(GOOD.replace("\n", end).encode(), "data.txt")
    assert values(sheet) == values(parse(GOOD.encode(), "data.txt"))
    assert [row.number for row in sheet.rows] == [2, 3]
    assert rules(sheet) == {"LINE_END"}


def test_a_byte_order_mark_is_noticed() -> None:
    sheet = parse(b"\xef\xbb\xbf" + GOOD.encode(), "data.txt")
    assert sheet.columns[0] == "ID"
    assert rules(sheet) == {"BYTE_ORDER_MARK"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(encoding: str) -> None:
    refused = refusal(GOOD.encode(encoding))
    assert "UTF-16" in str(refused)
    assert "UTF-8" in refused.remedy


def test_latin_1_is_refused_with_the_byte() -> None:
    content = GOOD.encode("latin-1")
    refused = refusal(content)
    assert refused.row == 2
    assert f"byte {content.index(0xF8)} (0xf8)" in str(refused)


def test_a_cut_within_a_character_is_a_cut() -> None:
    content = GOOD.encode()
    assert "cut" in refusal(content[: content.index("å".encode()) + 1]).remedy


def test_utf_8_encoded_twice_is_noticed() -> None:
    sheet = parse(GOOD.encode().decode("latin-1").encode(), "data.txt")
    found = [each for each in sheet.findings if each.rule == "TWICE_ENCODED"]
    assert [(each.row, each.column, each.value) for each in found] == [
        (2, "NAME", "\u00c3\u00b8re")
    ]


@pytest.mark.parametrize("text", ["Ålesund", "São Tomé", "Ærø", "µg/l", "café, 5 °C"])
def test_proper_letters_are_not_noticed(text: str) -> None:
    assert rules(parse(f"A\tB\n1\t{text}\n".encode(), "data.txt")) == set()


def test_a_zero_byte_is_refused_with_its_place() -> None:
    refused = refusal(GOOD.replace("2.5", "2\0005").encode())
    assert refused.row == 2
    assert "zero byte" in refused.problem


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n", "git lfs pull"),
        (b"/annex/objects/SHA256E-s3--ab\n", "git annex get"),
        (b"#a\tb\n#c\td\n", "no header"),
        (b"A\tB\tA\n1\t2\t3\n", "A 2 times"),
        (b"A\t\tB\n1\t2\t3\n", "column 2"),
        (b"A,B\n1,2\n", "','"),
        (b"A\tB\n1\n", "1 fields and the header 2"),
        (b"A\tB\n1\t2\t3\n", "3 fields and the header 2"),
        (b"A\tB\t\n1\t2\t3\n", "without a name"),
        (b"A\tB", "ends within its header"),
    ],
)
def test_damage_is_refused(content: bytes, says: str) -> None:
    assert says in str(refusal(content))


def test_empty_columns_at_the_end_are_noticed() -> None:
    sheet = parse(b"A\tB\t\t\n1\t2\t\t\n", "data.txt")
    assert sheet.columns == ("A", "B")
    assert rules(sheet) == {"TRAILING_EMPTY_COLUMN"}
    assert rules(parse(b"A\tB\n1\t2\t\n", "data.txt")) == {"TRAILING_EMPTY_FIELD"}


def test_blank_rows_are_skipped_and_noticed() -> None:
    sheet = parse(b"A\tB\n\n1\t2\n\t\n", "data.txt")
    assert [row.number for row in sheet.rows] == [3]
    assert rules(sheet) == {"BLANK_ROW"}


def test_metadata_lines_come_before_the_header() -> None:
    sheet = parse(b"#One\tTwo\n#x\ty\nA\tB\n#1\t2\n", "data.txt")
    assert sheet.metadata == (("One", "Two"), ("x", "y"))
    assert sheet.header_row == 3
    assert values(sheet) == [["#1", "2"]]


@pytest.mark.parametrize(
    "text",
    [
        *("NA", "", "-", "N/A", "Not Applicable", "UNKNOWN", "[Not Available]"),
        *("[Not Evaluated]", "nk", "NK", "na", "Unknown", "  "),
    ],
)
def test_every_spelling_of_missing(text: str) -> None:
    row = parse(f"A\tB\nx\t{text}\n".encode(), "data.txt").rows[0]
    assert row.get("B") is None
    assert row.raw("B") == text.strip()
    assert row.get("C") is None


@pytest.mark.parametrize("text", ["0", "No", "none", "--", "N", "NAB1"])
def test_what_is_not_missing(text: str) -> None:
    assert parse(f"A\tB\nx\t{text}\n".encode(), "data.txt").rows[0].get("B") == text


def test_a_column_is_found_whatever_its_case_and_punctuation() -> None:
    sheet = parse(b"Sample Id\tBest Overall Response (BOR)\n1\tPR\n", "data.txt")
    assert sheet.find("SAMPLE_ID") == "Sample Id"
    assert sheet.find("BOR", "BEST_OVERALL_RESPONSE_BOR") == "Best Overall Response (BOR)"
    assert sheet.find("OTHER") is None
    with pytest.raises(ImportRefused, match="OTHER or ELSE"):
        sheet.need("OTHER", "ELSE")


def test_two_columns_of_the_same_meaning_are_refused() -> None:
    with pytest.raises(ImportRefused, match="Sample_Id and SAMPLE_ID"):
        parse(b"Sample_Id\tSAMPLE_ID\n1\t2\n", "data.txt").find("SAMPLE_ID")


CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\r\n\0", exclude_categories=["Cs"]),
    max_size=8,
)
NAME = st.from_regex(r"[A-Z][A-Za-z0-9_. -]{0,8}[A-Z0-9]", fullmatch=True)


@given(data=st.data())
def test_what_is_written_is_read_back(data: st.DataObject) -> None:
    columns = data.draw(st.lists(NAME, min_size=2, max_size=6, unique=True))
    width = len(columns)
    row = st.lists(CELL, min_size=width, max_size=width).filter(lambda r: any(c.strip() for c in r))
    rows = data.draw(st.lists(row, max_size=6))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    text = "".join("\t".join(line) + end for line in [columns, *rows])
    sheet = parse(text.encode(), "data.txt")
    assert list(sheet.columns) == columns
    assert [list(each.fields) for each in sheet.rows] == rows
    assert [each.record() for each in sheet.rows] == [
        dict(zip(columns, line, strict=True)) for line in rows
    ]


@given(content=st.binary(max_size=200))
def test_anything_is_read_or_refused(content: bytes) -> None:
    with suppress(ImportRefused):
        parse(content, "data.txt")


@given(at=st.integers(0, len(GOOD.encode()) - 1))
def test_a_cut_file_is_refused_or_a_prefix_that_says_so(at: int) -> None:
    try:
        sheet = parse(GOOD.encode()[:at], "data.txt")
    except ImportRefused:
        return
    whole = parse(GOOD.encode(), "data.txt")
    *complete, last = sheet.rows or (None,)
    assert tuple(complete) == whole.rows[: len(complete)]
    if last is not None and last != whole.rows[len(complete)]:
        assert "NO_FINAL_NEWLINE" in rules(sheet)
        assert last.fields[:-1] == whole.rows[len(complete)].fields[:-1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_commas_and_quoted_values_are_read(end: str) -> None:
    text = 'ID,NAME,VALUE\n1,"a, ""b"" and\nc",NA\n2,plain,"3"\n'
    sheet = parse(text.replace("\n", end).encode(), "data.txt", ",")
    assert values(sheet) == [["1", 'a, "b" and\nc', None], ["2", "plain", "3"]]
    assert [row.number for row in sheet.rows] == [2, 4]
    assert rules(sheet) == ({"LINE_END"} if end != "\n" else set())


@pytest.mark.parametrize(
    ("content", "says", "row"),
    [
        ('ID,NAME\n1,"a\n2,b\n', "quotation mark", 2),
        ('ID,NAME\n1,"a"b\n', "quotation mark", 2),
        ("ID,NAME\n1,a,b\n", "a comma too many", 2),
        ("ID,NAME\n1,a\n2", "the file is cut", 3),
        ("ID;NAME\n1;a\n", "perhaps separated by ';'", 1),
        ("ID\tNAME\n1\ta\n", "perhaps separated by a tab", 1),
    ],
)
def test_damage_among_commas_is_refused(content: str, says: str, row: int) -> None:
    with pytest.raises(ImportRefused, match=says) as caught:
        parse(content.encode(), "data.csv", ",")
    assert (caught.value.file, caught.value.row) == ("data.csv", row)
