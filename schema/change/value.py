"""Fields of inputs: what must be given, and what may be left out."""

from __future__ import annotations

from typing import Any

import strawberry


def given(description: str) -> Any:
    """Declare what must be given."""
    return strawberry.field(description=description)


def optional(description: str) -> Any:
    """Declare what may be left out, which is not the same as null."""
    return strawberry.field(description=description, default=strawberry.UNSET)


UNCHANGED = "Left out: as it was."
CODE = "1 to 40 of A to Z, 0 to 9 and hyphens."
CHANGED = "False: it was so already, and nothing was written."
