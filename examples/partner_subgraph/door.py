"""The door of a partner's subgraph: who has no valid token is refused, and no fault leaves it.

It listens on HOST (127.0.0.1) and PORT, and believes the tokens that the gateway ISSUER signed for
AUDIENCE, by the public keys at KEYS: the path or URL of a JWKS, read again every five minutes.
"""

import json
import os
import time
from asyncio import to_thread
from functools import lru_cache
from pathlib import Path
from urllib.request import urlopen

import uvicorn
from graphql import GraphQLError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.extensions import MaskErrors
from strawberry.federation import Schema


@lru_cache(maxsize=1)
def keys(_period: int) -> KeySet:
    place = os.environ["KEYS"]
    url = place if "://" in place else Path(place).absolute().as_uri()
    with urlopen(url, timeout=5) as answer:  # noqa: S310  the operator's own setting
        return KeySet.import_key_set(json.load(answer))


def verify(authorization: str) -> None:
    scheme, _, text = authorization.partition(" ")
    token = jwt.decode(text, keys(int(time.monotonic() // 300)), ["ES256"])
    needed = jwt.JWTClaimsRegistry(leeway=30, sub={"essential": True}, exp={"essential": True})
    needed.validate(token.claims)
    kind = str(token.header.get("typ")).lower()
    shown = (scheme.lower(), kind, token.claims.get("iss"), token.claims.get("aud"))
    if shown != ("bearer", "partner+jwt", os.environ["ISSUER"], os.environ["AUDIENCE"]):
        raise ValueError("not for us")


class Door(GraphQL):
    """Let nobody in without a valid token: nothing is read before."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await to_thread(verify, Headers(scope=scope).get("authorization", ""))
        except (JoseError, ValueError, TypeError, RecursionError):
            error = {"message": "Give a valid token.", "extensions": {"code": "UNAUTHENTICATED"}}
            challenge = {"WWW-Authenticate": "Bearer"}
            await JSONResponse({"errors": [error]}, 401, challenge)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Masked(MaskErrors):
    """Tell of a fault without its sentence, by the code that lets the rest of an answer stand."""

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        masked = super().anonymise_error(error)
        masked.extensions = {"code": "SUBGRAPH_UNAVAILABLE"}
        return masked


def serve(schema: Schema) -> None:
    keys(0)  # rather not start than start without them
    door = Door(schema, graphql_ide=None, allow_queries_via_get=False)
    ready = Route("/ready", lambda _: PlainTextResponse("ready"))
    app = Starlette(routes=[Route("/graphql", door), ready])
    uvicorn.run(app, host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ["PORT"]))
