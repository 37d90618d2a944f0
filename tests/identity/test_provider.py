"""What a provider publishes is fetched within bounds, from itself, over a connection that holds."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connect_graph import provider
from connect_graph.kept import Unfetched

HEAD = "HTTP/1.1 {} OK\r\nconnection: close\r\n{}\r\n"


@asynccontextmanager
async def answering(
    answer: Callable[[str], str], secured: ssl.SSLContext | None = None, pause: float = 0
) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve answers to paths; give the address and the paths that were asked for."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).decode().split()[1]
            asked.append(path)
            for piece in answer(path).splitlines(keepends=True):
                writer.write(piece.encode())
                await writer.drain()
                await asyncio.sleep(pause)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=secured)
    async with server:
        scheme = "http" if secured is None else "https"
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def said(body: str, status: int = 200, header: str = "") -> str:
    return HEAD.format(status, header) + body


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said('{"a": 1}'), None),
        (said("<html>"), "no JSON"),
        (said("[" * 100_000), "no JSON"),
        (said("", 404), "answered 404"),
        (said("{}", 500), "answered 500"),
        (said("{}", 302, "location: /elsewhere\r\n"), "answered 302"),
        (said(f'"{"x" * provider.MOST_BYTES}"'), "more than"),
        ("nonsense\r\n\r\n", "did not answer"),
        ("", "did not answer"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_document_is_small_and_where_it_should_be(answer: str, reason: str | None) -> None:
    async with answering(lambda _path: answer) as (url, asked):
        if reason is None:
            assert await provider.document(f"{url}/keys") == {"a": 1}
        else:
            with pytest.raises(Unfetched, match=reason):
                await provider.document(f"{url}/keys")
        assert asked == ["/keys"]


async def test_a_provider_that_dawdles_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece comes in time, and all of them do not."""
    monkeypatch.setattr(provider, "TIMEOUT_SECONDS", 0.5)
    async with answering(lambda _path: said("\n" * 100), pause=0.1) as (url, _):
        with pytest.raises(Unfetched, match="TimeoutError"):
            await provider.document(url)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"issuer": "https://issuer.example"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"jwks_uri": None}, "no jwks_uri"),
        ({"jwks_uri": "http://issuer.example/jwks"}, "no jwks_uri"),
        ({"token_endpoint": "http://issuer.example/token"}, "no token_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no authorization_endpoint"),
        ({"end_session_endpoint": ["https://a"]}, "no end_session_endpoint"),
    ],
)
async def test_metadata_is_the_issuers_own(changes: dict[str, Any], reason: str | None) -> None:
    told: dict[str, Any] = {}
    async with answering(lambda _path: said(json.dumps(told))) as (url, asked):
        told |= {"issuer": f"{url}/a", "jwks_uri": f"{url}/jwks", **changes}
        if reason is None:
            found = await provider.metadata(f"{url}/a")
            assert (found.jwks_uri, found.names_itself) == (f"{url}/jwks", False)
        else:
            with pytest.raises(Unfetched, match=reason):
                await provider.metadata(f"{url}/a")
        assert asked == ["/a/.well-known/openid-configuration"]


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make an authority that nobody knows, and what serves with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a hospital")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(minutes=10))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    place = folder / "authority"
    pem = made.public_bytes(serialization.Encoding.PEM)
    place.write_bytes(pem)
    both = folder / "both"
    both.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, place


async def test_a_connection_holds_by_an_authority_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certificate(tmp_path)
    fresh = provider._certificates.__wrapped__
    async with answering(lambda _path: said("{}"), context) as (url, _):
        with pytest.raises(Unfetched, match="ConnectError"):
            await provider.document(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        monkeypatch.setattr(provider, "_certificates", fresh)
        assert await provider.document(url) == {}
