"""Sign-in: people reach a provider from the page and come back; the page gets its token here.

The graph itself takes no cookie. These cookies are for this module's own routes, which answer the
page of the same origin alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from connect_graph.auth import Authenticator
from connect_graph.kept import Unfetched
from connect_graph.log import fields
from connect_graph.place import PLAYGROUND, outcome
from connect_graph.registration import Registration
from connect_graph.relying_party import ProviderRefused, RelyingParty, Tokens
from connect_graph.seal import Seal
from resolvers.errors import Code, Refusal

ROUTES = ("/graphiql/sign-in", "/graphiql/callback", "/graphiql/token", "/graphiql/sign-out")
HEADER = "x-connect-graph"
"""A header that no foreign page can send without asking first, and nobody allows it then."""
ON_THE_WAY_SECONDS = 600
SESSION_SECONDS = 12 * 3600
SOON_SECONDS = 60
"""How long before its end a token is replaced."""
_REMEMBERED_SECONDS = 30.0
_LARGEST_COOKIE = 4_000
_LOG = logging.getLogger("connect_graph.sign_in")
_STRICT = {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class SignIn:
    """Answer the routes of sign-in."""

    def __init__(self, registration: Registration, party: RelyingParty, seal: Seal) -> None:
        self._registration = registration
        self._party = party
        self._seal = seal
        self._refreshing: dict[bytes, asyncio.Task[Tokens]] = {}

    @property
    def link(self) -> str:
        """Give where the page's "Sign in" leads: the public address, whatever this one is."""
        return f"{self._registration.url}{ROUTES[0]}"

    def routes(self) -> list[Route]:
        """Give the routes."""
        leave, callback, token, out = ROUTES
        return [
            Route(leave, self.leave, methods=["GET"]),
            Route(callback, self.come_back, methods=["GET"]),
            Route(token, self.token, methods=["POST"]),
            Route(out, self.sign_out, methods=["POST"]),
        ]

    async def leave(self, request: Request) -> Response:
        """Send a person to the provider, and remember what must come back, and from which page."""
        place = request.query_params.get("from", "")
        place = place if outcome(place) is not None else PLAYGROUND
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        try:
            target = await self._party.authorization(state, nonce, verifier)
        except Unfetched:
            return self._back("unavailable", place)
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "place": place}
        response = RedirectResponse(target, 303, _STRICT)
        until = int(time.time()) + ON_THE_WAY_SECONDS
        self._set(response, "sign_in", self._seal.close("sign_in", kept, until))
        return response

    async def come_back(self, request: Request) -> Response:
        """Take the provider's answer, exchange the code, and begin a session."""
        given = request.query_params
        kept = self._seal.open("sign_in", request.cookies.get(self._name("sign_in")))
        state = given.get("state", "")
        if kept is None or not secrets.compare_digest(kept["state"].encode(), state.encode()):
            return self._back("stale", PLAYGROUND if kept is None else _place(kept))
        place = _place(kept)
        try:
            await self._party.check_sender(given.get("iss"))
            if "error" in given or "code" not in given:
                raise ProviderRefused("no code")
            tokens = await self._party.redeem(given["code"], kept["verifier"])
            subject, name = await self._party.person(tokens.id_token, kept["nonce"])
            await _authenticator(request).caller(f"Bearer {tokens.access}")
        except Unfetched:
            return self._back("unavailable", place)
        except ProviderRefused as refused:
            _LOG.warning("a sign-in was refused: %s", refused, extra=fields())
            return self._back("refused", place)
        except Refusal as refusal:
            told = "a sign-in gave an access token that is not believed here: %s"
            _LOG.error(told, refusal.code.value, extra=fields())
            return self._back("unavailable" if refusal.code is Code.UNAVAILABLE else "unfit", place)
        session = {"subject": subject, "name": name, "refresh": tokens.refresh}
        response = self._back(None, place)
        until = int(time.time()) + SESSION_SECONDS
        if not self._keep(response, session, tokens, until):
            return self._back("unfit", place)
        return response

    async def token(self, request: Request) -> Response:
        """Give the page its token, a new one where the old one ends soon."""
        if not self._is_own_page(request):
            return _foreign()
        sealed = request.cookies.get(self._name("session"))
        session = self._seal.open("session", sealed)
        if session is None:
            return self._ended("absent" if sealed is None else "expired")
        held = self._seal.open("token", request.cookies.get(self._name("token")))
        if held is not None and held["until"] - time.time() > SOON_SECONDS:
            return JSONResponse(_signed_in(session, held), headers=_STRICT)
        try:
            if session["refresh"] is None:
                raise ProviderRefused("no refresh token")
            tokens = await self._refreshed(session["refresh"])
            await _authenticator(request).caller(f"Bearer {tokens.access}")
        except Unfetched:
            if held is None:
                return JSONResponse({"state": "unavailable"}, headers=_STRICT)
            return JSONResponse(_signed_in(session, held), headers=_STRICT)
        except (ProviderRefused, Refusal):
            if held is None:
                return self._ended("expired")
            return JSONResponse(_signed_in(session, held), headers=_STRICT)
        fresh = {**session, "refresh": tokens.refresh or session["refresh"]}
        told = _signed_in(session, {"access": tokens.access, "until": tokens.expires})
        response = JSONResponse(told, headers=_STRICT)
        if not self._keep(response, fresh, tokens, session["until"]):
            return self._ended("expired")
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session here, and tell where the provider's own is ended."""
        if not self._is_own_page(request):
            return _foreign()
        session = self._seal.open("session", request.cookies.get(self._name("session")))
        farewell = None
        try:
            if session is not None and session["refresh"] is not None:
                await self._party.revoke(session["refresh"])
            farewell = await self._party.farewell()
        except (Unfetched, ProviderRefused):
            _LOG.warning("a refresh token could not be revoked", extra=fields())
        response = JSONResponse({"state": "absent", "next": farewell}, headers=_STRICT)
        self._forget(response, "session", "token")
        return response

    async def _refreshed(self, token: str) -> Tokens:
        """Refresh once for all tabs: a refresh token may be good for one use alone."""
        name = hashlib.sha256(token.encode()).digest()
        if name not in self._refreshing:
            self._refreshing[name] = asyncio.create_task(self._party.refresh(token))
            loop = asyncio.get_running_loop()
            loop.call_later(_REMEMBERED_SECONDS, self._refreshing.pop, name, None)
        return await asyncio.shield(self._refreshing[name])

    def _is_own_page(self, request: Request) -> bool:
        headers = request.headers
        return (
            headers.get("origin") == self._registration.origin
            and headers.get("sec-fetch-site", "same-origin") == "same-origin"
            and headers.get(HEADER) == "page"
        )

    def _back(self, reason: str | None, place: str) -> RedirectResponse:
        """Send a person to the page that they came from; a sign-in leads nowhere else."""
        told = "" if reason is None else f"#sign-in={reason}"
        target = f"{self._registration.url}{place}{told}"
        response = RedirectResponse(target, 303, _STRICT)
        self._forget(response, "sign_in")
        return response

    def _ended(self, state: str) -> Response:
        response = JSONResponse({"state": state}, headers=_STRICT)
        self._forget(response, "session", "token")
        return response

    def _keep(
        self, response: Response, session: Mapping[str, Any], tokens: Tokens, until: int
    ) -> bool:
        """Keep a session in the browser; tell whether it has room there."""
        cookies = {
            "session": self._seal.close("session", session, until),
            "token": self._seal.close("token", {"access": tokens.access}, tokens.expires),
        }
        if any(len(text) > _LARGEST_COOKIE for text in cookies.values()):
            _LOG.error("the provider's tokens are too large for a cookie", extra=fields())
            return False
        for name, text in cookies.items():
            self._set(response, name, text)
        return True

    def _name(self, name: str) -> str:
        return f"{'__Secure-' if self._registration.is_secure else ''}connect_{name}"

    def _set(self, response: Response, name: str, text: str) -> None:
        # The provider's answer comes from elsewhere, and Lax lets it bring the cookie of the way
        # there; the session is for what the page itself asks.
        response.set_cookie(
            self._name(name),
            text,
            path=self._registration.path,
            secure=self._registration.is_secure,
            httponly=True,
            samesite="lax" if name == "sign_in" else "strict",
        )

    def _forget(self, response: Response, *names: str) -> None:
        for name in names:
            response.delete_cookie(
                self._name(name),
                path=self._registration.path,
                secure=self._registration.is_secure,
                httponly=True,
                samesite="lax" if name == "sign_in" else "strict",
            )


def _authenticator(request: Request) -> Authenticator:
    found: Authenticator = request.app.state.authenticator
    return found


def _signed_in(session: Mapping[str, Any], held: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "state": "signed-in",
        "token": held["access"],
        "expiresIn": max(0, int(held["until"] - time.time())),
        "name": session["name"],
    }


def _place(kept: Mapping[str, Any]) -> str:
    place: str = kept.get("place", PLAYGROUND)  # a server of before kept none
    return place


def _foreign() -> Response:
    message = "This is for the page at its own address alone."
    return JSONResponse({"message": message}, 403, _STRICT)
