"""Histories as trials have them: visits by a plan, kept badly, and days set one beside a limit.

Where `strategy` draws each day alone, here days follow from one another: a scan 8 weeks after the
last, a death 127 days after it, a cut-off the day before.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

from hypothesis import strategies as st

from db.outcome.history import Assessment, History

LIMITS = (0, 1, 21, 28, 42, 98, 112, 126)
BESIDE = tuple(sorted({limit + by for limit in LIMITS for by in (-1, 0, 1) if limit + by >= 0}))
CRITERIA = (
    *("RECIST_1_1", "IRECIST", "RANO", "LUGANO", "IMWG", "PCWG3", "GCIG_CA125"),
    "RECIST_1_1_GCIG_CA125",
)

_RECIST = ("CR", "PR", "SD", "PD", "NE")
_WRITTEN = {
    "CR": ("CR", "cr", " Complete response"),
    "PR": ("PR", "pr "),
    "SD": ("SD", "sd", "Non-CR/Non-PD", " NON-CR/non-pd "),
    "PD": ("PD", "POD", "progression"),
    "NE": ("NE", "not evaluable", ""),
}
_IMMUNE = {
    "CR": ("iCR", "ICR", " icr"),
    "PR": ("iPR", "ipr\t", "IPR"),
    "SD": ("iSD", "Non-iCR/Non-iUPD", " NON-ICR/NON-IUPD ", "non-cr/non-pd"),
    "UPD": ("iUPD", "IUPD", " iupd "),
    "CPD": ("iCPD", "icpd", "\tICPD "),
    "NE": ("NE", "ne", "iNE"),
}
# Few kinds of response in one stream make pairs; any kind makes interruptions.
_POOLS = (
    ("PR", "PR", "CR", "NE"),
    ("PR",),
    ("CR", "PR"),
    ("SD", "SD", "SD", "PD"),
    ("SD", "NE", "NE"),
    ("NE",),
    ("NE",),
    _RECIST,
)
_IMMUNE_POOLS = (
    ("UPD", "CPD"),
    ("PR", "PR", "CR", "UPD", "CPD"),
    ("PR",),
    ("SD", "UPD", "CPD", "NE"),
    ("UPD", "NE"),
    ("CR", "PR", "SD", "UPD", "CPD", "NE"),
)
_TEXTS = (None, *(text for texts in (_WRITTEN | _IMMUNE).values() for text in texts))
_ANYTHING = st.sampled_from([(text, value) for text in _TEXTS for value in (None, *_RECIST)])


def _reading(
    pool: tuple[str, ...], words: dict[str, tuple[str, ...]]
) -> st.SearchStrategy[tuple[str | None, str | None]]:
    """Write responses as sources do: the source's own word, mostly with the normalised one."""
    said: list[tuple[str | None, str | None]] = []
    for response in pool:
        value = "PD" if response in ("UPD", "CPD") else response
        if words is _IMMUNE:
            said += [(text, "NE" if response == "NE" else None) for text in words[response]]
            said += [(None, value)] if response in ("PR", "UPD") else []
        else:
            said += [(text, value) for text in words[value]]
            said += [(text, None) for text in words[value] if "/" in text]
    return st.sampled_from(said)


_READINGS = st.sampled_from([_reading(pool, _WRITTEN) for pool in _POOLS])
_IMMUNE_READINGS = st.sampled_from([_reading(pool, _IMMUNE) for pool in _IMMUNE_POOLS])
# What is odd about a visit, if anything: (missed, on the day before, no day, new lesion, strange).
_PLAIN = (False, False, False, None, False)
_ODD = st.sampled_from(
    [_PLAIN] * 10
    + [
        (True, False, False, None, False),
        (True, False, False, None, False),
        (False, True, False, None, False),
        (False, False, True, None, False),
        (False, False, False, True, False),
        (False, False, False, False, False),
        (False, False, False, None, True),
    ]
)
_PLAN = st.sampled_from((0, 0, 0, -1, 1, -7, 7, -14, 14))
_GAP = st.sampled_from((0, 56, 56, 14, 27, 28, 29, 84, 112, 125, 126, 127))
# A progression that ends the stream: so many days after the visit before it.
_LAST = st.sampled_from((None, None, None, 28, 56, 126, 127, 160))
_LIMIT = st.sampled_from((*BESIDE, -14))
_KIND = st.sampled_from(("plan", "plan", "step", "step", "limit"))
_EVALUATOR = st.sampled_from(("INVESTIGATOR", "INVESTIGATOR", None, "INDEPENDENT"))
_READER = st.sampled_from((None, None, None, "READER 1", "READER 2"))
_STREAMS = st.one_of(
    st.just(("RECIST_1_1",)),
    st.just(("IRECIST",)),
    st.sampled_from((("RECIST_1_1", "IRECIST"), ("IRECIST", "IRECIST"), ("RECIST_1_1",) * 2)),
    st.lists(st.sampled_from(CRITERIA), max_size=3).map(tuple),
)
_ENDING = st.sampled_from((None, "PROGRESSION", "TOXICITY", "DEATH", "OTHER"))
_ROUTE = st.sampled_from((None, "ORAL", "INTRAVENOUS", "INTRAVENOUS", "OTHER"))
_FAR = st.sampled_from((-20, -1, 400))
_KNOWN = st.sampled_from(
    [
        set[str](),
        {"alive"},
        {"end"},
        {"end", "alive"},
        {"death"},
        {"end", "death"},
        {"next"},
        {"next"},
        {"next", "alive"},
        {"end", "next", "death"},
        {"cut"},
        {"cut", "alive"},
        {"cut", "end", "next", "death", "alive"},
    ]
)
_VITAL = st.sampled_from((None, "ALIVE", "ALIVE", "ALIVE", "DEAD"))


def _days(draw: st.DrawFn, size: int) -> list[int]:
    """Draw the days of one stream: by plan, step by step, or beside the limits."""
    kind = draw(_KIND)
    if kind == "plan":
        off = draw(st.lists(_PLAN, min_size=size, max_size=size))
        return [56 * visit + by for visit, by in enumerate(off, 1)]
    if kind == "step":
        gaps = draw(st.lists(_GAP, min_size=size - 1, max_size=size - 1))
        return list(accumulate([draw(_LIMIT), *gaps]))
    return draw(st.lists(_LIMIT, min_size=size, max_size=size))


def _stream(draw: st.DrawFn, criteria: str) -> list[Assessment]:
    size = draw(st.integers(1, 5))
    reading = draw(_IMMUNE_READINGS if criteria == "IRECIST" else _READINGS)
    evaluator, reader = draw(_EVALUATOR), draw(_READER)
    made: list[Assessment] = []
    for day in _days(draw, size):
        missed, again, undated, new_lesion, strange = draw(_ODD)
        if missed:
            continue
        text, normalised = draw(_ANYTHING if strange else reading)
        at = made[-1].day if again and made else day
        made.append(
            Assessment(
                0,
                None if undated else at,
                criteria,
                evaluator,
                text,
                normalised,
                new_lesion,
                reader,
            )
        )
    gap = draw(_LAST)
    if gap is not None and made and made[-1].day is not None:
        last = "icpd " if criteria == "IRECIST" else "PD"
        at = made[-1].day + gap
        made.append(Assessment(0, at, criteria, evaluator, last, "PD", reader=reader))
    return made


@st.composite
def schedules(draw: st.DrawFn) -> History:
    """Draw a history whose days follow from one another."""
    assessed = [each for criteria in draw(_STREAMS) for each in _stream(draw, criteria)]
    if draw(st.booleans()):
        assessed.reverse()
    days = sorted({each.day for each in assessed if each.day is not None and each.day > 0})
    near = [day + by for day in days[-2:] for by in (-1, 0, 1, 28)]
    after = [day + by for day in days[-1:] for by in (14, 56, 112, 125, 126, 127, 160)]
    later = st.sampled_from((*near, *after, *after) or BESIDE)
    some = st.one_of(later, later, st.sampled_from(BESIDE))
    known = draw(_KNOWN)
    return History(
        assessments=tuple(replace(each, key=key) for key, each in enumerate(assessed, 1)),
        route=draw(_ROUTE),
        end_day=draw(st.one_of(some, some, some, st.none())) if "end" in known else None,
        end_reason=draw(_ENDING) if "end" in known else None,
        next_therapy_day=draw(some) if "next" in known else None,
        death_day=draw(some) if "death" in known else None,
        vital_status=draw(_VITAL),
        last_known_alive_day=draw(some) if "alive" in known else None,
        cut_off_day=draw(st.one_of(some, some, _FAR)) if "cut" in known else None,
    )
