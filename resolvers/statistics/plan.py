"""Planning statistics: live where the role may read records, else as published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import FieldNode, GraphQLObjectType

from db.aggregate.dimension import DIMENSIONS, Columns
from db.aggregate.live import ALWAYS, Part, needed
from db.catalog import Grants
from resolvers.draft import Draft, Lacking
from resolvers.errors import Code, Refusal
from resolvers.selection import Selection
from resolvers.slot import Outcomes, OutcomesOf
from resolvers.statistics.question import Question, hidden
from resolvers.statistics.row import PARTS
from schema import mapping


def outcomes(
    grants: Grants,
    selection: Selection,
    nodes: list[FieldNode],
    arguments: Mapping[str, Any],
    asked: int,
) -> Outcomes:
    """Plan the statistics of a root.

    Raises: Refusal BAD_USER_INPUT; Lacking.
    """
    question = Question.of(arguments, nodes[0])
    chosen = selection.fields(_type(selection, "OutcomeStatistics"), nodes).values()
    names = [
        name for each in chosen if each[0].name.value == "rows" for name in _names(selection, each)
    ]
    parts = {PARTS[name] for name in names if name in PARTS}
    if any(each[0].name.value == "funnel" for each in chosen):
        parts.add(Part.FUNNEL)
    is_live = _is_live(grants, arguments)
    if is_live:
        for name in question.used:
            if not DIMENSIONS[name].reads <= grants.columns.keys():
                raise hidden(name, nodes[0])
        if Part.FUNNEL in parts:
            _check_funnel(question, nodes[0])
    return Outcomes(asked, is_live, _counted(grants, parts, question.by, is_live), tuple(names))


def outcomes_of(
    draft: Draft,
    selection: Selection,
    nodes: list[FieldNode],
    source: mapping.Outcomes,
    arguments: Mapping[str, Any],
    asked: int,
) -> OutcomesOf:
    """Plan the statistics of a row's group.

    Raises: Lacking.
    """
    if source.dimension is None or source.local is None:
        raise TypeError("a field of a row says whose group it is")
    grants = draft.ground.grants
    names = _names(selection, nodes)
    is_live = _is_live(grants, arguments)
    parts = _counted(
        grants, {PARTS[name] for name in names if name in PARTS}, (source.dimension,), is_live
    )
    of = Outcomes(asked, is_live, parts, tuple(names))
    return OutcomesOf(of, source.dimension, draft.own(source.local))


def read_of(grants: Grants, dimension: str | None) -> tuple[str, ...]:
    """Name the tables whose rules narrow what is counted live, for a role that does."""
    if not grants.columns.keys() >= ALWAYS:
        return ()
    return ("treatment", "cohort") if dimension == "COHORT" else ("treatment",)


def _is_live(grants: Grants, arguments: Mapping[str, Any]) -> bool:
    return arguments.get("release") is None and grants.columns.keys() >= ALWAYS


def _counted(
    grants: Grants, parts: Iterable[Part], by: tuple[str, ...], is_live: bool
) -> frozenset[Part]:
    """Leave the parts that are counted at all.

    Raises: Lacking where the role may not read what one is counted from.
    """
    counted = frozenset(
        part for part in parts if is_live and (part is not Part.STAGE or by == ("COHORT",))
    )
    reads: Columns = frozenset().union(*map(needed, counted))
    if not reads <= grants.columns.keys():
        raise Lacking
    return counted


def _check_funnel(question: Question, node: FieldNode) -> None:
    """Refuse conditions that nobody has who was only screened.

    Raises: Refusal BAD_USER_INPUT.
    """
    of_treatment = [
        each.dimension for each in question.conditions if not DIMENSIONS[each.dimension].of_patient
    ]
    if of_treatment:
        fitting = ", ".join(name for name, each in DIMENSIONS.items() if each.of_patient)
        raise Refusal(
            Code.BAD_USER_INPUT,
            f"`funnel` counts who was screened, and {of_treatment[0]} is of treatments: "
            f"leave `funnel` out, or let `where` hold only {fitting}.",
            node,
        )


def _type(selection: Selection, name: str) -> GraphQLObjectType:
    type_ = selection.schema.type_map[name]
    if not isinstance(type_, GraphQLObjectType):
        raise TypeError(f"{name} is not an object type")
    return type_


def _names(selection: Selection, nodes: list[FieldNode]) -> list[str]:
    """List the fields of a row that are asked for, each as often as it is."""
    chosen = selection.fields(_type(selection, "OutcomeRow"), nodes).values()
    names = (each[0].name.value for each in chosen)
    return [name for name in names if not name.startswith("__")]
