"""The text of a document, which tells quickly where in it something stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from graphql import Source, SourceLocation

_END = re.compile(r"\r\n|[\n\r]")


class Document(Source):
    """Know where the lines begin: each error would otherwise count them again from the start."""

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _END.finditer(self.body))]

    def get_location(self, position: int) -> SourceLocation:
        """Tell the line and column of a position, from 1."""
        line = bisect_right(self._starts, position)
        return SourceLocation(line, position + 1 - self._starts[line - 1])
