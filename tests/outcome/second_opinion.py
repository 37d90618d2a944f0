"""The rule set outcome-1 a second time: literal, slow, written from docs/outcomes.md alone.

One function for one rule, named after it. Nothing of db.outcome is used but the history itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from db.outcome.history import Assessment, History

Verdict = tuple[str | None, str]
Timed = tuple[int | None, str | None, str]

CRITERIA = (
    "RECIST_1_1",
    "IRECIST",
    "RANO",
    "LUGANO",
    "IMWG",
    "PCWG3",
    "GCIG_CA125",
    "RECIST_1_1_GCIG_CA125",
)
WORST_FIRST = ("CPD", "PD", "UPD", "SD", "PR", "CR", "NE")
CONTROL = ("CR", "PR", "SD")


@dataclass(frozen=True)
class Opinion:
    """Hold what the rules say; verdicts as (value, reason), times as (days, event, reason)."""

    best_overall_response: Verdict
    best_confirmed_response: Verdict
    best_immune_response: Verdict | None
    best_confirmed_immune_response: Verdict | None
    clinical_benefit: Verdict
    evaluability: Verdict
    progression_free_survival: Timed
    overall_survival: Timed
    duration_of_response: Timed
    criteria: str | None
    evaluator: str | None
    cut_off_day: int | None
    assessments: frozenset[int]


@dataclass(frozen=True)
class Member:
    """Hold one member of T."""

    day: int
    response: str
    key: int


@dataclass(frozen=True)
class Course:
    """Hold a stream after section 2: T, P, whether P is confirmed, and u while it is pending."""

    members: tuple[Member, ...] = ()
    progression: int | None = None
    confirmed: bool = False
    pending: int | None = None

    def has(self, *responses: str) -> bool:
        return any(member.response in responses for member in self.members)

    def days(self, *responses: str) -> list[int]:
        return [member.day for member in self.members if member.response in responses]


def judge(history: History) -> Opinion:
    """Follow the rules from first to last."""
    settled = rule_1_2(rule_1_1(history))
    ruling = rule_1_6(settled, CRITERIA)
    immune = rule_1_6(settled, ("IRECIST",))
    course = section_2(settled, ruling)
    immune_course = section_2(settled, immune)
    survival = section_8(settled, course)
    benefit = section_7(settled, course)
    return Opinion(
        best_overall_response=section_3(course),
        best_confirmed_response=section_4(course),
        best_immune_response=section_5(immune, section_3(immune_course)),
        best_confirmed_immune_response=section_5(immune, section_4(immune_course)),
        clinical_benefit=benefit,
        evaluability=section_7_evaluability(settled, course, benefit),
        progression_free_survival=survival,
        overall_survival=section_9(settled),
        duration_of_response=section_10(course, survival),
        criteria=ruling[0] if ruling else None,
        evaluator=ruling[1] if ruling else None,
        cut_off_day=history.cut_off_day,
        assessments=frozenset(m.key for c in (course, immune_course) for m in c.members),
    )


def rule_1_1(history: History) -> History:
    cut_off = history.cut_off_day
    if cut_off is None:
        return history
    kept = [a for a in history.assessments if not (a.day is not None and a.day > cut_off)]
    after = replace(history, assessments=tuple(kept))
    if history.next_therapy_day is not None and history.next_therapy_day > cut_off:
        after = replace(after, next_therapy_day=None)
    if history.end_day is not None and history.end_day > cut_off:
        after = replace(after, end_day=None, end_reason=None)
    if history.death_day is not None and history.death_day > cut_off:
        after = replace(after, death_day=None, vital_status="ALIVE", last_known_alive_day=cut_off)
        if after.end_reason == "DEATH":
            after = replace(after, end_reason=None)
    if after.last_known_alive_day is not None and after.last_known_alive_day > cut_off:
        after = replace(after, last_known_alive_day=cut_off)
    if after.last_known_alive_day is not None and after.last_known_alive_day < 0:
        after = replace(after, last_known_alive_day=None)
    return after


def rule_1_2(history: History) -> History:
    if history.death_day is not None or history.end_reason == "DEATH":
        history = replace(history, vital_status="DEAD")
    if history.end_reason == "DEATH" and history.end_day is None:
        history = replace(history, end_day=history.death_day)
    return history


def rule_1_3(history: History) -> int:
    if history.cut_off_day is not None:
        return history.cut_off_day
    days = [
        *(assessment.day for assessment in history.assessments),
        history.end_day,
        history.death_day,
        history.next_therapy_day,
        history.last_known_alive_day,
    ]
    return max(day for day in (0, *days) if day is not None)


def rule_1_4(history: History, assessment: Assessment) -> bool:
    if assessment.day is None or assessment.day < 1:
        return False
    if history.death_day is not None and assessment.day > history.death_day:
        return False
    if history.next_therapy_day is not None and assessment.day > history.next_therapy_day:
        return False
    return rule_1_5(assessment) is not None


def rule_1_5(assessment: Assessment) -> str | None:
    text = (assessment.response or "").strip().upper()
    if assessment.criteria == "IRECIST":
        return rule_1_5_irecist(assessment, text)
    return rule_1_5_other(assessment, text)


def rule_1_5_irecist(assessment: Assessment, text: str) -> str | None:
    for response in ("CR", "PR", "SD", "UPD", "CPD"):
        if text == "I" + response:
            return response
    if text in ("NON-ICR/NON-IUPD", "NON-CR/NON-PD"):
        return "SD"
    if assessment.normalised in ("CR", "PR", "SD", "NE"):
        return assessment.normalised
    if assessment.normalised == "PD":
        return "UPD"
    if assessment.new_lesion is True:
        return "UPD"
    return None


def rule_1_5_other(assessment: Assessment, text: str) -> str | None:
    response = assessment.normalised
    if response is None and text == "NON-CR/NON-PD":
        response = "SD"
    if (
        assessment.criteria in ("RECIST_1_1", "RANO", "LUGANO", "RECIST_1_1_GCIG_CA125")
        and assessment.new_lesion is True
        and response in ("CR", "PR", "SD", None)
    ):
        return "PD"
    return response


Stream = tuple[str, str, str | None]


def stream_of(history: History, stream: Stream) -> list[Assessment]:
    """Give the counted assessments by one set of criteria, one evaluator and one reader."""
    return [
        a
        for a in history.assessments
        if rule_1_4(history, a)
        and a.criteria == stream[0]
        and (a.evaluator or "INVESTIGATOR") == stream[1]
        and (stream[1] == "INVESTIGATOR" or a.reader == stream[2])
    ]


def rule_1_6(history: History, criteria: tuple[str, ...]) -> Stream | None:
    named = sorted({a.reader for a in history.assessments if a.reader is not None})
    ordered: list[Stream] = []
    for each in criteria:
        ordered.append((each, "INVESTIGATOR", None))
        ordered.append((each, "INDEPENDENT", None))
        ordered.extend((each, "INDEPENDENT", reader) for reader in named)
    for stream in ordered:
        if any(rule_1_5(a) != "NE" for a in stream_of(history, stream)):
            return stream
    for stream in ordered:
        if stream_of(history, stream):
            return stream
    return None


def rule_1_7(history: History, stream: Stream) -> tuple[Member, ...]:
    members = []
    counted = stream_of(history, stream)
    for day in sorted({a.day for a in counted if a.day is not None}):
        of_day = [a for a in counted if a.day == day]
        for response in WORST_FIRST:
            keys = [a.key for a in of_day if rule_1_5(a) == response]
            if keys:
                members.append(Member(day, response, min(keys)))
                break
    return tuple(members)


def section_2(history: History, stream: Stream | None) -> Course:
    if stream is None:
        return Course()
    members = rule_1_7(history, stream)
    if stream[0] != "IRECIST":
        return rule_2_1(members)
    return rule_2_2(history, members)


def rule_2_1(members: tuple[Member, ...]) -> Course:
    for member in members:
        if member.response == "PD":
            kept = tuple(m for m in members if m.day <= member.day)
            return Course(kept, progression=member.day, confirmed=True)
    return Course(members)


def rule_2_2(history: History, members: tuple[Member, ...]) -> Course:
    u: int | None = None
    for member in members:
        if member.response in CONTROL:
            u = None
        if member.response == "CPD" and u is not None and member.day - u >= 28:
            kept = tuple(m for m in members if m.day <= member.day)
            return Course(kept, progression=u, confirmed=True)
        if member.response in ("UPD", "CPD") and u is None:
            u = member.day
    return rule_2_3(history, members, u)


def rule_2_3(history: History, members: tuple[Member, ...], u: int | None) -> Course:
    if u is None:
        return Course(members)
    if (
        history.end_day is not None
        or history.end_reason is not None
        or history.death_day is not None
        or history.next_therapy_day is not None
    ):
        return Course(members, progression=u, confirmed=False)
    return Course(members, pending=u)


def section_3(course: Course) -> Verdict:
    if not course.members:
        return None, "NO_ASSESSMENT"
    if course.has("CR"):
        return "CR", "RESPONSE"
    if course.has("PR"):
        return "PR", "RESPONSE"
    if any(day >= 42 for day in course.days("SD")):
        return "SD", "STABLE"
    if course.progression is not None and course.confirmed:
        return "PD", "PROGRESSION"
    if course.has("UPD", "CPD"):
        return "NE", "UNCONFIRMED_PROGRESSION"
    if course.has("SD"):
        return "NE", "STABLE_TOO_SHORT"
    return "NE", "ONLY_NOT_EVALUABLE"


def confirmed_pairs(course: Course, of: str) -> Iterator[tuple[Member, Member]]:
    """Give every pair of section 4 for CR or for PR."""
    allowed = ("CR",) if of == "CR" else ("CR", "PR")
    for first, second in combinations(course.members, 2):
        between = [m.response for m in course.members if first.day < m.day < second.day]
        if (
            second.day - first.day >= 28
            and first.response in allowed
            and second.response in allowed
            and all(response in (*allowed, "NE") for response in between)
            and between.count("NE") <= 1
        ):
            yield first, second


def section_4(course: Course) -> Verdict:
    if not course.members:
        return None, "NO_ASSESSMENT"
    for response in ("CR", "PR"):
        if any(True for _ in confirmed_pairs(course, response)):
            return response, "CONFIRMED"
    if any(day >= 42 for day in course.days(*CONTROL)):
        return "SD", "RESPONSE_NOT_CONFIRMED" if course.has("CR", "PR") else "STABLE"
    if course.progression is not None and course.confirmed:
        return "PD", "PROGRESSION"
    if course.has("UPD", "CPD"):
        return "NE", "UNCONFIRMED_PROGRESSION"
    if course.has(*CONTROL):
        return "NE", "STABLE_TOO_SHORT"
    return "NE", "ONLY_NOT_EVALUABLE"


def section_5(stream: Stream | None, verdict: Verdict) -> Verdict | None:
    if stream is None:
        return None
    value, reason = verdict
    if reason == "UNCONFIRMED_PROGRESSION":
        return "IUPD", reason
    words = {"CR": "ICR", "PR": "IPR", "SD": "ISD", "PD": "ICPD"}
    return words.get(str(value), value), reason


def rule_6_1(history: History) -> int:
    return 21 if history.route == "INTRAVENOUS" else 28


def rule_6_2(history: History) -> str:
    cycle = rule_6_1(history)
    ends = [
        day
        for day in (history.end_day, history.death_day, history.next_therapy_day)
        if day is not None
    ]
    if ends and min(ends) < cycle:
        return "SHORT"
    if history.end_day is None and history.end_reason is not None:
        return "UNKNOWN"
    if ends or rule_1_3(history) >= cycle:
        return "FULL"
    return "PENDING"


def rule_6_3(history: History, course: Course) -> str:
    if course.progression is not None and course.progression <= rule_6_1(history):
        return "FULL"
    return rule_6_2(history)


def section_7(history: History, course: Course) -> Verdict:
    exposure = rule_6_3(history, course)
    progression, pending = course.progression, course.pending
    death, next_therapy = history.death_day, history.next_therapy_day
    cut_off = history.cut_off_day
    progressed = "PROGRESSION" if course.confirmed else "UNCONFIRMED_PROGRESSION"
    late_control = [
        day
        for day in course.days(*CONTROL)
        if day >= 98 and (progression is None or day < progression)
    ]

    if exposure == "SHORT":
        if death is not None and death < rule_6_1(history):
            return "NOT_EVALUABLE", "DIED_IN_FIRST_CYCLE"
        return "NOT_EVALUABLE", "LESS_THAN_ONE_CYCLE"
    if exposure == "UNKNOWN":
        return "NOT_EVALUABLE", "EXPOSURE_UNKNOWN"
    if progression is not None and progression <= 112:
        return "NO", progressed
    if death is not None and death <= 112:
        return "NO", "DEATH"
    if pending is not None and pending <= 112:
        return "TOO_EARLY", "UNCONFIRMED_PROGRESSION"
    known_at_112 = cut_off is None or cut_off >= 112
    other_therapy_later = next_therapy is None or next_therapy >= 112
    if known_at_112 and other_therapy_later and late_control:
        return "YES", "DISEASE_CONTROL" if min(late_control) <= 126 else "LATER_DISEASE_CONTROL"
    if progression is not None and progression <= 126:
        return "NO", progressed
    if death is not None and death <= 126:
        return "NO", "DEATH"
    if pending is not None and pending <= 126:
        return "TOO_EARLY", "UNCONFIRMED_PROGRESSION"
    if rule_1_3(history) < 126:
        return "TOO_EARLY", "BEFORE_WINDOW_END"
    if next_therapy is not None and next_therapy <= 126:
        return "NOT_EVALUABLE", "NEXT_THERAPY"
    if not course.members:
        return "NOT_EVALUABLE", "NO_ASSESSMENT"
    if any(98 <= day <= 126 for day in course.days("NE")):
        return "NOT_EVALUABLE", "ONLY_NOT_EVALUABLE"
    return "NOT_EVALUABLE", "WINDOW_MISSED"


def section_7_evaluability(history: History, course: Course, benefit: Verdict) -> Verdict:
    if benefit[0] not in ("YES", "NO"):
        return benefit
    if rule_6_3(history, course) == "FULL" and rule_6_2(history) != "FULL":
        return "EVALUABLE", "PROGRESSION_IN_FIRST_CYCLE"
    return "EVALUABLE", "ONE_CYCLE"


def section_8(history: History, course: Course) -> Timed:
    progression, death = course.progression, history.death_day
    next_therapy = history.next_therapy_day
    event: int | None = None
    reason = ""
    if progression is not None:
        event = progression
        reason = "PROGRESSION" if course.confirmed else "UNCONFIRMED_PROGRESSION"
    elif death is not None and not (next_therapy is not None and next_therapy < death):
        event, reason = death, "DEATH"
    adequate = [day for day in course.days(*CONTROL) if event is None or day <= event]
    last = max(adequate) if adequate else 0

    if not course.members and event is not None and event > 126:
        return None, "UNKNOWN", "NO_ASSESSMENT"
    if event is not None and event - last <= 126:
        return event, "EVENT", reason
    if event is not None:
        return last, "CENSORED", "MISSED_VISITS"
    if history.vital_status == "DEAD" and death is None:
        return None, "UNKNOWN", "DEATH_DAY_UNKNOWN"
    if history.vital_status is None and history.last_known_alive_day is None:
        return None, "UNKNOWN", "VITAL_STATUS_UNKNOWN"
    if not course.members:
        return None, "UNKNOWN", "NO_ASSESSMENT"
    if next_therapy is not None:
        return last, "CENSORED", "NEXT_THERAPY"
    if course.pending is not None:
        return last, "CENSORED", "UNCONFIRMED_PROGRESSION"
    if not course.has(*CONTROL):
        return last, "CENSORED", "NO_ADEQUATE_ASSESSMENT"
    return last, "CENSORED", "LAST_ADEQUATE_ASSESSMENT"


def section_9(history: History) -> Timed:
    if history.death_day is not None:
        return history.death_day, "EVENT", "DEATH"
    if history.vital_status == "DEAD":
        return None, "UNKNOWN", "DEATH_DAY_UNKNOWN"
    if history.vital_status is None and history.last_known_alive_day is None:
        return None, "UNKNOWN", "VITAL_STATUS_UNKNOWN"
    contacts = [history.last_known_alive_day, history.next_therapy_day]
    if history.end_day is not None:
        last_dose = history.end_day - (21 if history.route == "INTRAVENOUS" else 1)
        contacts.append(0 if last_dose < 0 else last_dose)
    contacts += [a.day for a in history.assessments if a.day is not None and a.day >= 0]
    known = [day for day in contacts if day is not None]
    if known:
        return max(known), "CENSORED", "ALIVE"
    return None, "UNKNOWN", "LAST_CONTACT_UNKNOWN"


def section_10(course: Course, survival: Timed) -> Timed:
    starts = [first.day for of in ("CR", "PR") for first, _ in confirmed_pairs(course, of)]
    if not starts:
        return None, None, "RESPONSE_NOT_CONFIRMED" if course.has("CR", "PR") else "NO_RESPONSE"
    days, event, reason = survival
    if days is None:
        return None, event, reason
    return days - min(starts), event, reason
