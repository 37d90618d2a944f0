"""Histories as hypothesis draws them: days crowd where the rules turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from db.outcome.history import Assessment, History

_TURNS = (0, 1, 20, 21, 22, 27, 28, 29, 41, 42, 56, 83, 84, 97, 98, 111, 112, 113, 125, 126, 127)
DAYS = st.one_of(st.sampled_from((*_TURNS, 140, 168, 182, 183, 238, 239)), st.integers(0, 130))
_RECIST = ("CR", "PR", "SD", "PD", "NE")
_WORDS = ("iCR", "iPR", "iSD", "iUPD", "iUPD", "iCPD", "NE", " icpd ", "Non-iCR/Non-iUPD")
_TEXTS = (None, *_RECIST, *_WORDS, "POD", "Non-CR/Non-PD", "unclear", "")
_CRITERIA = (
    *("RECIST_1_1", "IRECIST", "RANO", "LUGANO", "IMWG", "PCWG3", "GCIG_CA125"),
    "RECIST_1_1_GCIG_CA125",
)
_WITHIN = st.one_of(st.just(None), DAYS)


_DAY = st.one_of(DAYS, DAYS, DAYS, st.sampled_from((None, -14)))
_EVALUATOR = st.sampled_from(("INVESTIGATOR", "INVESTIGATOR", None, "INDEPENDENT"))
_READER = st.sampled_from((None, "READER 1", "READER 2", "a"))
_NEW_LESION = st.sampled_from((None, None, None, None, None, False, True))
_SAID = {
    kind: st.one_of(
        st.sampled_from(
            [(word, None) for word in _WORDS[:7]]
            if kind == "IRECIST"
            else [(word, word) for word in _RECIST]
        ),
        st.sampled_from([(text, value) for text in _TEXTS for value in (None, *_RECIST)]),
    )
    for kind in _CRITERIA
}
_OF = {
    kind: st.tuples(_DAY, st.just(kind), _EVALUATOR, _SAID[kind], _NEW_LESION, _READER)
    for kind in _CRITERIA
}
# One set of criteria, two, or any: histories by few are where confirmations happen.
_ASSESSED = st.one_of(
    st.lists(_OF["RECIST_1_1"], max_size=7),
    st.lists(_OF["IRECIST"], max_size=7),
    st.lists(st.one_of(_OF["RECIST_1_1"], _OF["IRECIST"]), max_size=7),
    st.lists(st.one_of(*_OF.values()), max_size=7),
)
_ENDED = st.one_of(
    st.just((None, None)),
    st.tuples(_WITHIN, st.sampled_from((None, "PROGRESSION", "TOXICITY", "DEATH"))),
)


def histories(criteria: str | None = None) -> st.SearchStrategy[History]:
    """Draw histories, by one set of criteria or any; what one says need not agree with itself."""
    assessed = _ASSESSED if criteria is None else st.lists(_OF[criteria], max_size=7)
    return st.builds(
        _history,
        assessed,
        st.booleans(),
        _ENDED,
        route=st.sampled_from((None, "ORAL", "INTRAVENOUS", "OTHER")),
        next_therapy_day=st.one_of(st.none(), st.none(), DAYS),
        death_day=_WITHIN,
        vital_status=st.sampled_from((None, "ALIVE", "ALIVE", "DEAD")),
        last_known_alive_day=_WITHIN,
        cut_off_day=st.one_of(st.none(), st.just(400), DAYS, st.integers(-20, 30)),
    )


def _history(
    assessed: Sequence[
        tuple[int | None, str, str | None, tuple[str | None, str | None], bool | None, str | None]
    ],
    backwards: bool,
    ended: tuple[int | None, str | None],
    **rest: Any,
) -> History:
    keys = range(1, 1 + len(assessed))
    made = tuple(
        Assessment(key, day, kind, evaluator, text, normalised, new_lesion, reader)
        for key, (day, kind, evaluator, (text, normalised), new_lesion, reader) in zip(
            reversed(keys) if backwards else keys, assessed, strict=True
        )
    )
    return History(made, end_day=ended[0], end_reason=ended[1], **rest)
