"""Budgets: what a member may ask for in a minute, and how much of it at once.

A budget fills again steadily, so that who has used it up waits for what the next request needs and
not for a minute to end. It is kept by its one number: when it will be full again (GCRA).
"""

from __future__ import annotations

import asyncio
import math
import time
from asyncio import Semaphore
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from starlette.types import Scope

from connect_graph.bounds import Bounds
from db.pool import Pool
from db.viewer import Caller
from resolvers.errors import Code, Refusal

SECONDS = 60
MEMBERS = 5
"""How many times a member's budget an organisation has."""
MOST_ACCOUNTS = 10_000
WAIT_SECONDS = 10
"""How long a request waits until fewer of its member's are under way."""
_SLIGHT = 1e-6
"""What adding up fractions may lose."""
_CHARGE = "connect_graph.charge"
Clock = Callable[[], float]


@dataclass(slots=True)
class Budget:
    """Hold one budget of one account."""

    name: str
    quota: int
    full_at: float = 0.0
    """By the clock: when what was taken is there again."""

    def wait(self, amount: int, now: float) -> float:
        """Tell in how many seconds an amount can be taken: 0 for now."""
        over = self._used(now) + amount - self.quota
        return 0.0 if over < _SLIGHT else over * SECONDS / self.quota

    def take(self, amount: int, now: float) -> None:
        """Take an amount."""
        self.full_at = max(now, self.full_at) + amount * SECONDS / self.quota

    def told(self, now: float) -> str:
        """Say what is left, and in how many seconds there is more."""
        used = self._used(now)
        more = math.ceil(min(1.0, used) * SECONDS / self.quota)
        return f'"{self.name}";r={max(0, math.floor(self.quota - used + _SLIGHT))};t={more}'

    @property
    def policy(self) -> str:
        """Say how much there is, and in how many seconds it fills."""
        return f'"{self.name}";q={self.quota};w={SECONDS}'

    def _used(self, now: float) -> float:
        return max(0.0, self.full_at - now) * self.quota / SECONDS


@dataclass(frozen=True, slots=True)
class Account:
    """Hold what a member, or an organisation, has left."""

    requests: Budget
    cost: Budget
    turns: Semaphore
    """Of the requests of a member that are under way."""
    lane: Semaphore
    """Of the connections of a role that a member may have at once."""


@dataclass(slots=True)
class Charge:
    """Charge one request to its member and the member's organisation."""

    member: Account
    organisation: Account
    clock: Clock
    retry_after: int | None = None
    spent: bool = False

    def request(self) -> None:
        """Charge the request itself.

        Raises: Refusal RATE_LIMITED.
        """
        self._take(self.member.requests, self.organisation.requests, 1, "sent too many requests")

    def cost(self, cost: int) -> None:
        """Charge what the operation may cost, before it runs: once, though it were run again.

        Raises: Refusal RATE_LIMITED.
        """
        if not self.spent:
            spent = "asked for more than a minute may cost"
            self._take(self.member.cost, self.organisation.cost, cost, spent)
            self.spent = True

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until few enough requests of the member are under way, and be one of them.

        Raises: Refusal RATE_LIMITED.
        """
        turns = self.member.turns
        try:
            if turns.locked():
                async with asyncio.timeout(WAIT_SECONDS):
                    await turns.acquire()
            else:
                await turns.acquire()
        except TimeoutError as error:
            raise self._refusal("You have too many requests under way", 1) from error
        try:
            yield
        finally:
            turns.release()

    def within(self, pool: Pool) -> Pool:
        """Give a role's pool, of which the member may take a part alone."""
        return replace(pool, lane=self.member.lane)

    def headers(self) -> Mapping[str, str]:
        """Say what is left, as draft-ietf-httpapi-ratelimit-headers has it."""
        now = self.clock()
        budgets = (self.member.requests, self.member.cost)
        told = {
            "ratelimit-policy": ", ".join([each.policy for each in budgets]),
            "ratelimit": ", ".join([each.told(now) for each in budgets]),
        }
        return told if self.retry_after is None else {**told, "retry-after": str(self.retry_after)}

    def _take(self, own: Budget, shared: Budget, amount: int, spent: str) -> None:
        now = self.clock()
        for budget, who in ((own, "You have"), (shared, "Your organisation has")):
            if (wait := budget.wait(amount, now)) > 0:
                raise self._refusal(f"{who} {spent}", math.ceil(wait))
        own.take(amount, now)
        shared.take(amount, now)

    def _refusal(self, said: str, seconds: int) -> Refusal:
        self.retry_after = seconds
        plural = "" if seconds == 1 else "s"
        return Refusal(Code.RATE_LIMITED, f"{said}: try again in {seconds} second{plural}.")


class Budgets:
    """Keep the accounts of who asks, and forget those who have not asked for longest."""

    def __init__(
        self,
        bounds: Bounds,
        pool_size: int,
        *,
        clock: Clock = time.monotonic,
        most: int = MOST_ACCOUNTS,
    ) -> None:
        self._bounds = bounds
        self._pool_size = pool_size
        self._clock = clock
        self._most = most
        self._accounts: OrderedDict[tuple[str, ...], Account] = OrderedDict()

    def charge(self, caller: Caller, scope: Scope) -> Charge:
        """Charge a request to who makes it, whose answer then says what is left.

        Raises: Refusal RATE_LIMITED.
        """
        organisation = (caller.issuer, caller.organisation)
        charge = Charge(
            self._account((*organisation, caller.subject), 1),
            self._account(organisation, MEMBERS),
            self._clock,
        )
        scope[_CHARGE] = charge
        charge.request()
        return charge

    def __len__(self) -> int:
        return len(self._accounts)

    def _account(self, key: tuple[str, ...], share: int) -> Account:
        found = self._accounts.get(key)
        if found is None:
            while len(self._accounts) >= self._most:
                self._accounts.popitem(last=False)
            found = self._accounts[key] = Account(
                Budget("requests", share * self._bounds.requests_per_minute),
                Budget("cost", share * self._bounds.cost_per_minute),
                Semaphore(self._pool_size),
                Semaphore(max(1, self._pool_size // 2)),
            )
        self._accounts.move_to_end(key)
        return found


def charged(scope: Scope) -> Charge | None:
    """Give what was charged for a request; None where it was not known who asks."""
    found: Charge | None = scope.get(_CHARGE)
    return found
