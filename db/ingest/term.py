"""The words and numbers that files use, and what they mean here. What does not map raises."""

from __future__ import annotations

import re
from collections.abc import Mapping

from db.ingest.report import Finding, Severity
from db.ingest.sheet import Row, is_missing

_SEX = {
    **dict.fromkeys(("f", "female", "woman", "kvinne"), "FEMALE"),
    **dict.fromkeys(("m", "male", "man", "mann"), "MALE"),
}
_STATUS = {
    **dict.fromkeys(("0", "living", "alive", "0:living", "0:alive"), "ALIVE"),
    **dict.fromkeys(("1", "deceased", "dead", "1:deceased", "1:dead"), "DEAD"),
}
# iRECIST's words keep their own meaning in what is recorded; of them iUPD is no RECIST response.
_RESPONSE: dict[str, str | None] = {
    **dict.fromkeys(("cr", "complete response", "complete remission", "icr"), "CR"),
    **dict.fromkeys(("pr", "partial response", "partial remission", "ipr"), "PR"),
    **dict.fromkeys(("sd", "stable disease", "no change", "isd"), "SD"),
    **dict.fromkeys(
        ("pd", "pod", "progressive disease", "progression of disease", "progression", "icpd"), "PD"
    ),
    "iupd": None,
    **dict.fromkeys(("ne", "not evaluable", "not evaluated", "inevaluable", "unevaluable"), "NE"),
}
_KIND = {
    **dict.fromkeys(("cfdna", "ctdna", "plasma", "liquid biopsy", "blood plasma"), "CTDNA"),
    **dict.fromkeys(("ffpe", "paraffin", "ffpe tissue", "ffpe block"), "FFPE"),
    **dict.fromkeys(("fresh frozen", "frozen", "ff", "fresh frozen tissue"), "FRESH_FROZEN"),
    **dict.fromkeys(("cytology", "fine needle aspirate", "fna"), "CYTOLOGY"),
    **dict.fromkeys(("bone marrow", "bone marrow aspirate"), "BONE_MARROW"),
    **dict.fromkeys(
        ("whole blood", "normal", "normal blood", "blood normal", "buffy coat", "germline"),
        "NORMAL_BLOOD",
    ),
}
_COPY_NUMBER = {
    **dict.fromkeys(("amp", "amplification", "2"), "AMPLIFICATION"),
    **dict.fromkeys(("gain", "1"), "GAIN"),
    **dict.fromkeys(("loss", "hetloss", "shallow deletion", "shallowdel", "-1"), "LOSS"),
    **dict.fromkeys(
        ("deepdel", "deep deletion", "homdel", "homozygous deletion", "-2"), "DEEP_DELETION"
    ),
    **dict.fromkeys(("0", "diploid", "neutral"), None),
}
COPY_NUMBER_WORD = {
    "AMPLIFICATION": "amplification",
    "GAIN": "gain",
    "LOSS": "loss",
    "DEEP_DELETION": "deep deletion",
}
_BUILD = {
    **dict.fromkeys(("grch37", "hg19", "37", "b37"), "GRCh37"),
    **dict.fromkeys(("grch38", "hg38", "38"), "GRCh38"),
}
_CHROMOSOMES = frozenset((*(str(number) for number in range(1, 23)), "X", "Y", "MT"))
_CHROMOSOME_ALIAS = {"23": "X", "24": "Y", "M": "MT"}
_SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@/-]*")
_ALLELE = re.compile(r"[ACGTN]+|-")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
_COMMA = re.compile(r"[+-]?\d+,\d+")


class RowRejected(Exception):
    """Say why one row cannot be taken; it goes to quarantine and the others go on."""

    def __init__(self, rule: str, column: str | None, value: str | None, remedy: str) -> None:
        self.rule = rule
        self.column = column
        self.value = value
        self.remedy = remedy
        super().__init__(f"{rule} {column} {value}: {remedy}")

    def finding(self, file: str, row: int) -> Finding:
        """Place the verdict."""
        return Finding(
            file, row, self.column, self.rule, self.value, self.remedy, Severity.QUARANTINED
        )


def required(row: Row, column: str) -> str:
    """Read a value that a row cannot do without."""
    value = row.get(column)
    if value is None:
        raise RowRejected("VALUE_MISSING", column, row.raw(column), "fill it in")
    return value


def number(row: Row, column: str | None) -> float | None:
    """Read a number; a decimal comma is understood where it can be nothing else."""
    value = row.get(column)
    if value is None:
        return None
    if _NUMBER.fullmatch(value):
        return float(value)
    if _COMMA.fullmatch(value):
        whole, fraction = value.split(",")
        if len(fraction) == 3 and whole.lstrip("+-") != "0":
            raise RowRejected("NUMBER_AMBIGUOUS", column, value, "write the decimals after a point")
        return float(f"{whole}.{fraction}")
    raise RowRejected("NUMBER_UNREADABLE", column, value, "write a number")


def allele(row: Row, column: str | None) -> str | None:
    """Read bases; a dash is an allele here, the empty one."""
    value = (row.raw(column) or "").upper()
    if value != "-" and (value in {"NA", "."} or is_missing(value)):
        return None
    if not _ALLELE.fullmatch(value):
        raise RowRejected("ALLELE_UNREADABLE", column, row.raw(column), "write bases, or -")
    return value


def has_decimal_comma(row: Row, column: str | None) -> bool:
    """Tell whether a value is a number with a decimal comma."""
    return _COMMA.fullmatch(row.get(column) or "") is not None


def whole(row: Row, column: str | None, least: int, most: int) -> int | None:
    """Read a whole number within limits."""
    value = number(row, column)
    if value is None:
        return None
    if value != int(value) or not least <= value <= most:
        remedy = f"write a whole number from {least} to {most}"
        raise RowRejected("NUMBER_OUT_OF_RANGE", column, row.get(column), remedy)
    return int(value)


def sex(row: Row, column: str | None) -> str | None:
    """Read a sex."""
    return _word(row, column, _SEX, "SEX_UNKNOWN", "write Female or Male")


def vital_status(row: Row, column: str | None) -> str | None:
    """Read whether a patient lives."""
    remedy = "write 0:LIVING or 1:DECEASED"
    return _word(row, column, _STATUS, "SURVIVAL_STATUS_UNKNOWN", remedy)


def response(row: Row, column: str | None) -> str | None:
    """Read a response; progression of disease (POD) is PD, one not confirmed (iUPD) is none."""
    return _word(row, column, _RESPONSE, "RESPONSE_UNKNOWN", "write CR, PR, SD, PD or NE")


def copy_number(value: str, column: str) -> str | None:
    """Map a call; none where the gene was assessed and nothing was called."""
    plain = value.casefold().removesuffix(".0")
    if plain not in _COPY_NUMBER:
        remedy = "write -2, -1, 0, 1 or 2, or AMP, GAIN, LOSS or DeepDel"
        raise RowRejected("COPY_NUMBER_UNKNOWN", column, value, remedy)
    return _COPY_NUMBER[plain]


def build(row: Row, column: str | None) -> str | None:
    """Read a genome build."""
    return _word(row, column, _BUILD, "GENOME_BUILD_UNKNOWN", "write GRCh37 or GRCh38")


def chromosome(row: Row, column: str | None) -> str | None:
    """Read a chromosome; 23 and 24 are X and Y."""
    value = row.get(column)
    if value is None:
        return None
    plain = value.upper().removeprefix("CHR")
    plain = _CHROMOSOME_ALIAS.get(plain, plain)
    if plain not in _CHROMOSOMES:
        raise RowRejected("CHROMOSOME_UNKNOWN", column, value, "write 1 to 22, X, Y or MT")
    return plain


def is_symbol(value: str) -> bool:
    """Tell whether a value can be a gene's symbol."""
    return _SYMBOL.fullmatch(value) is not None


def symbol(row: Row, column: str) -> str:
    """Read a gene's symbol as recorded."""
    value = required(row, column)
    if not is_symbol(value):
        raise RowRejected("GENE_SYMBOL_UNREADABLE", column, value, "write one gene symbol")
    return value


def specimen_kind(specimen_class: str | None, normal: bool) -> str | None:
    """Map a sample's class; None where it says nothing about the material."""
    if normal:
        return "NORMAL_BLOOD"
    return None if specimen_class is None else _KIND.get(specimen_class.casefold())


def _word(
    row: Row, column: str | None, words: Mapping[str, str | None], rule: str, remedy: str
) -> str | None:
    value = row.get(column)
    if value is None:
        return None
    if value.casefold() not in words:
        raise RowRejected(rule, column, value, remedy)
    return words[value.casefold()]
