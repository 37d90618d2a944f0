"""What holds of every proposal, whatever the data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.resistance.case import PLASMA, TISSUE, Call, Case, Pair, Specimen
from db.resistance.change import compare
from db.resistance.concordance import concordance
from db.resistance.propose import propose
from tests.extent import trying

pytestmark = pytest.mark.property
examples = trying(ci=200, nightly=20_000)
GENES = ("BRAF", "KRAS", "NRAS", "MAP2K1", "MET")
SWAPPED = {"EMERGENT": "LOST", "LOST": "EMERGENT"}
fractions = st.none() | st.floats(0, 1)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    gene = draw(st.sampled_from(GENES))
    number = draw(st.integers(1, 10**6))
    if draw(st.booleans()):
        change = draw(st.sampled_from(("p.G12D", "p.V600E", "p.K57N", "p.R130*")))
        depth = draw(st.none() | st.integers(0, 5000))
        germline = draw(st.integers(0, 9)) == 0
        return Call(
            number, "SMALL_VARIANT", gene, change, None, germline, change, draw(fractions), depth
        )
    type_ = draw(st.sampled_from(("AMPLIFICATION", "GAIN", "LOSS", "DEEP_DELETION")))
    direction = "more" if type_ in {"AMPLIFICATION", "GAIN"} else "fewer"
    return Call(number, "COPY_NUMBER", gene, direction, copy_number_type=type_)


@st.composite
def specimens(draw: st.DrawFn) -> Specimen:
    return Specimen(
        draw(st.integers(1, 10**6)),
        draw(st.sampled_from((TISSUE, PLASMA))),
        draw(st.none() | st.integers(-30, 300)),
        draw(st.none() | st.integers(1, 5)),
        draw(st.frozensets(st.sampled_from(GENES))),
        tuple(draw(st.lists(calls(), max_size=5))),
        draw(st.none() | st.floats(0, 100)),
    )


pairs = st.builds(
    Pair,
    specimens(),
    specimens(),
    st.sampled_from(("SAME_MATERIAL", "MIXED_MATERIAL", "UNDATED_SERIES")),
)
cases = st.builds(
    Case,
    st.just(1),
    st.sampled_from(((), ("dabrafenib",), ("dabrafenib", "trametinib"), ("capmatinib",))),
    st.frozensets(st.sampled_from(GENES)),
    st.booleans(),
    st.none() | st.integers(0, 300),
    st.none() | st.integers(0, 250),
    st.booleans(),
    st.sampled_from((None, "CR", "PR", "SD", "PD", "NE")),
    st.sampled_from((None, "YES", "NO", "NOT_EVALUABLE", "TOO_EARLY")),
    st.lists(specimens(), max_size=5, unique_by=lambda each: each.id).map(tuple),
)


def assessed(specimen: Specimen) -> set[str]:
    return set(specimen.assessed) | {call.gene for call in specimen.calls}


@examples
@given(pairs)
def test_nothing_changes_in_a_gene_not_assessed_in_both(pair: Pair) -> None:
    both = assessed(pair.baseline) & assessed(pair.comparator)
    for found in compare(pair):
        assert found.tested_in_both == (found.call.gene in both)
        if not found.tested_in_both:
            assert found.change is None
            assert found.vaf_before is None or found.vaf_after is None


@examples
@given(pairs)
def test_swapping_the_specimens_swaps_emergent_and_lost(pair: Pair) -> None:
    back = replace(pair, baseline=pair.comparator, comparator=pair.baseline)
    changes = {each.call.key: each.change for each in compare(pair)}
    for found in compare(back):
        one, other = changes[found.call.key], found.change
        assert one in {"RISING", "PERSISTING"} or other == SWAPPED.get(str(one), one)
        assert (one in SWAPPED) == (other in SWAPPED)


@examples
@given(pairs)
def test_what_rises_is_higher_afterwards(pair: Pair) -> None:
    for found in compare(pair):
        if found.change == "RISING" and found.call.kind == "SMALL_VARIANT":
            assert found.vaf_before is not None
            assert found.vaf_after is not None
            assert found.vaf_after > found.vaf_before


@examples
@given(cases)
def test_every_proposal_is_suspected_and_names_its_mechanism_once(case: Case) -> None:
    findings = propose(case)
    assert {finding.status for finding in findings} <= {"SUSPECTED"}
    assert len({finding.source_key for finding in findings}) == len(findings)
    alone = {"UNKNOWN_PROFILED", "NOT_PROFILED"}
    assert len(findings) <= 1 or not alone & {finding.mechanism for finding in findings}
    for finding in findings:
        known = finding.mechanism not in alone
        assert bool(finding.literature) == known
        assert not known or any(each.change for each in finding.evidence)


@examples
@given(cases)
def test_the_order_of_specimens_does_not_matter(case: Case) -> None:
    assert propose(case) == propose(replace(case, specimens=case.specimens[::-1]))


@examples
@given(specimens(), specimens())
def test_concordance_says_nothing_of_genes_not_assessed_in_both(
    tissue: Specimen, plasma: Specimen
) -> None:
    found = concordance(tissue, plasma, 0)
    both = assessed(tissue) & assessed(plasma)
    if found is None:
        assert not both
    else:
        assert found.assessed_in_both == len(both)
        assert {*found.in_both, *found.in_tissue_only, *found.in_plasma_only} <= both
