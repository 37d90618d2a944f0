"""What was found out before fields are written: the caller, statistics; as the graph tells it."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import FieldNode, GraphQLObjectType, get_named_type

from db.viewer import Role, Viewer
from resolvers.selection import Selection

_GRANULARITY = {
    Role.PARTNER: "PSEUDONYMISED_RECORD",
    Role.RESEARCHER: "PSEUDONYMISED_RECORD",
    Role.AUTHORITY: "AGGREGATE",
    Role.CLINICIAN: "RECORD",
    Role.STEWARD: "RECORD",
}


def of_viewer(viewer: Viewer) -> Mapping[str, object]:
    """Name the values of the type `Viewer` and of what hangs on it."""
    return {
        "role": viewer.role.name,
        "granularity": _GRANULARITY[viewer.role],
        "organisation": {"code": viewer.organisation_code, "name": viewer.organisation_name},
        "subject": viewer.caller.subject,
        "scope": {
            "kind": viewer.scope_kind,
            "code": viewer.scope,
            "validFrom": viewer.valid_from,
            "validTo": viewer.valid_to,
            "embargoUntil": viewer.embargo_until,
            "dataDomains": viewer.data_domains,
        },
        "purpose": viewer.purpose,
        "purposes": viewer.purposes,
    }


def written(
    selection: Selection,
    type_: GraphQLObjectType,
    nodes: list[FieldNode],
    values: Mapping[str, object],
) -> dict[str, object]:
    """Write the values that fields ask for, by their names in the answer."""
    found: dict[str, object] = {}
    for key, chosen in selection.fields(type_, nodes).items():
        name = chosen[0].name.value
        if name == "__typename":
            found[key] = type_.name
            continue
        value = values[name]
        target = get_named_type(type_.fields[name].type)
        if isinstance(target, GraphQLObjectType):
            found[key] = _inner(selection, target, chosen, value)
        else:
            found[key] = value
    return found


def _inner(
    selection: Selection, type_: GraphQLObjectType, nodes: list[FieldNode], value: object
) -> object:
    match value:
        case Mapping():
            return written(selection, type_, nodes, value)
        case list():
            return [_inner(selection, type_, nodes, each) for each in value]
        case _:
            return value
