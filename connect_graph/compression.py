"""Compression: answers and files go gzipped to who takes it, as `Accept-Encoding` says.

The size of a compressed answer can tell of a secret that stands beside what an attacker chose,
where a browser can be made to ask with the secret's credentials. Here it cannot: a token travels
in a header that only a program sets, never in a cookie.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache

from starlette.responses import Response

LEAST_BYTES = 1_000
_LEVEL = 3  # takes half as long as 5, for one part in 15 more bytes


def compress(response: Response, accepted: str | None) -> None:
    """Compress an answer that is large enough, for who takes that, and say what it varied by."""
    varied = response.headers.get("vary")
    response.headers["vary"] = f"{varied}, Accept-Encoding" if varied else "Accept-Encoding"
    if len(response.body) >= LEAST_BYTES and takes_gzip(accepted or ""):
        response.body = gzip.compress(response.body, _LEVEL, mtime=0)
        response.headers["content-encoding"] = "gzip"
        response.headers["content-length"] = str(len(response.body))


@lru_cache(maxsize=64)
def takes_gzip(accepted: str) -> bool:
    """Tell whether an `Accept-Encoding` takes gzip, by its name or by `*`, and not with q=0."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        weights[name.strip()] = re.fullmatch(r"\s*q=0(\.0*)?\s*", weight) is None
    return weights.get("gzip", weights.get("*", False))
