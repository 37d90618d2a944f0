"""Places: the paths at which a page is answered."""

from __future__ import annotations

import re

PLAYGROUND = "/graphiql"
OUTCOMES = ("/", "/cohorts/{code}", "/biomarkers", "/resistance", "/release")
"""As routes are written: the outcome pages, which are one file."""
_OUTCOME = re.compile(r"/|/cohorts/[A-Za-z0-9%._~-]+|/biomarkers|/resistance|/release")


def outcome(path: str) -> str | None:
    """Give the route of an outcome page by its path, as a browser writes it; null: it is none."""
    if _OUTCOME.fullmatch(path) is None:
        return None
    return OUTCOMES[1] if path.startswith("/cohorts/") else path
