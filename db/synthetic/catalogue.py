"""The invented consortium: organisations, sites, cohorts, agreements, projects and scopes.

Hospitals and agencies are named as they are, since the trial is national; every company is
fictional, and every organisation number is invented: its check digit is wrong, so none can exist.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple


class Partner(NamedTuple):
    """An organisation of the consortium."""

    code: str
    organisation_number: str
    name: str
    sector: str


class Site(NamedTuple):
    """A hospital that includes patients; its organisation has the same code."""

    code: str
    name: str
    health_region: str


class Agreement(NamedTuple):
    """What a company and the consortium agreed on."""

    code: str
    partner: str
    model: str
    patients_agreed: int
    weeks_company_pays: int
    drugs: tuple[str, ...]
    embargo_until: datetime | None
    data_domains: tuple[str, ...]


class Project(NamedTuple):
    """An approved research project; what is empty is not narrowed."""

    code: str
    title: str
    partner: str
    cohorts: tuple[str, ...]
    tumour_types: tuple[str, ...]


class Contribution(NamedTuple):
    """How many patients a sister trial brings to a cohort."""

    cohort: str
    trial: str
    patients: int
    published: bool
    literature: tuple[str, ...]


class Scope(NamedTuple):
    """What one request sees through."""

    code: str
    kind: str
    purpose: str
    organisation: str
    valid_to: datetime | None
    embargo_until: datetime | None
    data_domains: tuple[str, ...]


_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_DOMAINS = ("MOLECULAR", "RESISTANCE")
_INVENTED = ("10.5555/synthetic",)  # a prefix that is kept for tests
VALID_FROM: Final = datetime(2021, 4, 1, tzinfo=UTC)
_VALID_TO = datetime(2035, 12, 31, tzinfo=UTC)
STUDY: Final = ("SYNTHETIC", "Invented patients for demonstration and tests: not a trial")


def check_digit(first_eight: str) -> int | None:
    """Compute the ninth digit of a Norwegian organisation number, None where there is none."""
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, first_eight, strict=True))
    digit = -total % 11
    return None if digit == 10 else digit


def invented_number(ordinal: int) -> str:
    """Make a nine-digit number in 999 whose check digit is wrong."""
    first = f"999{ordinal:05d}"
    right = check_digit(first)
    return f"{first}{0 if right is None else (right + 1) % 10}"


SITES: Final = (
    Site("OUS", "Oslo universitetssykehus", "SOR_OST"),
    Site("AHUS", "Akershus universitetssykehus", "SOR_OST"),
    Site("VV", "Vestre Viken", "SOR_OST"),
    Site("INN", "Sykehuset Innlandet", "SOR_OST"),
    Site("SO", "Sykehuset Østfold", "SOR_OST"),
    Site("TELE", "Sykehuset Telemark", "SOR_OST"),
    Site("VEST", "Sykehuset i Vestfold", "SOR_OST"),
    Site("SSHF", "Sørlandet sykehus", "SOR_OST"),
    Site("HUS", "Haukeland universitetssjukehus", "VEST"),
    Site("SUS", "Stavanger universitetssjukehus", "VEST"),
    Site("FONNA", "Helse Fonna", "VEST"),
    Site("FORDE", "Helse Førde", "VEST"),
    Site("STO", "St. Olavs hospital", "MIDT"),
    Site("HMR", "Helse Møre og Romsdal", "MIDT"),
    Site("HNT", "Helse Nord-Trøndelag", "MIDT"),
    Site("UNN", "Universitetssykehuset Nord-Norge", "NORD"),
    Site("NLSH", "Nordlandssykehuset", "NORD"),
)

_ORGANISATIONS = (
    *((site.code, site.name, "HOSPITAL") for site in SITES),
    ("CONNECT", "CONNECT data office", "RESEARCH"),
    ("UIO", "Universitetet i Oslo", "RESEARCH"),
    ("UIB", "Universitetet i Bergen", "RESEARCH"),
    ("DMP", "Direktoratet for medisinske produkter", "AUTHORITY"),
    ("FHI", "Folkehelseinstituttet", "AUTHORITY"),
    ("HDIR", "Helsedirektoratet", "AUTHORITY"),
    ("KF", "Kreftforeningen", "CHARITY"),
    ("NORDLYS", "Nordlys Pharma (fictional)", "INDUSTRY"),
    ("FJELLBIO", "Fjell Biotech (fictional)", "INDUSTRY"),
    ("SKAGEN", "Skagen Therapeutics (fictional)", "INDUSTRY"),
)
PARTNERS: Final = tuple(
    Partner(code, invented_number(ordinal), name, sector)
    for ordinal, (code, name, sector) in enumerate(_ORGANISATIONS, start=1)
)

AGREEMENTS: Final = (
    Agreement("AGR-OLA-01", "NORDLYS", "SHARED_COST", 48, 16, ("olaparib",), None, _DOMAINS),
    # A combination, and an agreement that does not include resistance.
    Agreement(
        "AGR-DAB-01", "FJELLBIO", "SHARED_COST", 24, 16, ("dabrafenib", "trametinib"), None,
        ("MOLECULAR",),
    ),
    Agreement(
        "AGR-ALP-01", "SKAGEN", "DRUG_SUPPLY", 24, 16, ("alpelisib",),
        datetime(2031, 1, 1, tzinfo=UTC), _DOMAINS,
    ),
)  # fmt: skip

PROJECTS: Final = (
    Project("PRJ-CRC-01", "Resistance in bowel and biliary cancer", "UIO", (), ("BOWEL", "CHOL")),
    Project(
        "PRJ-BRAF-01", "BRAF across tumour types", "UIB",
        ("DABTRA-BRAF-BTC", "DABTRA-BRAF-CNS", "TRA-BRAF-CRC"), (),
    ),
)  # fmt: skip

# What sister trials bring to two cohorts. The numbers are invented, so is what they are cited from.
CONTRIBUTIONS: Final = (
    *(
        Contribution("TRAPER-ERBB2-CRC", trial, patients, True, _INVENTED)
        for trial, patients in (("DRUP", 24), ("FINPROVE", 9), ("ProTarget", 7))
    ),
    Contribution("OLA-BRCA-BTC", "DRUP", 11, False, ()),
    Contribution("OLA-BRCA-BTC", "ProTarget", 3, False, ()),
)

# One purpose each, so that a member of one scope need not state it. A partner's is commercial, a
# project's research, a site's care. The consortium's scope is shared by the data office and the
# agencies, whose common purpose is statistics: what the data office administers it does as the
# owner, on the command line, not in this scope.
CONSORTIUM: Final = "CONNECT"
SCOPES: Final = (
    *(
        Scope(
            a.code, "AGREEMENT", "COMMERCIAL", a.partner, _VALID_TO, a.embargo_until, a.data_domains
        )
        for a in AGREEMENTS
    ),
    *(Scope(p.code, "PROJECT", "RESEARCH", p.partner, _VALID_TO, None, _DOMAINS) for p in PROJECTS),
    *(Scope(f"SITE-{s.code}", "SITE", "CARE", s.code, None, None, _DOMAINS) for s in SITES),
    Scope(CONSORTIUM, "CONSORTIUM", "STATISTICS", "CONNECT", None, None, _DOMAINS),
)
