"""Cursors: what is written is read again, in its own list alone, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.cursor import decode, digest
from resolvers.errors import Code, Refusal
from tests.forged_cursor import encode


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=16))
def test_a_cursor_is_read_where_it_was_written(place: str, belongs: str) -> None:
    written = encode([place, None, 1.5], belongs)
    assert decode(written, belongs, 3) == [place, None, 1.5]
    assert not set(written) & set("+/=")


@given(st.text(), st.text(), st.text())
def test_another_list_refuses_it(place: str, one: str, other: str) -> None:
    if one != other:
        with pytest.raises(Refusal) as refused:
            decode(encode([place], one), other, 1)
        assert refused.value.code is Code.BAD_USER_INPUT


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_nonsense_is_refused(nonsense: str) -> None:
    with pytest.raises(Refusal):
        decode(nonsense, digest("CONNECT", "patients"), 1)


def test_depth_is_refused() -> None:
    with pytest.raises(Refusal):
        decode("W1tb" * 100_000, "", 1)


def test_every_part_of_a_digest_counts() -> None:
    parts = [
        ("a", "b"),
        ("ab",),
        ("a", "b", ""),
        ("b", "a"),
        ("a", ["b"]),
        ("a", None),
        ("a", "None"),
    ]
    assert len({digest(*each) for each in parts}) == len(parts)
    assert digest("a", "b") == digest("a", "b")
