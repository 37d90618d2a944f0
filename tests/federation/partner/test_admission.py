"""What a partner may not add to the graph is refused by name, before composers see it."""

from __future__ import annotations

from pathlib import Path

from schema.subgraph import SUBGRAPHS
from tests.federation.partner.program import NAME, node

FORBIDDEN = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{name: "@override", as: "@key"}])
schema { query: Query mutation: Change }
directive @mine on FIELD
"Changes." type Change { "Goes." go: Int }
"A patient." type Patient @key(fields: "id") { id: ID! "Ours." secret: Int }
type Gene @key(fields: "symbol") @key(fields: "name") {
  symbol: String!
  "Taken." name: String
  "Not null." score: Int!
  "Ours to begin so." _own: Int
  tales: [String]
  "Taken over." taken(argument: Int): Int @override(from: "biomarkers")
}
type Query { "Taken." patients: Int "Not null." other: Int! }
"Taken." enum GeneStatus { A }
type Own { "A list." list: [Int!]! bare: Int }
input Asked { bare: Int }
"""
SENTENCES = [
    "@link is for Apollo Federation 2 alone, without other names",
    "@override is not for partners: leave it out",
    "mutation: the graph has queries alone, and their root is Query",
    "@mine: directives are not for partners to define",
    "Patient is taken: choose another name",
    "Gene: its keys for partners are hgncId and symbol",
    "Gene.name is taken: choose another name",
    "Gene.score must be nullable",
    "Gene._own begins with _: choose another name",
    "Gene.tales has no description",
    "Gene.tales is a list: give it @listSize",
    "Gene.taken(argument:) has no description",
    "Query.patients is taken: choose another name",
    "Query.other must be nullable",
    "GeneStatus is taken: choose another name",
    "Own has no description",
    "Own.list is a list: give it @listSize",
    "Own.bare has no description",
    "Asked has no description",
    "Asked.bare has no description",
]


def test_what_a_partner_may_not_add_is_named(parts: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "bad.graphql"
    file.write_text(FORBIDDEN)
    done = node("admit.ts", f"{NAME}={file}", *(parts[name] for name in SUBGRAPHS))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == SENTENCES


def admitted(parts: dict[str, str], file: Path, text: str) -> tuple[int, str, str]:
    file.write_text(text)
    done = node("admit.ts", f"other={file}", *parts.values())
    return done.returncode, done.stdout, done.stderr


HEAD = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n'


def test_one_partner_is_not_in_anothers_way(parts: dict[str, str], tmp_path: Path) -> None:
    """Nor may one take what another has."""
    file = tmp_path / "other.graphql"
    text = HEAD + 'type Drug @key(fields: "inn") {{ inn: String! "Told." {field}: Int }}\n'
    code, supergraph, trouble = admitted(parts, file, text.format(field="packages"))
    assert (code, trouble) == (0, "")
    assert "OTHER" in supergraph
    refused = admitted(parts, file, text.format(field="supply"))
    assert refused == (1, "", "Drug.supply is taken: choose another name\n")


def test_what_composers_refuse_is_told_with_their_code(
    parts: dict[str, str], tmp_path: Path
) -> None:
    text = HEAD + 'type Drug @key(fields: "inn") { inn: Int! "Told." packages: Int }\n'
    code, supergraph, trouble = admitted(parts, tmp_path / "other.graphql", text)
    assert (code, supergraph) == (1, "")
    assert trouble.startswith("FIELD_TYPE_MISMATCH: ")


def test_what_is_no_sdl_is_told_in_a_sentence(parts: dict[str, str], tmp_path: Path) -> None:
    code, supergraph, trouble = admitted(parts, tmp_path / "other.graphql", "type {")
    assert (code, supergraph, trouble.count("\n")) == (1, "", 1)
    assert trouble.startswith("Syntax Error")
    missing = node("admit.ts", f"other={tmp_path / 'nowhere'}", parts["patients"])
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "nowhere" in missing.stderr
    twice = node("admit.ts", parts["patients"], parts["patients"])
    assert (twice.returncode, twice.stderr) == (1, "patients is named twice\n")
    assert node("admit.ts", "other", parts["patients"]).returncode == 2
