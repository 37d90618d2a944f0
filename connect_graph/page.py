"""The pages: outcomes, and the playground at /graphiql, with the files that are built for them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from html import escape
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from types import MappingProxyType

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
)
from starlette.routing import Route

from connect_graph.compression import takes_gzip
from connect_graph.place import OUTCOMES, PLAYGROUND
from connect_graph.sign_in import SignIn

Tokens = Callable[[], Coroutine[None, None, Mapping[str, str]]]
"""Makes a token for each role of the demonstration."""

ASSETS = Path(__file__).resolve().parent / "assets"
POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_STRICT = MappingProxyType(
    {
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
)
_HASHED = re.compile(r"[A-Za-z][A-Za-z0-9.-]*-[A-Z0-9]{8}\.(js|css|ttf|txt)")
_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8",
}
_NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Connect Graph</title>
<p>This page has not been built: run make setup, and reload.</p></html>
"""
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
_NAMES = {"localhost", "127.0.0.1", "[::1]"}


def routes(
    tokens: Tokens | None = None, assets: Path = ASSETS, *, sign_in: SignIn | None = None
) -> list[Route]:
    """Give the pages' routes; the demonstration's tokens and sign-in only where they are given."""
    told = {} if tokens is None else {"demonstration": "yes"}
    if sign_in is not None:
        told["sign-in"] = sign_in.link

    async def playground(_request: Request) -> Response:
        return _page(assets / "playground.html", told)

    async def outcomes(request: Request) -> Response:
        root = ".." if "code" in request.path_params else "."
        return _page(assets / "outcomes.html", told, root)

    async def asset(request: Request) -> Response:
        return _asset(assets, request.path_params["name"], request.headers)

    found = [
        Route(PLAYGROUND, playground, methods=["GET"]),
        *(Route(path, outcomes, methods=["GET"]) for path in OUTCOMES),
        Route("/graphiql/assets/{name}", asset, methods=["GET"]),
    ]
    if tokens is not None:
        found.append(Route("/graphiql/demo-tokens", _telling(tokens), methods=["GET"]))
    if sign_in is not None:
        found += sign_in.routes()
    return found


def _page(file: Path, told: Mapping[str, str], root: str = ".") -> Response:
    """Answer a page; what it asks for is relative to `root`."""
    headers = {**_STRICT, "cache-control": "no-cache"}
    try:
        text = file.read_text()
    except FileNotFoundError:
        return HTMLResponse(_NOT_BUILT, 503, {**headers, "cache-control": "no-store"})
    for name, value in told.items():
        text = text.replace(f'data-{name}="no"', f'data-{name}="{escape(value)}"', 1)
    text = text.replace("@root", root)
    return HTMLResponse(text, headers=headers)


def _asset(assets: Path, name: str, asked: Headers) -> Response:
    """Answer a file whose name holds its hash: it never changes, so it is kept for ever."""
    match = _HASHED.fullmatch(name)
    path = assets / name
    if match is None or not path.is_file():
        return PlainTextResponse("There is no such file.\n", 404)
    headers = {
        **_STRICT,
        "cache-control": "public, max-age=31536000, immutable",
        "vary": "accept-encoding",
    }
    if takes_gzip(asked.get("accept-encoding", "")):
        path = assets / f"{name}.gz"
        headers["content-encoding"] = "gzip"
    return FileResponse(path, headers=headers, media_type=_TYPES[match[1]])


def _telling(tokens: Tokens) -> Callable[[Request], Awaitable[Response]]:
    async def tell(request: Request) -> Response:
        headers = {
            **_STRICT,
            "cache-control": "no-store",
            "cross-origin-resource-policy": "same-origin",
        }
        if not _from_here(request):
            said = "The demonstration's tokens are for the machine that it runs on."
            return JSONResponse({"message": said}, 403, headers)
        return JSONResponse(dict(await tokens()), headers=headers)

    return tell


def _from_here(request: Request) -> bool:
    """Tell whether a request was made on this machine, to it, and passed on by nobody.

    Its name counts too: a foreign page may have its own name resolve to this machine.
    """
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    if re.sub(r":\d+$", "", request.headers.get("host", "").lower()) not in _NAMES:
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback
