"""Dropping one condition: what it finds in texts as PostgreSQL writes them."""

from __future__ import annotations

import pytest

from tests.access.conjunct import dropped


@pytest.mark.parametrize(
    ("sql", "conditions"),
    [
        ("published", []),
        ("(published AND (a = 'x AND y'::text))", ["published", "(a = 'x AND y'::text)"]),
        ("((a IS NULL) OR (a > now()))", ["(a IS NULL)", "(a > now())"]),
        (
            "(EXISTS ( SELECT FROM connect.t t WHERE (t.id = x.t_id)))",
            ["(t.id = x.t_id)"],
        ),
        (
            "(id = ( SELECT s.id FROM s WHERE ((s.e IS NULL) OR (s.e <= now()))) AND b)",
            ["id = ( SELECT s.id FROM s WHERE ((s.e IS NULL) OR (s.e <= now())))", "b",
             "((s.e IS NULL) OR (s.e <= now()))", "(s.e IS NULL)", "(s.e <= now())"],
        ),
        (
            "SELECT 1 FROM a JOIN b ON b.x = a.x AND b.y = 1 WHERE a.z GROUP BY a.q",
            ["b.x = a.x", "b.y = 1", "a.z"],
        ),
        (
            "CASE k WHEN 'A' THEN r @> now() WHEN 'B' THEN x END AND CASE WHEN q THEN 1 END",
            ["r @> now()", "q"],
        ),
        ("(c IN ( SELECT c FROM (d c JOIN e a USING (drug_id))))", ["JOIN e a USING (drug_id)"]),
    ],
)  # fmt: skip
def test_each_condition_is_dropped_once(sql: str, conditions: list[str]) -> None:
    whole, *found = dropped(sql, expression=True)
    assert (whole.condition, whole.sql) == (sql, "true")
    assert sorted(each.condition for each in found) == sorted(conditions)
    assert len({each.sql for each in found}) == len(found)


def test_what_takes_its_place_changes_nothing_else() -> None:
    sql = "(a AND (b OR c))"
    rest = {each.condition: each.sql for each in dropped(sql, expression=False)}
    assert rest == {
        "a": "(true AND (b OR c))",
        "(b OR c)": "(a AND true)",
        "b": "(a AND (false OR c))",
        "c": "(a AND (b OR false))",
    }
