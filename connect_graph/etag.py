"""ETags: who has an answer already is told so, and is not sent it again.

What is told is still asked, decided and audited: nothing of an answer is kept here.
"""

from __future__ import annotations

import hashlib
import json
import re

from starlette.responses import Response

from connect_graph.compression import LEAST_BYTES
from db.viewer import Viewer

_VARIES = ("Authorization", "X-Scope", "X-Purpose", "Accept")
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def conditional(response: Response, viewer: Viewer, held: str | None) -> Response:
    """Give an answer its ETag, or tell its viewer that what `If-None-Match` holds is still it.

    It is weak, since the same answer may leave gzipped, and of the viewer: no two share one.
    """
    tag = _tag(response, viewer)
    small = len(response.body) < LEAST_BYTES
    if held is not None and (held.strip() == "*" or tag in _TAG.findall(held)):
        response, small = Response(status_code=304), True
    response.headers["etag"] = f"W/{tag}"
    response.headers["cache-control"] = "private, no-cache"
    # What is large enough to be compressed is said to vary by that where it is done.
    response.headers["vary"] = ", ".join([*_VARIES, *(["Accept-Encoding"] if small else [])])
    return response


def _tag(response: Response, viewer: Viewer) -> str:
    asked = json.dumps([*viewer.settings, viewer.role.value, response.media_type])
    digest = hashlib.sha256(asked.encode())
    digest.update(response.body)
    return f'"{digest.hexdigest()[:32]}"'
