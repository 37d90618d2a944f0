"""Alterations of tumours, as they are written: what a marker, a background or a resistance is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Alteration(NamedTuple):
    """One alteration, whatever specimen it is found in."""

    kind: str
    gene: str
    label: str
    hgvsc: str | None = None
    hgvsp: str | None = None
    transcript: str | None = None
    consequence: str | None = None
    copy_number_type: str | None = None
    partner_gene: str | None = None


_TRANSCRIPT: Final[Mapping[str, str]] = {
    "ALK": "NM_004304", "APC": "NM_000038", "ARID1A": "NM_006015", "BRAF": "NM_004333",
    "BRCA1": "NM_007294", "BRCA2": "NM_000059", "CTNNB1": "NM_001904", "EGFR": "NM_005228",
    "ERBB2": "NM_004448", "IDH1": "NM_005896", "KIT": "NM_000222", "KRAS": "NM_004985",
    "MAP2K1": "NM_002755", "MET": "NM_000245", "NRAS": "NM_002524", "PIK3CA": "NM_006218",
    "PTEN": "NM_000314", "RET": "NM_020975", "ROS1": "NM_002944", "SMAD4": "NM_005359",
    "TP53": "NM_000546",
}  # fmt: skip


def _small(gene: str, hgvsp: str, hgvsc: str | None = None) -> Alteration:
    if "fs" in hgvsp:
        consequence = "Frame_Shift_Indel"
    elif hgvsp.endswith("*"):
        consequence = "Nonsense_Mutation"
    elif "del" in hgvsp:
        consequence = "In_Frame_Del"
    else:
        consequence = "Missense_Mutation"
    return Alteration(
        "SMALL_VARIANT", gene, f"{gene} p.{hgvsp}", hgvsc and f"c.{hgvsc}", f"p.{hgvsp}",
        _TRANSCRIPT.get(gene), consequence,
    )  # fmt: skip


def _copies(gene: str, copy_number_type: str) -> Alteration:
    label = f"{gene} {copy_number_type.lower().replace('_', ' ')}"
    return Alteration("COPY_NUMBER", gene, label, copy_number_type=copy_number_type)


def _fusion(gene: str, partner: str | None) -> Alteration:
    label = f"{partner}::{gene} fusion" if partner else f"{gene} fusion, partner not determined"
    return Alteration("FUSION", gene, label, partner_gene=partner)


_AMPLIFICATION, _DELETION = "AMPLIFICATION", "DEEP_DELETION"
_ERBB2_AMPLIFICATION = _copies("ERBB2", _AMPLIFICATION)
_KRAS = (
    _small("KRAS", "G12D", "35G>A"),
    _small("KRAS", "G12V", "35G>T"),
    _small("KRAS", "G13D", "38G>A"),
)
_NRAS = (_small("NRAS", "Q61K", "181C>A"), _small("NRAS", "Q61R", "182A>G"))
_PIK3CA = (_small("PIK3CA", "E545K", "1633G>A"), _small("PIK3CA", "H1047R", "3140A>G"))
_PTEN = (_small("PTEN", "R130*", "388C>T"), _copies("PTEN", _DELETION))
_MAP2K1 = _small("MAP2K1", "K57N", "171G>T")
_ERBB2 = (_small("ERBB2", "S310F", "929C>T"), _small("ERBB2", "V777L", "2329G>T"))
_CCND1_AMPLIFICATION = _copies("CCND1", _AMPLIFICATION)
_IDH1_R132C = _small("IDH1", "R132C", "394C>T")
_EGFR_AMPLIFICATION = _copies("EGFR", _AMPLIFICATION)

# What a gene's alteration is, where a tumour carries one besides the trial's marker.
BACKGROUND: Final[Mapping[str, tuple[Alteration, ...]]] = {
    "APC": (_small("APC", "R1450*", "4348C>T"), _small("APC", "R876*", "2626C>T")),
    "AR": (_copies("AR", _AMPLIFICATION),),
    "ARID1A": (_small("ARID1A", "R1989*", "5965C>T"),),
    "BAP1": (_copies("BAP1", _DELETION),),
    "CCND1": (_CCND1_AMPLIFICATION,),
    "CCNE1": (_copies("CCNE1", _AMPLIFICATION),),
    "CDKN2A": (_copies("CDKN2A", _DELETION),),
    "CTNNB1": (_small("CTNNB1", "S37F", "110C>T"),),
    "EGFR": (_EGFR_AMPLIFICATION,),
    "ESR1": (_small("ESR1", "D538G", "1613A>G"),),
    "IDH1": (_IDH1_R132C, _small("IDH1", "R132H", "395G>A")),
    "KEAP1": (_small("KEAP1", "R470C", "1408C>T"),),
    "KRAS": _KRAS,
    "MDM2": (_copies("MDM2", _AMPLIFICATION),),
    "NF1": (_small("NF1", "R1276*", "3826C>T"),),
    "NRAS": _NRAS,
    "PIK3CA": _PIK3CA,
    "PTEN": _PTEN,
    "RB1": (_copies("RB1", _DELETION),),
    "SMAD4": (_small("SMAD4", "R361H", "1082G>A"),),
    "STK11": (_copies("STK11", "LOSS"),),
    "TP53": (
        _small("TP53", "R175H", "524G>A"),
        _small("TP53", "R248Q", "743G>A"),
        _small("TP53", "R273H", "818G>A"),
    ),
    "VHL": (_small("VHL", "R167Q", "500G>A"),),
}

# What lets a patient into a cohort. A hypermutated tumour is known by its signatures.
MARKERS: Final[Mapping[str, tuple[Alteration, ...]]] = {
    "BRCA": (
        _small("BRCA1", "Q1756Pfs*74", "5266dup"),
        _small("BRCA2", "S1982Rfs*22", "5946del"),
        _copies("BRCA2", _DELETION),
    ),
    "BRAF_V600": (_small("BRAF", "V600E", "1799T>A"), _small("BRAF", "V600E", "1799T>A")),
    "BRAF_OTHER": (_small("BRAF", "D594G", "1781A>G"), _small("BRAF", "G469A", "1406G>C")),
    "ERBB2": (_ERBB2_AMPLIFICATION, _ERBB2_AMPLIFICATION, *_ERBB2),
    "ERBB2_MUTATION": _ERBB2,
    "HYPERMUTATED": (),
    "PIK3CA": _PIK3CA,
    "FGFR": (_fusion("FGFR2", None), _small("FGFR3", "S249C", "746C>G")),
    "ROS1": (_fusion("ROS1", "CD74"),),
    "MET": (
        Alteration("SPLICE_VARIANT", "MET", "MET exon 14 skipping"),
        _copies("MET", _AMPLIFICATION),
    ),
    "KIT": (
        _small("KIT", "L576P", "1727T>C"),
        _small("KIT", "K642E", "1924A>G"),
        _small("KIT", "V559D", "1676T>A"),
    ),
    "ALK": (_fusion("ALK", "EML4"),),
    "RET": (_fusion("RET", "KIF5B"),),
    "SMO": (_small("SMO", "L412F", "1234C>T"), _small("SMO", "W535L", "1604G>T")),
    "EGFR": (_small("EGFR", "L858R", "2573T>G"), _small("EGFR", "G719S", "2155G>A")),
    "CCND1": (_CCND1_AMPLIFICATION,),
    "IDH1": (_IDH1_R132C,),
    "KRAS_G12C": (_small("KRAS", "G12C", "34G>T"),),
}

# How a tumour becomes resistant to a regimen, named by its first drug. Nothing is cited: no patient
# and no publication stands behind these; the alterations are ones that such tumours are known for.
RESISTANCE: Final[Mapping[str, tuple[Alteration, ...]]] = {
    "olaparib": (
        _small("BRCA2", "D1981_S1982del"),
        _small("BRCA1", "Q1756del"),
        _copies("CCNE1", _AMPLIFICATION),
    ),
    "dabrafenib": (
        _KRAS[0],
        _NRAS[0],
        _MAP2K1,
        _copies("BRAF", _AMPLIFICATION),
        _PTEN[0],
    ),
    "trametinib": (_KRAS[1], _MAP2K1),
    "trastuzumab": (
        _PIK3CA[1],
        _small("ERBB2", "L755S", "2264T>C"),
        _KRAS[0],
    ),
    "atezolizumab": (_small("B2M", "L15Ffs*41"),),
    "alpelisib": (_PTEN[1], _ERBB2_AMPLIFICATION),
    "pemigatinib": (
        _small("FGFR2", "N549K", "1647T>G"),
        _KRAS[0],
    ),
    "entrectinib": (
        _small("ROS1", "G2032R", "6094G>A"),
        _NRAS[1],
    ),
    "capmatinib": (
        _small("MET", "D1228N", "3682G>A"),
        _EGFR_AMPLIFICATION,
    ),
    "imatinib": (
        _small("KIT", "V654A", "1961T>C"),
        _NRAS[1],
    ),
    "niraparib": (
        _small("BRCA2", "S1982del"),
        _copies("CCNE1", _AMPLIFICATION),
    ),
    "vemurafenib": (_NRAS[0], _MAP2K1),
    "alectinib": (
        _small("ALK", "G1202R", "3604G>A"),
        _copies("MET", _AMPLIFICATION),
    ),
    "selpercatinib": (
        _small("RET", "G810S", "2428G>A"),
        _KRAS[0],
    ),
    "vismodegib": (_small("SMO", "D473H", "1417G>C"),),
    "erlotinib": (
        _small("EGFR", "T790M", "2369C>T"),
        _copies("MET", _AMPLIFICATION),
    ),
    "ribociclib": (_copies("RB1", _DELETION),),
    "neratinib": (_small("ERBB2", "T798I", "2393C>T"),),
    "ivosidenib": (_KRAS[0],),
    "sotorasib": (_NRAS[0], _EGFR_AMPLIFICATION),
    "everolimus": (_KRAS[1],),
    "nivolumab": (_small("B2M", "L15Ffs*41"),),
}
