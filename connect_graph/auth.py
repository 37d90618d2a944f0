"""Authentication: a token says who asks; our memberships say as what, and in which scope."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from connect_graph.believed import Recent, Tokens, Verified
from connect_graph.issuer import TOKEN_TYPE, Issuer
from connect_graph.kept import Unfetched
from db.pool import Pool
from db.viewer import NOTHING, Caller, Viewer, holds, identify
from resolvers.errors import Code, Refusal

LEEWAY_SECONDS = 30
_BEARER = re.compile(r"^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$", re.IGNORECASE)
_LONGEST = 8_192
_ORGANISATION = re.compile(r"[0-9]{9}")


class Pinned(JWSRegistry):
    """Take the algorithms that were named here, and warn of none: the operator chose them."""

    def get_alg(self, name: str) -> Any:
        """Give an algorithm that was named."""
        if name not in (self.allowed or ()):
            raise ValueError("algorithm")
        return self.algorithms[name]


class Authenticator:
    """Find out who asks, and as what."""

    def __init__(self, issuers: Sequence[Issuer], identity: Pool) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._identity = identity
        self._tokens = Tokens()
        self._viewers: Recent[Caller, tuple[Viewer, ...]] = Recent()

    async def viewer(self, headers: Mapping[str, str]) -> Viewer:
        """Authenticate a request and choose its scope.

        Raises: Refusal UNAUTHENTICATED, SCOPE_REQUIRED, SCOPE_REFUSED, PURPOSE_REQUIRED.
        """
        return await self.admit(await self.caller(headers.get("authorization")), headers)

    async def admit(self, caller: Caller, headers: Mapping[str, str]) -> Viewer:
        """Choose the scope of a caller who was verified.

        Raises: Refusal SCOPE_REQUIRED, SCOPE_REFUSED, PURPOSE_REQUIRED.
        """
        held, proof = await identify(self._identity, caller)
        if held:
            self._viewers.keep(caller, tuple(replace(each, proof=proof) for each in held))
        else:
            self._viewers.forget(caller)
        return _chosen(held, headers)

    def known(self, caller: Caller, headers: Mapping[str, str]) -> Viewer | None:
        """Choose the scope of a caller who was admitted before; None where none fits.

        What is answered as this viewer holds only where the viewer's proof does.
        """
        held = self._viewers.get(caller)
        if held is None:
            return None
        try:
            return _chosen(held, headers)
        except Refusal:
            return None

    async def holds(self, viewer: Viewer) -> bool:
        """Tell whether a viewer is still as they were told."""
        return viewer.proof == NOTHING or await holds(self._identity, viewer)

    async def caller(self, authorization: str | None) -> Caller:
        """Verify a bearer token: signature, issuer, audience, times and type, all pinned.

        Raises: Refusal UNAUTHENTICATED, which never says what was wrong with the token, and
        UNAVAILABLE where its issuer's keys were never had.
        """
        if authorization is None:
            raise Refusal(
                Code.UNAUTHENTICATED, "Give a token in the header Authorization: Bearer …"
            )
        try:
            if (known := await self._tokens.caller(authorization)) is not None:
                return known
            match = _BEARER.match(authorization)
            if match is None or len(authorization) > _LONGEST:
                raise _unauthenticated()
            return self._tokens.keep(authorization, await self._verify(match[1]))
        except Unfetched as error:
            raise Refusal(
                Code.UNAVAILABLE,
                "The keys of the token's issuer cannot be had: try again later.",
            ) from error
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise _unauthenticated() from error

    async def _verify(self, token: str) -> Verified:
        # Which issuer's keys to try stands in the token before it can be believed; nothing else
        # of it is used before the signature holds.
        unverified = jws.extract_compact(token.encode())
        header = unverified.headers()
        kind = str(header.get("typ")).lower().removeprefix("application/")
        if kind != TOKEN_TYPE or "crit" in header:
            raise ValueError("type")
        issuer = self._issuers[_named_issuer(unverified.payload)]
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in issuer.algorithms or not isinstance(kid, str | None):
            raise ValueError("key")
        key = await issuer.keys.find(algorithm, kid)
        verified = jwt.decode(token, key, registry=Pinned(algorithms=[algorithm]))
        jwt.JWTClaimsRegistry(
            now=lambda: int(time.time()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer.name},
            aud={"essential": True, "value": issuer.audience},
            sub={"essential": True},
            exp={"essential": True},
            nbf={"essential": False},
        ).validate(verified.claims)
        if verified.claims["aud"] != issuer.audience:  # a list would be good elsewhere too
            raise ValueError("audience")
        organisation = verified.claims[issuer.organisation_claim]
        subject = verified.claims["sub"]
        if not isinstance(subject, str) or not subject or not subject.isprintable():
            raise ValueError("subject")
        if not isinstance(organisation, str) or not _ORGANISATION.fullmatch(organisation):
            raise ValueError("organisation")
        caller = Caller(issuer.name, organisation, subject)
        begins = max(verified.claims.get(name, 0) for name in ("nbf", "iat"))
        since, until = begins - LEEWAY_SECONDS, verified.claims["exp"] + LEEWAY_SECONDS
        return Verified(caller, issuer, algorithm, kid, key, since, until)


def _named_issuer(payload: bytes) -> str:
    claims = json.loads(payload)
    name = claims["iss"]
    if not isinstance(name, str):
        raise TypeError("issuer")
    return name


def _chosen(held: tuple[Viewer, ...], headers: Mapping[str, str]) -> Viewer:
    return _for_purpose(_in_scope(held, headers.get("x-scope")), headers.get("x-purpose"))


def _in_scope(held: tuple[Viewer, ...], wanted: str | None) -> Viewer:
    if wanted is None:
        if len(held) == 1:
            return held[0]
        if not held:
            raise Refusal(
                Code.SCOPE_REFUSED,
                "You hold no membership that is valid now: ask the data office for one.",
            )
        codes = ", ".join(viewer.scope for viewer in held)
        raise Refusal(Code.SCOPE_REQUIRED, f"Name one of your scopes in X-Scope: {codes}.")
    for viewer in held:
        if viewer.scope == wanted:
            return viewer
    raise Refusal(
        Code.SCOPE_REFUSED, "The scope in X-Scope is not one that you hold, or not valid now."
    )


def _for_purpose(viewer: Viewer, stated: str | None) -> Viewer:
    purposes = ", ".join(viewer.purposes)
    if stated is None and viewer.purpose is None:
        raise Refusal(Code.PURPOSE_REQUIRED, f"State a purpose in X-Purpose: {purposes}.")
    if stated is not None and stated not in viewer.purposes:
        raise Refusal(
            Code.SCOPE_REFUSED, f"The scope {viewer.scope} is for other purposes: {purposes}."
        )
    return viewer if stated is None else replace(viewer, purpose=stated)


def _unauthenticated() -> Refusal:
    return Refusal(Code.UNAUTHENTICATED, "The token is not valid: get a new one and try again.")
