"""Write the patients with a biomarker of a gene, and the best response to each treatment.

    GRAPH=http://127.0.0.1:8000/graphql TOKEN=… python examples/clients/patients.py BRAF

One JSON object a line; a patient without a treatment has one too. Needs the package
connect-graph-client, which `make clients` builds. PAGE_SIZE is how many patients are asked for at
once.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator

from connect_graph_client import ConnectGraph, GraphError
from connect_graph_client.generated.fragments import PatientSummary


def rows(patient: PatientSummary) -> Iterator[dict[str, str | None]]:
    """Give a row for each treatment, and one where there is none."""
    row = {"patient": patient.id, "age_band": patient.age_band}
    for treatment in patient.treatments or []:
        cohort, outcome = treatment.cohort, treatment.outcome
        yield {
            **row,
            "cohort": cohort.code if cohort else None,
            "best_response": outcome.best_overall_response if outcome else None,
        }
    if not patient.treatments:
        yield {**row, "cohort": None, "best_response": None}


async def write(gene: str) -> None:
    """Write the patients as they come, page by page."""
    page_size = int(os.environ.get("PAGE_SIZE", "500"))
    async with ConnectGraph(os.environ["GRAPH"], os.environ["TOKEN"]) as graph:
        async for patient in graph.every_patient(gene=gene, page_size=page_size):
            for row in rows(patient):
                print(json.dumps(row))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: patients.py GENE")
    try:
        asyncio.run(write(sys.argv[1]))
    except GraphError as error:
        sys.exit(str(error))
