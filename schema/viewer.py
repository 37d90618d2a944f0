"""The caller, as identification found them out."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry

from schema.mapping import from_viewer
from schema.scalars import DateTime


@strawberry.enum(description="In which capacity the caller asks.")
class Role(Enum):
    """Name a role."""

    PARTNER = strawberry.enum_value("PARTNER", description="A company, under an agreement.")
    RESEARCHER = strawberry.enum_value(
        "RESEARCHER", description="A public institution, under an approved project."
    )
    AUTHORITY = strawberry.enum_value("AUTHORITY", description="An agency.")
    CLINICIAN = strawberry.enum_value("CLINICIAN", description="A hospital, for its own patients.")
    STEWARD = strawberry.enum_value("STEWARD", description="The consortium's data office.")


@strawberry.enum(description="How finely the caller may see patients.")
class Granularity(Enum):
    """Name a granularity."""

    RECORD = strawberry.enum_value("RECORD", description="Records with what identifies.")
    PSEUDONYMISED_RECORD = strawberry.enum_value(
        "PSEUDONYMISED_RECORD", description="Records under ids of the scope."
    )
    AGGREGATE = strawberry.enum_value("AGGREGATE", description="Safe aggregates only.")


@strawberry.enum(description="What a request sees through.")
class ScopeKind(Enum):
    """Name a kind of scope."""

    AGREEMENT = "AGREEMENT"
    PROJECT = "PROJECT"
    SITE = "SITE"
    CONSORTIUM = "CONSORTIUM"


@strawberry.enum(description="What data are used for.")
class Purpose(Enum):
    """Name a purpose."""

    RESEARCH = "RESEARCH"
    COMMERCIAL = "COMMERCIAL"
    STATISTICS = "STATISTICS"
    CARE = "CARE"
    ADMINISTRATION = "ADMINISTRATION"


@strawberry.enum(description="A kind of record that a contract includes beside the clinical ones.")
class DataDomain(Enum):
    """Name a kind of record."""

    MOLECULAR = strawberry.enum_value(
        "MOLECULAR", description="Specimens, profiles, biomarkers, and what names them."
    )
    RESISTANCE = strawberry.enum_value("RESISTANCE", description="Resistance findings.")


@strawberry.type(description="The organisation that the caller acts for.")
class Organisation:
    """Part of the viewer."""

    code: str = from_viewer("Short name within the consortium.")
    name: str = from_viewer("Name of the organisation.")


@strawberry.type(description="What this request sees through.")
class Scope:
    """Part of the viewer."""

    kind: ScopeKind = from_viewer("Agreement, project, site or the consortium.")
    code: str = from_viewer("Code, as given in the header X-Scope.")
    valid_from: DateTime = from_viewer("When it begins.")
    valid_to: DateTime | None = from_viewer("When it ends; null: no end is set.")
    embargo_until: DateTime | None = from_viewer("Before it no record leaves; null: none.")
    data_domains: list[DataDomain] | None = from_viewer(
        "The kinds of record that an agreement or a project includes beside the clinical ones; "
        "null: the scope is neither."
    )


@strawberry.type(description="Who asks.")
class Viewer:
    """What identification found out."""

    role: Role = from_viewer("In which capacity.")
    granularity: Granularity = from_viewer("How finely patients may be seen.")
    subject: str = from_viewer(
        "Who asks, as the token names them; nobody else is told by this field."
    )
    organisation: Annotated[Organisation, strawberry.lazy("schema.viewer")] = from_viewer(
        "The organisation that the caller acts for."
    )
    scope: Annotated[Scope, strawberry.lazy("schema.viewer")] = from_viewer(
        "What this request sees through."
    )
    purpose: Purpose | None = from_viewer(
        "What this request is for: the purpose stated in the header X-Purpose, or the only one."
    )
    purposes: list[Purpose] = from_viewer("What the scope may be used for.")
