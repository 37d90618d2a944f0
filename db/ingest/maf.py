"""The mutations of a study: a MAF file's rows as small variants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from db.ingest.allele_count import Counts, Verdict, judge
from db.ingest.hgvs import protein
from db.ingest.maf_header import CLASSES, realign
from db.ingest.report import Journal
from db.ingest.sheet import Row, Sheet
from db.ingest.study import SampleRecord, VariantRecord
from db.ingest.term import RowRejected, allele, build, chromosome, required, symbol, whole

_MOST_READS = 10_000_000
_LONGEST = 300_000_000
_NO_VARIANT = frozenset({"none", "loh", "wildtype", "redacted"})


@dataclass(frozen=True, slots=True)
class Mutations:
    """Hold the variants, and the genome build that each sample's rows agree on."""

    variants: tuple[VariantRecord, ...]
    builds: Mapping[str, str]


def read_variants(sheet: Sheet, samples: Iterable[SampleRecord], journal: Journal) -> Mutations:
    """Read the variants of the samples that were taken."""
    known = {each.source_key: each for each in samples}
    sheet = realign(sheet, known, journal)
    columns = _Columns.of(sheet)
    variants: list[VariantRecord] = []
    counts: list[Counts | None] = []
    builds: defaultdict[str, set[str]] = defaultdict(set)
    first: dict[tuple[str, str], int] = {}
    for row in sheet.rows:
        try:
            sample = required(row, columns.sample)
            if sample not in known:
                remedy = "add the sample to the sample file"
                raise RowRejected("SAMPLE_UNKNOWN", columns.sample, sample, remedy)
            variant = _variant(row, columns, sample)
            reads = _counts(row, columns, sample, known[sample].kind == "CTDNA")
            genome = build(row, columns.build)
            key = sample, variant.source_key
            if key in first:
                remedy = f"line {first[key]} has the same variant of this sample: keep one"
                raise RowRejected("DUPLICATE_ROW", None, variant.source_key, remedy)
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        first[key] = row.number
        variants.append(variant)
        counts.append(reads)
        if genome is not None:
            builds[sample].add(genome)
        recorded = row.get(columns.consequence)
        if recorded is not None and recorded.casefold() not in CLASSES:
            journal.unmapped("MAF Variant_Classification", recorded)
    journal.count(sheet.name, len(sheet.rows))
    _notice_gaps(sheet, columns, journal)
    if len(set().union(*builds.values())) > 1:
        remedy = "stored per sample; null where the rows of one sample disagree"
        journal.notice(sheet.name, "GENOME_BUILD_MIXED", None, remedy, column=columns.build)
    return Mutations(
        _with_fractions(sheet, columns, variants, counts, journal),
        {sample: next(iter(names)) for sample, names in builds.items() if len(names) == 1},
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    sample: str
    symbol: str
    chromosome: str | None
    position: str | None
    reference: str | None
    first_allele: str | None
    second_allele: str | None
    consequence: str | None
    status: str | None
    hgvsg: str | None
    hgvsc: str | None
    hgvsp: str | None
    hgvsp_short: str | None
    transcript: str | None
    build: str | None
    reference_reads: str | None
    alternate_reads: str | None
    depth: str | None

    @classmethod
    def of(cls, sheet: Sheet) -> _Columns:
        """Find the columns by the names of the MAF specification."""
        return cls(
            sample=sheet.need("Tumor_Sample_Barcode"),
            symbol=sheet.need("Hugo_Symbol"),
            chromosome=sheet.find("Chromosome"),
            position=sheet.find("Start_Position"),
            reference=sheet.find("Reference_Allele"),
            first_allele=sheet.find("Tumor_Seq_Allele1"),
            second_allele=sheet.find("Tumor_Seq_Allele2"),
            consequence=sheet.need("Variant_Classification"),
            status=sheet.find("Mutation_Status"),
            hgvsg=sheet.find("HGVSg"),
            hgvsc=sheet.find("HGVSc"),
            hgvsp=sheet.find("HGVSp"),
            hgvsp_short=sheet.find("HGVSp_Short", "Amino_Acid_Change", "AAChange"),
            transcript=sheet.find("Transcript_ID"),
            build=sheet.find("NCBI_Build"),
            reference_reads=sheet.find("t_ref_count"),
            alternate_reads=sheet.find("t_alt_count"),
            depth=sheet.find("t_depth"),
        )


def _variant(row: Row, columns: _Columns, sample: str) -> VariantRecord:
    gene = symbol(row, columns.symbol)
    status = (row.get(columns.status) or "").casefold()
    if status in _NO_VARIANT:
        remedy = "this status says that there is no variant"
        raise RowRejected("NOT_A_VARIANT", columns.status, row.get(columns.status), remedy)
    where = chromosome(row, columns.chromosome)
    position = whole(row, columns.position, 1, _LONGEST)
    reference = allele(row, columns.reference)
    seen = allele(row, columns.first_allele), allele(row, columns.second_allele)
    alternate = next((each for each in reversed(seen) if each not in {None, reference}), None)
    coding = row.get(columns.hgvsc)
    change = protein(row.get(columns.hgvsp_short), row.get(columns.hgvsp))
    if None not in (where, position, reference, alternate):
        key = f"{where}:{position}:{reference}>{alternate}:{gene}"
    elif coding or change:
        key = f"{gene}:{coding or change}"
    else:
        remedy = "give a position with both alleles, or HGVSc, or HGVSp"
        raise RowRejected("VARIANT_UNIDENTIFIED", None, gene, remedy)
    consequence = row.get(columns.consequence)
    return VariantRecord(
        sample=sample,
        source_key=key,
        symbol=gene,
        change=change or coding or consequence or "variant",
        origin={"somatic": "SOMATIC", "germline": "GERMLINE"}.get(status),
        hgvsg=row.get(columns.hgvsg),
        hgvsc=coding,
        hgvsp=change,
        transcript=row.get(columns.transcript),
        consequence=consequence,
        chromosome=where,
        position=position,
        reference_allele=reference,
        alternate_allele=alternate,
        vaf=None,
        depth=None,
    )


def _counts(row: Row, columns: _Columns, sample: str, plasma: bool) -> Counts | None:
    reference = whole(row, columns.reference_reads, 0, _MOST_READS)
    alternate = whole(row, columns.alternate_reads, 0, _MOST_READS)
    depth = whole(row, columns.depth, 0, _MOST_READS)
    if reference is None and depth is not None and alternate is not None and alternate <= depth:
        reference = depth - alternate
    if reference is None or alternate is None:
        return None
    return Counts(sample, plasma, reference, alternate)


def _with_fractions(
    sheet: Sheet,
    columns: _Columns,
    variants: list[VariantRecord],
    counts: list[Counts | None],
    journal: Journal,
) -> tuple[VariantRecord, ...]:
    """Add the fractions, once it is known which count is which."""
    judgement = judge(each for each in counts if each is not None)
    place = columns.reference_reads
    if judgement.verdict is Verdict.SWAPPED:
        remedy = "exchanged in all rows, since plasma cannot be mostly tumour: correct the export"
        journal.notice(
            sheet.name, "ALLELE_COUNTS_SWAPPED", judgement.evidence, remedy, column=place
        )
        counts = [None if each is None else each.exchanged() for each in counts]
    elif judgement.verdict is Verdict.SUSPECTED:
        remedy = "perhaps exchanged; the evidence does not suffice, left as recorded: check them"
        journal.notice(
            sheet.name, "ALLELE_COUNTS_SUSPECTED", judgement.evidence, remedy, column=place
        )
    return tuple(
        variant if reads is None else replace(variant, vaf=reads.fraction, depth=reads.depth)
        for variant, reads in zip(variants, counts, strict=True)
    )


def _notice_gaps(sheet: Sheet, columns: _Columns, journal: Journal) -> None:
    """Notice, once for the file, what many rows have in common."""
    short = columns.hgvsp_short
    gaps: tuple[tuple[str, str | None, Callable[[str | None], bool], str], ...] = (
        (
            "ENTREZ_ZERO",
            sheet.find("Entrez_Gene_Id"),
            lambda value: value == "0",
            "0 is no gene: genes are found by symbol",
        ),
        (
            "CHROMOSOME_NUMBER",
            columns.chromosome,
            lambda value: value in {"23", "24"},
            "read as X and Y",
        ),
        (
            "STRAND_MISSING",
            sheet.find("Strand"),
            lambda value: value is None,
            "alleles are taken to be on the forward strand, as MAF has them",
        ),
        ("HGVSC_MISSING", columns.hgvsc, lambda value: value is None, "stored without"),
        ("HGVSP_MISSING", short, lambda value: value is None, "labelled by the coding change"),
        (
            "HGVSP_WITHOUT_PREFIX",
            short,
            lambda value: value is not None and not value.startswith("p."),
            "stored with p.",
        ),
    )
    for rule, column, odd, remedy in gaps:
        if column is None:
            continue
        rows = [row for row in sheet.rows if odd(row.get(column))]
        if rows:
            value = f"{len(rows)} of {len(sheet.rows)} rows"
            journal.notice(sheet.name, rule, value, remedy, row=rows[0].number, column=column)
