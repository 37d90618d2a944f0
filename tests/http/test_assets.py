"""The pages and their files: what `make setup` built, as it is served and packed."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import shutil
import sys
import zipfile
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from starlette.applications import Starlette

from connect_graph.page import ASSETS, POLICY, Tokens, routes
from tests.world import ROOT

MOST_BYTES = {"/": 350_000, "/graphiql": 2_600_000}
"""Of a page with all that it may load."""
PATHS = ("/", "/cohorts/A%20code", "/biomarkers", "/resistance", "/release")
HERE = "http://127.0.0.1:8000"
TELLING = "/graphiql/demo-tokens"
NAMES = sorted(path.name for path in ASSETS.glob("*.js") if path.name.startswith("outcomes-"))


async def tokens() -> Mapping[str, str]:
    return {"researcher": "a.b.c"}


async def get(
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    told: Tokens | None = None,
    assets: Path = ASSETS,
    client: str = "127.0.0.1",
    base: str = HERE,
) -> httpx.Response:
    app = Starlette(routes=routes(told, assets))
    transport = httpx.ASGITransport(app, client=(client, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=base) as asking:
        return await asking.get(path, headers=headers)


def strict(response: httpx.Response) -> bool:
    headers = response.headers
    return (
        headers["content-security-policy"] == POLICY
        and headers["x-content-type-options"] == "nosniff"
        and headers["referrer-policy"] == "no-referrer"
    )


@pytest.mark.parametrize("path", ["/graphiql", *PATHS])
async def test_the_served_pages(url: str, path: str) -> None:
    async with httpx.AsyncClient() as client:
        page = await client.get(f"{url}{path}")
        assert page.status_code == 200, page.text
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["cache-control"] == "no-cache"
        assert strict(page)
        named = re.findall(r'(?:href|src)="(\.[^"]+)"', page.text)
        assert len(named) == 3
        for name in named:
            file = await client.get(urljoin(f"{url}{path}", name))
            assert file.status_code == 200
            assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert strict(file)
    assert not re.search(r'(href|src)="(https?:)?//', page.text)


@pytest.mark.parametrize(
    "path", ["/cohorts", "/cohorts/", "/cohorts/a/b", "/cohort", "/releases", "/index.html"]
)
async def test_there_is_no_other_page(path: str) -> None:
    assert (await get(path)).status_code == 404


def test_the_policy_is_the_strict_one() -> None:
    assert POLICY == (
        "default-src 'none'; script-src 'self'; worker-src 'self'; "
        "style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, GZIP;q=0.5", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0", None),
        ("br", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_file_is_compressed_for_who_takes_it(accepted: str, coding: str | None) -> None:
    (name,) = NAMES
    response = await get(f"/graphiql/assets/{name}", {"accept-encoding": accepted})
    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "accept-encoding"
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.content == (ASSETS / name).read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "outcomes.html",
        "outcomes.js",
        f"{NAMES[0]}.gz" if NAMES else "outcomes.js.gz",
        "..%2Fpage.py",
        "%2e%2e/page.py",
        "outcomes-AAAAAAAA.js",
        "outcomes-AAAAAAAA.js%00",
    ],
)
async def test_nothing_else_is_served(name: str) -> None:
    assert (await get(f"/graphiql/assets/{name}")).status_code == 404


@pytest.mark.parametrize("path", ["/graphiql", "/"])
async def test_a_page_that_was_not_built_says_so(tmp_path: Path, path: str) -> None:
    response = await get(path, assets=tmp_path)
    assert response.status_code == 503
    assert "run make setup" in response.text
    assert strict(response)


async def test_tokens_are_offered_by_the_demonstration_alone() -> None:
    assert (await get(TELLING)).status_code == 404
    assert 'data-demonstration="no"' in (await get("/graphiql")).text
    assert 'data-demonstration="yes"' in (await get("/graphiql", told=tokens)).text
    response = await get(TELLING, told=tokens)
    assert response.json() == {"researcher": "a.b.c"}
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("client", "base", "headers", "status"),
    [
        ("127.0.0.1", "http://localhost:8000", {}, 200),
        ("127.8.9.10", HERE, {}, 200),
        ("::1", "http://[::1]:8000", {}, 200),
        ("::ffff:127.0.0.1", HERE, {}, 200),
        ("192.0.2.7", HERE, {}, 403),
        ("::ffff:192.0.2.7", HERE, {}, 403),
        ("2001:db8::1", HERE, {}, 403),
        ("not an address", HERE, {}, 403),
        ("127.0.0.1", "http://graph.example", {}, 403),
        ("127.0.0.1", "http://localhost.example:8000", {}, 403),
        ("127.0.0.1", HERE, {"x-forwarded-for": "127.0.0.1"}, 403),
        ("127.0.0.1", HERE, {"forwarded": "for=192.0.2.7"}, 403),
        ("127.0.0.1", HERE, {"via": "1.1 proxy"}, 403),
    ],
)
async def test_tokens_are_for_this_machine(
    client: str, base: str, headers: dict[str, str], status: int
) -> None:
    response = await get(TELLING, headers, told=tokens, client=client, base=base)
    assert response.status_code == status
    assert ("a.b.c" in response.text) is (status == 200)


def test_the_files_are_each_there_twice() -> None:
    compressed = sorted(ASSETS.glob("*.gz"))
    assert compressed, "run make setup"
    plain = {path.name for path in ASSETS.iterdir()} - {path.name for path in compressed}
    assert plain == {path.stem for path in compressed} | {"outcomes.html", "playground.html"}
    for path in compressed:
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()


@pytest.mark.parametrize("path", MOST_BYTES)
async def test_a_page_is_small(path: str) -> None:
    """Whatever its files name counts, whether it is loaded at once, later or never."""
    waiting = [(await get(path)).text]
    counted: set[str] = set()
    while waiting:
        text = waiting.pop()
        for name in {path.name for path in ASSETS.glob("*-*") if path.suffix != ".gz"} - counted:
            if name in text and not name.startswith("licences-"):
                counted.add(name)
                waiting.append((ASSETS / name).read_text(encoding="latin-1"))
    assert len(counted) > 2
    sizes = {name: (ASSETS / f"{name}.gz").stat().st_size for name in counted}
    assert sum(sizes.values()) < MOST_BYTES[path], sizes


def test_the_lock_names_no_host_and_holds_each_package_with_its_hash() -> None:
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    root = packages.pop("")
    assert packages
    assert all("resolved" not in package for package in packages.values())
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    pinned = {**root["dependencies"], **root["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())
    assert {name: packages[f"node_modules/{name}"]["version"] for name in pinned} == pinned


async def test_the_wheel_holds_the_page(tmp_path: Path) -> None:
    source = tmp_path / "source"
    kept = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("connect_graph", "schema", "resolvers", "db"):
        shutil.copytree(ROOT / name, source / name, ignore=kept)
    for name in ("pyproject.toml", "README.md", ".gitignore"):
        shutil.copy(ROOT / name, source)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)),
        cwd=source,
        stdout=DEVNULL,
    )
    assert await asyncio.wait_for(process.wait(), 120) == 0
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    assert {f"connect_graph/assets/{path.name}" for path in ASSETS.iterdir()} <= names
    assert not any("node_modules" in name or name.startswith("web/") for name in names)
