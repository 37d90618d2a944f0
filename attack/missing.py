"""The missing cells: what follows from a count that is withheld although the group is large enough.

Everybody can compute which groups are too small, too like another, or too much one hospital's. What
is left was withheld by the key, which leaves out some at random, or since the audit failed. Whoever
knows the rules can try the audit of an outsider for each value that the count may have: where it
fails for some values and not for others, the absence speaks for those.

What this proves: how much it speaks. With a key that leaves out a share `drop` of all counts, an
absence is at most 1 / `drop` times as likely under one value as under another, whatever the audit
does. Of each such cell it is tried what would follow if there were no key.

What it does not prove: the audit that is tried is the attacker's own, not the publisher's, who may
fail for lack of time, or for a hospital that knows its own; and cells are tried one by one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from attack.asking import Told
from attack.grouping import Values, groups
from attack.program import Block, blocks
from attack.search import first_world, settle
from attack.unit import Answer, Measure, Unit

_SHORT: Final = 2.0
"""[seconds] for one program: there are many."""
_IN_ORDER: Final = (Measure.RESPONSE, Measure.BENEFIT, Measure.EVALUABLE)


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold the published parameters of the rules."""

    fewest: int = 5
    fewest_others: int = 3
    drop: float = 0.15
    band: int = 2
    lattice: tuple[tuple[str, ...], ...] = ()
    """The groupings, in the order in which they are decided."""


@dataclass(slots=True)
class Missing:
    """Count what is withheld of groups that sizes would let be told, and what its absence says."""

    withheld: int = 0
    """Counts that no size explains."""
    tried: int = 0
    by_any: int = 0
    """Tried, and withheld whatever the value is, or whatever it is not for the outsider's sake."""
    telling: int = 0
    """Tried, and the outsider's audit depends on the value."""
    right: int = 0
    """Telling, and the true value is one for which that audit fails."""
    certain_without_key: set[int] = field(default_factory=set)
    """Units that would be certain if it were known that no key left out these."""
    likelihood_ratio: float = 1.0
    """At the most, of one value against another, by the absence of one count."""


def eligible(
    units: Sequence[Unit],
    release: int,
    before: Iterable[frozenset[int]],
    rules: Rules,
) -> list[tuple[tuple[str, ...], Values, frozenset[int]]]:
    """List, in the order in which they are decided, the groups that sizes alone let be told."""
    admitted = set(before)
    found: list[tuple[tuple[str, ...], Values, frozenset[int]]] = []
    for dimensions in rules.lattice:
        cells = groups(units, release, dimensions)
        for values in sorted(cells, key=lambda each: (-len(cells[each]), each)):
            members = cells[values]
            near = (len(members ^ other) for other in admitted)
            if not any(0 < each < rules.fewest for each in near) and _large(units, members, rules):
                admitted.add(members)
                found.append((dimensions, values, members))
    return found


def _large(units: Sequence[Unit], members: frozenset[int], rules: Rules) -> bool:
    of = Counter(units[each].hospital for each in members)
    left = [len(members) - own for own in of.values()]
    return len(members) >= rules.fewest and not any(0 < each < rules.fewest_others for each in left)


def missing(
    units: Sequence[Unit],
    told: Told,
    releases: Iterable[int],
    rules: Rules,
    seconds: float,
) -> Missing:
    """Try what absences say, as many as the time allows."""
    found = Missing(likelihood_ratio=1 / rules.drop)
    until = time.monotonic() + seconds
    withheld = set(told.withheld)
    known = {(a.release, a.members, a.measure): a for a in told.answers}
    before = settle(blocks(units, told.answers), _SHORT).outsider.units
    so_far: list[Answer] = []
    for release in sorted(releases):
        earlier = {each.members for each in so_far}
        for dimensions, values, members in eligible(units, release, earlier, rules):
            for measure in _IN_ORDER:
                if (answer := known.get((release, members, measure))) is not None:
                    so_far.append(answer)
                elif (release, dimensions, values, measure) in withheld:
                    found.withheld += 1
                    if time.monotonic() < until:
                        cell = Answer(release, members, measure, 0, len(members))
                        _try(found, units, told, so_far, cell, rules, before)
    return found


def _try(
    found: Missing,
    units: Sequence[Unit],
    told: Told,
    so_far: Sequence[Answer],
    cell: Answer,
    rules: Rules,
    before: set[int],
) -> None:
    """Try the outsider's audit for every value that the count may have."""
    found.tried += 1
    size = len(cell.members)
    fails: list[tuple[int, int]] = []
    passes = 0
    for lower, upper in classes(size, rules.band):
        verdict = _audit(units, so_far, replace(cell, lower=lower, upper=upper))
        if verdict is not None:
            passes += verdict
            if not verdict:
                fails.append((lower, upper))
    if not fails or not passes:
        found.by_any += 1
        return
    found.telling += 1
    true = sum(units[each].states[cell.release].counts(cell.measure) for each in cell.members)
    if any(lower <= true <= upper for lower, upper in fails):
        found.right += 1
        least, most = min(lower for lower, _ in fails), max(upper for _, upper in fails)
        claim = replace(cell, lower=least, upper=most)
        after = settle(blocks(units, [*told.answers, claim]), _SHORT).outsider.units
        found.certain_without_key |= after - before


def classes(size: int, band: int) -> list[tuple[int, int]]:
    """List the ways in which a count of so many can be told: exactly, or a band at the ends."""
    if size < 2 * band + 2:
        return [(0, size // 2), (size // 2 + 1, size)]
    middle = [(each, each) for each in range(band + 1, size - band)]
    return [(0, band), *middle, (size - band, size)]


def _audit(units: Sequence[Unit], answers: Sequence[Answer], cell: Answer) -> bool | None:
    """Tell whether nobody would be certain if a cell were told; None where it cannot be so."""
    made: list[Block] = []
    family = Measure.RESPONSE if cell.measure is Measure.RESPONSE else Measure.BENEFIT
    for block in blocks(units, [*answers, cell], loose=True):
        if all(each.measure is not family for each in block.questions):
            continue
        world = first_world(block)
        if world is None:
            return None
        made.append(replace(block, truth=world))
    return not settle(made, _SHORT).outsider.units
