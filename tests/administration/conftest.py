"""A world of this folder's own, which its tests change, and ways to ask in it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from tests.conftest import Clone
from tests.world import World, make

PATIENTS = 120
NUMBERS = itertools.count(100_000_00)


@pytest.fixture(scope="package")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("office"), PATIENTS)
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture(scope="package")
async def owner(world: World) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(world.database.url)
    yield connection
    await connection.close()


Change = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture(scope="package")
def change(world: World) -> Change:
    """Give what makes one change as the steward and gives its payload, or its errors."""

    async def make_change(
        name: str, payload: str, role: str = "steward", **given: Any
    ) -> dict[str, Any]:
        kind = name[0].upper() + name[1:]
        kind = "End" if kind.startswith("End") else kind
        document = f"mutation ($i: {kind}Input!) {{ {name}(input: $i) {{ {payload} changed }} }}"
        answer = await world.answer(role, document, {"i": given})
        assert answer.status == 200, answer.body
        body: dict[str, Any] = answer.body
        if "errors" in body:
            assert body["data"] == {name: None}, body
            return body
        found: dict[str, Any] = body["data"][name]
        return found

    return make_change


def number() -> str:
    """Make an organisation number that no other test uses, with its check digit."""
    while True:
        digits = f"{next(NUMBERS):08d}"
        total = sum(int(d) * w for d, w in zip(digits, (3, 2, 7, 6, 5, 4, 3, 2), strict=True))
        check = (11 - total % 11) % 11
        if check < 10:
            return f"{digits}{check}"


def problems(body: dict[str, Any]) -> list[str]:
    """List the places that a refusal names; every error is a refusal of the input."""
    assert {error["extensions"]["code"] for error in body["errors"]} == {"BAD_USER_INPUT"}, body
    return [error["message"].partition(":")[0] for error in body["errors"]]
