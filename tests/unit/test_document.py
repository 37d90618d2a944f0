"""The places of a document: as the library tells them, and quickly."""

from __future__ import annotations

import pytest
from graphql import Source
from hypothesis import assume, given
from hypothesis import strategies as st

from resolvers.document import Document
from tests.extent import trying


@pytest.mark.property
@trying(ci=200, nightly=5_000)
@given(st.text("a {\n\ré"), st.integers(0, 40))
def test_places_are_those_of_the_library(text: str, position: int) -> None:
    assume(position <= len(text))
    assume(text[position - 1 : position + 1] != "\r\n")  # nothing begins within a line's end
    assert Document(text).get_location(position) == Source(text).get_location(position)


def test_lines_are_counted_once() -> None:
    """20,000 errors at the end of a long document would otherwise take minutes."""
    document = Document("\n" * 500_000 + "{ a }")
    for _ in range(20_000):
        assert document.get_location(500_002).line == 500_001
