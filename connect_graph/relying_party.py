"""The relying party: what this server asks of a provider for the people on its page."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError

from connect_graph.auth import LEEWAY_SECONDS, Pinned
from connect_graph.issuer import TOKEN_TYPE, Issuer
from connect_graph.kept import Unfetched
from connect_graph.log import fields
from connect_graph.provider import (
    FAULTS,
    TIMEOUT_SECONDS,
    Metadata,
    asking,
    body,
    kept_metadata,
)
from connect_graph.registration import Registration

_LOG = logging.getLogger("connect_graph.sign_in")
_CODE = re.compile(r"[a-z_]{1,60}")
_NAMES = ("name", "preferred_username", "email")
_LONGEST_NAME = 100


class ProviderRefused(Exception):
    """The provider, or what it says, allows no sign-in; why is told to the log alone."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Hold what a provider gave."""

    access: str = field(repr=False)
    expires: int
    """{Unix time}"""
    refresh: str | None = field(repr=False)
    id_token: str | None = field(repr=False)


class RelyingParty:
    """Ask one provider, as the client that this page is registered as."""

    def __init__(self, registration: Registration, issuer: Issuer) -> None:
        self._registration = registration
        self._issuer = issuer
        self._metadata = kept_metadata(issuer.name)

    async def authorization(self, state: str, nonce: str, verifier: str) -> str:
        """Give where a person goes to sign in: the code flow with PKCE.

        Raises: Unfetched, ProviderRefused.
        """
        known = await self._metadata.value()
        challenge = hashlib.sha256(verifier.encode()).digest()
        return _with(
            _required(known.authorization_endpoint),
            {
                "response_type": "code",
                "client_id": self._registration.client_id,
                "redirect_uri": self._registration.redirect_uri,
                "scope": " ".join(self._registration.scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
                "code_challenge_method": "S256",
                **self._target,
            },
        )

    async def check_sender(self, named: str | None) -> None:
        """Check that an answer to an authorization request came from this provider: RFC 9207.

        Raises: Unfetched, ProviderRefused.
        """
        known: Metadata = await self._metadata.value()
        if named != self._issuer.name and (named is not None or known.names_itself):
            raise ProviderRefused("another issuer")

    async def redeem(self, code: str, verifier: str) -> Tokens:
        """Exchange a code for tokens.

        Raises: Unfetched, ProviderRefused.
        """
        return await self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._registration.redirect_uri,
                "code_verifier": verifier,
                **self._target,
            }
        )

    async def refresh(self, token: str) -> Tokens:
        """Exchange a refresh token for new tokens.

        Raises: Unfetched, ProviderRefused.
        """
        return await self._tokens(
            {"grant_type": "refresh_token", "refresh_token": token, **self._target}
        )

    async def revoke(self, token: str) -> None:
        """Tell the provider that a refresh token is no longer needed, where it wants to know.

        Raises: Unfetched, ProviderRefused.
        """
        known = await self._metadata.value()
        if known.revocation_endpoint is not None:
            await self._post(known.revocation_endpoint, {"token": token})

    async def farewell(self) -> str | None:
        """Give where a person ends the provider's own session, where it can be ended.

        Raises: Unfetched.
        """
        known = await self._metadata.value()
        if known.end_session_endpoint is None:
            return None
        registration = self._registration
        back = f"{registration.url}/graphiql"
        sent = {"client_id": registration.client_id, "post_logout_redirect_uri": back}
        return _with(known.end_session_endpoint, sent)

    async def person(self, id_token: str | None, nonce: str) -> tuple[str, str]:
        """Verify an id token; give the subject and a name to show.

        Raises: Unfetched, ProviderRefused.
        """
        try:
            claims = await self._verified(id_token or "")
            if not secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
                raise ValueError("nonce")
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderRefused("id token") from error
        told = [claims.get(name) for name in _NAMES]
        shown = [name for name in told if isinstance(name, str) and name and name.isprintable()]
        return claims["sub"], (shown or [claims["sub"]])[0][:_LONGEST_NAME]

    async def _verified(self, token: str) -> Mapping[str, Any]:
        header = jws.extract_compact(token.encode()).headers()
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self._issuer.algorithms or not isinstance(kid, str | None):
            raise ValueError("key")
        if str(header.get("typ")).lower().removeprefix("application/") == TOKEN_TYPE:
            raise ValueError("type")
        key = await self._issuer.keys.find(algorithm, kid)
        claims = jwt.decode(token, key, registry=Pinned(algorithms=[algorithm])).claims
        own = self._registration.client_id
        jwt.JWTClaimsRegistry(
            now=lambda: int(time.time()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer.name},
            aud={"essential": True, "value": own},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else own) != own:
            raise ValueError("authorized party")
        if not isinstance(claims["sub"], str) or not claims["sub"].isprintable():
            raise ValueError("subject")
        return claims

    @property
    def _target(self) -> dict[str, str]:
        wanted = {"resource": self._registration.resource, "audience": self._registration.audience}
        return {name: text for name, text in wanted.items() if text is not None}

    async def _tokens(self, form: Mapping[str, str]) -> Tokens:
        known = await self._metadata.value()
        told = await self._post(_required(known.token_endpoint), form)
        try:
            if str(told["token_type"]).lower() != "bearer":
                raise ValueError("token type")
            access = str(told["access_token"])
            expires = int(json.loads(jws.extract_compact(access.encode()).payload)["exp"])
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            _LOG.error(
                "the provider's access token is no JWT that ends: give a resource or an "
                "audience in CONNECT_SIGN_IN",
                extra=fields(),
            )
            raise ProviderRefused("access token") from error
        texts = (told.get("refresh_token"), told.get("id_token"))
        refresh, id_token = (text if isinstance(text, str) else None for text in texts)
        return Tokens(access, expires, refresh, id_token)

    async def _post(self, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        own = self._registration
        name, secret = quote_plus(own.client_id), quote_plus(own.client_secret)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), asking(url) as client:
                request = client.build_request("POST", url, data=dict(form))
                sent = await client.send(request, auth=httpx.BasicAuth(name, secret), stream=True)
                try:
                    content = await body(sent)
                finally:
                    await sent.aclose()
        except FAULTS as error:
            raise Unfetched(f"the provider did not answer ({type(error).__name__})") from error
        if sent.status_code >= 500:
            raise Unfetched(f"the provider answered {sent.status_code}")
        try:
            told = json.loads(content or b"{}")
        except (ValueError, RecursionError) as error:
            raise Unfetched("the provider answered no JSON") from error
        if sent.status_code != 200 or not isinstance(told, Mapping):
            code = told.get("error") if isinstance(told, Mapping) else None
            known = code if isinstance(code, str) and _CODE.fullmatch(code) else None
            _LOG.warning("a provider refused", extra=fields(status=sent.status_code, error=known))
            raise ProviderRefused("provider")
        return told


def _required(endpoint: str | None) -> str:
    if endpoint is None:
        raise Unfetched("its metadata lacks an endpoint of the code flow")
    return endpoint


def _with(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"
