"""Who takes part: organisations, hospitals, and the studies that records come from."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import strawberry

from schema.connection import listing
from schema.mapping import column, entity, one
from schema.scalars import Date, HealthRegion


@strawberry.enum(description="The part of society that an organisation belongs to.")
class Sector(Enum):
    """Name a sector."""

    HOSPITAL = "HOSPITAL"
    INDUSTRY = "INDUSTRY"
    AUTHORITY = "AUTHORITY"
    RESEARCH = "RESEARCH"
    CHARITY = "CHARITY"


@entity("partner", unique="code", description="An organisation of the consortium.")
class Partner:
    """A row of `partner`."""

    code: str = column("code", "Short name of the organisation within the consortium.")
    name: str = column("name", "Name of the organisation.")
    organisation_number: str = column("organisation_number", "{Brønnøysund} Nine digits.")
    sector: Sector = column("sector", "Hospital, industry, authority, research or charity.")
    agreements = listing(
        "Agreement",
        "schema.agreement",
        "Its agreements with the consortium. A company sees the one that it asks through.",
        local="id",
        remote="partner_id",
    )


@entity("site", description="A hospital that includes patients.")
class Site:
    """A row of `site`."""

    code: str = column("code", "Short name of the hospital.")
    name: str = column("name", "Name of the hospital.")
    health_region: HealthRegion = column("health_region", "Its regional health authority.")
    partner: Annotated[Partner, strawberry.lazy("schema.consortium")] | None = one(
        "partner_id", "id", "The organisation that runs the hospital."
    )


@entity("study", description="A trial or a data set that records come from.")
class Study:
    """A row of `study`."""

    code: str = column("code", "Code under which the study was imported.")
    title: str | None = column("title", "Title of the study.")
    synthetic: bool = column("synthetic", "True where every record is invented.")
    data_cut_off: Date | None = column(
        "data_cut_off",
        "Last day that the study's data tell of; null where not known. For stewards and hospitals.",
    )
