"""ETags: who has an answer already is told so, and is not sent it again.

What is told is still asked, decided and audited: nothing of an answer is kept here.
"""

from __future__ import annotations

import hashlib
import json
import re

from starlette.responses import Response

from db.viewer import Viewer

_VARIES = "Authorization, X-Scope, X-Purpose, Accept"
"""What else it varies by, is said where it is compressed."""
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def conditional(response: Response, viewer: Viewer, held: str | None) -> Response:
    """Give an answer its ETag, or tell its viewer that what `If-None-Match` holds is still it.

    It is weak, since the same answer may leave gzipped, and of the viewer: no two share one.
    """
    tag = _tag(response, viewer)
    if held is not None and (held.strip() == "*" or tag in _TAG.findall(held)):
        response = Response(status_code=304)
    response.headers["etag"] = f"W/{tag}"
    response.headers["cache-control"] = "private, no-cache"
    response.headers["vary"] = _VARIES
    return response


def _tag(response: Response, viewer: Viewer) -> str:
    asked = json.dumps([*viewer.settings, viewer.role.value, response.media_type])
    digest = hashlib.sha256(asked.encode())
    digest.update(response.body)
    return f'"{digest.hexdigest()[:32]}"'
