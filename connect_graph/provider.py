"""A provider: what it publishes of itself, fetched with bounds, and its metadata."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from connect_graph.kept import Kept, Unfetched

TIMEOUT_SECONDS = 5.0
MOST_BYTES = 262_144
FAULTS = (httpx.HTTPError, httpx.InvalidURL, TimeoutError)
_WELL_KNOWN = "/.well-known/openid-configuration"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_PRINTABLE = re.compile(r"[!-~]+")


def is_loopback(url: str) -> bool:
    """Tell whether a URL leads to this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def is_safe(url: object) -> bool:
    """Tell whether keys and tokens may come from a URL: https, or http on this machine."""
    if not isinstance(url, str) or not _PRINTABLE.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))


def discovery(issuer: str) -> str:
    """Give the URL of an issuer's metadata."""
    return f"{issuer.rstrip('/')}{_WELL_KNOWN}"


def asking(url: str) -> httpx.AsyncClient:
    """Make a client that follows nothing and waits for nothing long; no proxy to this machine."""
    return httpx.AsyncClient(
        verify=_certificates(),
        timeout=TIMEOUT_SECONDS,
        follow_redirects=False,
        trust_env=not is_loopback(url),
    )


async def document(url: str) -> Any:
    """Fetch a JSON document.

    Raises: Unfetched.
    """
    try:
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            asking(url) as client,
            client.stream("GET", url) as response,
        ):
            if response.status_code != 200:
                raise Unfetched(f"its provider answered {response.status_code}")
            return json.loads(await body(response))
    except FAULTS as error:
        raise Unfetched(f"its provider did not answer ({type(error).__name__})") from error
    except (ValueError, RecursionError) as error:
        raise Unfetched("its provider answered no JSON") from error


async def body(response: httpx.Response) -> bytes:
    """Read what a provider answers, within bounds.

    Raises: Unfetched.
    """
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > MOST_BYTES:
            raise Unfetched(f"its provider answered more than {MOST_BYTES} bytes")
    return bytes(content)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Hold what a provider says of itself, as far as it is used."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    revocation_endpoint: str | None = None
    end_session_endpoint: str | None = None
    names_itself: bool = False
    """Its answers to an authorization request name it: RFC 9207."""


async def metadata(issuer: str) -> Metadata:
    """Fetch an issuer's metadata; it must be that issuer's own, to the letter.

    Raises: Unfetched.
    """
    told = await document(discovery(issuer))
    if not isinstance(told, Mapping) or told.get("issuer") != issuer:
        raise Unfetched("its metadata names another issuer")
    urls = {
        name: told.get(name)
        for name in (
            "jwks_uri",
            "authorization_endpoint",
            "token_endpoint",
            "revocation_endpoint",
            "end_session_endpoint",
        )
    }
    for name, url in urls.items():
        if (url is not None or name == "jwks_uri") and not is_safe(url):
            raise Unfetched(f"its metadata has no {name} with https")
    named = told.get("authorization_response_iss_parameter_supported") is True
    return Metadata(issuer, names_itself=named, **urls)  # type: ignore[arg-type]


def kept_metadata(issuer: str) -> Kept[Metadata]:
    """Keep an issuer's metadata."""
    return Kept(lambda: metadata(issuer), "the metadata of an issuer")


@cache
def _certificates() -> ssl.SSLContext:
    """Give the machine's own authorities: a hospital's are among them."""
    return ssl.create_default_context()
