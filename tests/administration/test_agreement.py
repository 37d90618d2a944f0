from __future__ import annotations

from tests.administration.conftest import Change


async def test_smoke(change: Change) -> None:
    print(await change("createAgreement", "agreement { code drugs { inn } validFrom partner { code } }", code="AGR-NEW-1", partner="NORDLYS", model="DRUG_SUPPLY", drugs=["olaparib"]))
    print(await change("createAgreement", "agreement { code drugs { inn } }", code="AGR-NEW-1", partner="NORDLYS", model="DRUG_SUPPLY", drugs=["olaparib"]))
    print(await change("createAgreement", "agreement { code drugs { inn } }", code="agr", partner="NORDLYX", model="DRUG_SUPPLY", drugs=["olaparibx", "olaparib", "olaparib"], purposes=["CARE"], validTo="2027"))
    print(await change("updateAgreement", "agreement { code drugs { inn } validTo }", code="AGR-NEW-1", addDrugs=["dabrafenib"], validTo="2031-01-01T00:00:00Z"))
    print(await change("endAgreement", "agreement { code validTo }", code="AGR-NEW-1"))
    print(await change("endAgreement", "agreement { code validTo }", code="AGR-NEW-1"))
    print(await change("createAgreement", "agreement { code }", "partner", code="AGR-NEW-2", partner="NORDLYS", model="DRUG_SUPPLY", drugs=["olaparib"]))
    assert 0
