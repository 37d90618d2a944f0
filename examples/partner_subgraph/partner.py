"""A partner's subgraph: evidence on genes and the supply of drugs, from a database of its own.

`python partner.py` serves it, with its data in the file DATABASE, which seed.sql fills at the first
start; door.py tells what else it needs. `python partner.py --sdl` prints what it adds to the graph.
"""

import os
import sqlite3
import sys
from functools import cache
from pathlib import Path

from door import Masked, serve
from strawberry import federation
from strawberry.federation.schema_directives import ListSize


@federation.type(description="What the partner has of a drug.")
class DrugSupply:
    packages: int = federation.field(description="[packages] in stock.")
    counted_on: str = federation.field(description="{ISO 8601} day of the count.")


@federation.type(keys=["inn"], description="A medicine.")
class Drug:
    inn: str = federation.field(description="{INN} international nonproprietary name, lower case.")

    @federation.field(description="What the partner has of it; null where it does not deliver it.")
    def supply(self) -> DrugSupply | None:
        query = "select packages, counted_on from supply where inn = ?"
        row = database().execute(query, [self.inn]).fetchone()
        return DrugSupply(packages=row[0], counted_on=row[1]) if row else None


@federation.type(description="A statement on a gene that the partner's curators stand behind.")
class CuratedEvidence:
    statement: str = federation.field(description="What is said, in a sentence.")
    level: str = federation.field(description="A: in guidelines; B: seen in trials; C: in models.")
    drug: Drug | None = federation.field(description="The drug that it is about, if about one.")
    source: str = federation.field(description="Where it was published.")


@federation.type(keys=["symbol"], description="A human gene {HGNC}.")
class Gene:
    symbol: str = federation.field(
        description="{HGNC} approved symbol, or the recorded one where it has none."
    )

    @federation.field(
        description="What the partner's curators say of it.", directives=[ListSize(assumed_size=3)]
    )
    def curated_evidence(self) -> list[CuratedEvidence] | None:
        query = "select statement, level, inn, source from evidence where gene = ? order by level"
        return [
            CuratedEvidence(statement=said, level=level, drug=inn and Drug(inn=inn), source=source)
            for said, level, inn, source in database().execute(query, [self.symbol])
        ]


@cache
def database() -> sqlite3.Connection:
    connection = sqlite3.connect(os.environ["DATABASE"])
    if connection.execute("pragma user_version").fetchone() == (0,):
        connection.executescript(Path(__file__).with_name("seed.sql").read_text())
    return connection


schema = federation.Schema(types=[Gene, Drug], federation_version="2.9", extensions=[Masked])

if __name__ == "__main__":
    if "--sdl" in sys.argv:
        print(schema.as_str())
    else:
        database()  # rather not start than start without it
        serve(schema)
