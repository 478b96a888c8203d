import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.metrics.gene_fates import Genes, gene_fates, join_strands


def genes(*cds, exact=(), left_out=()):
    """Genes of these coding exons, numbered in this order."""
    exons = sorted((*exon, number) for number, of_gene in enumerate(cds) for exon in of_gene)
    numbers = np.arange(len(cds))
    return Genes(
        np.array(exons, np.int64).reshape(-1, 3),
        np.isin(numbers, exact),
        ~np.isin(numbers, left_out),
    )


def fates(true, predicted):
    return {fate: count for fate, count in gene_fates(true, predicted).items() if count}


LONG = [(100, 200), (300, 400), (500, 600)]


@pytest.mark.parametrize(
    ("predicted", "fate"),
    [
        ([], "missed"),
        ([[(200, 300), (400, 500)]], "missed"),  # only introns are touched
        ([[(100, 200), (300, 410)]], "partial"),
        ([[(100, 200)], [(300, 400), (500, 600)]], "split"),
        ([[(150, 160)], [(599, 700)]], "split"),
        ([[(100, 200), (300, 380)], [(100, 200), (300, 390)]], "partial"),  # overlap each other
    ],
)
def test_fate_of_a_gene_alone(predicted, fate):
    assert fates(genes(LONG), genes(*predicted)) == {fate: 1}


def test_an_exact_isoform_finds_the_gene_whatever_else_overlaps_it():
    true = genes(LONG, exact=[0])
    assert fates(true, genes(LONG, [(100, 200)], [(500, 600)], exact=[0])) == {"found": 1}


def test_a_predicted_gene_over_two_true_ones_merges_both():
    true = genes([(100, 200)], [(300, 400)], [(900, 990)])
    assert fates(true, genes([(100, 200), (300, 400)])) == {"merged": 2, "missed": 1}
    # one of them is found by another predicted gene
    true = genes([(100, 200)], [(300, 400)], exact=[0])
    predicted = genes([(100, 200), (300, 400)], [(100, 200)], exact=[1])
    assert fates(true, predicted) == {"found": 1, "merged": 1}


def test_split_goes_before_merged():
    true = genes([(100, 200), (300, 400)], [(500, 600)])
    predicted = genes([(100, 200)], [(300, 400), (500, 600)])
    assert fates(true, predicted) == {"split": 1, "merged": 1}


def test_overlapping_true_genes_are_not_merged():
    predicted = genes([(100, 250)])
    assert fates(genes([(100, 200)], [(150, 250)]), predicted) == {"partial": 2}
    assert fates(genes([(100, 200)], [(200, 250)]), predicted) == {"merged": 2}


def test_of_three_in_a_row_only_those_apart_are_merged():
    true = genes([(100, 200)], [(150, 350)], [(300, 400)])
    assert fates(true, genes([(100, 400)])) == {"merged": 2, "partial": 1}


def test_an_exact_predicted_gene_neither_splits_nor_merges():
    through = genes([(100, 200)], [(100, 200), (300, 400)], [(300, 400)], exact=[1])
    assert fates(through, genes([(100, 200), (300, 400)], exact=[0])) == {"found": 1, "partial": 2}
    beside = genes([(100, 400)], [(350, 450)], exact=[1])
    assert fates(beside, genes([(100, 300)], [(350, 450)], exact=[1])) == {"found": 1, "partial": 1}


def test_a_gene_that_is_left_out_has_no_fate_but_is_still_there():
    true = genes([(100, 200)], [(300, 400)], left_out=[1])
    assert fates(true, genes([(100, 200), (300, 400)])) == {"merged": 1}
    true = genes([(100, 200), (300, 400)])
    assert fates(true, genes([(100, 200)], [(300, 400)], left_out=[1])) == {"split": 1}


def test_genes_of_joined_strands_do_not_overlap():
    here, there = genes([(100, 200)]), genes([(300, 400)])
    nothing = genes()
    assert fates(join_strands([here, nothing]), join_strands([nothing, here])) == {"missed": 1}
    both = join_strands([genes([(100, 200), (300, 400)])] * 2)
    assert fates(both, join_strands([here, there])) == {"partial": 2}
    assert fates(join_strands([]), join_strands([])) == {}


@st.composite
def any_genes(draw):
    cds = []
    for _ in range(draw(st.integers(0, 6))):
        edges = draw(st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True))
        edges = sorted(edges)[: len(edges) // 2 * 2]
        cds.append(list(zip(edges[::2], edges[1::2], strict=True)))
    some = st.lists(st.integers(0, 5))
    return cds, draw(some), draw(some)


@given(any_genes(), any_genes())
def test_agrees_with_sets_of_bases(true, predicted):
    def bases(cds):
        return [{base for exon in of_gene for base in range(*exon)} for of_gene in cds]

    truths, guesses = bases(true[0]), bases(predicted[0])
    expected = dict.fromkeys(("found", "split", "merged", "partial", "missed"), 0)
    for number, truth in enumerate(truths):
        over = [guess for guess in guesses if guess & truth]
        inexact = [g for i, g in enumerate(guesses) if g & truth and i not in predicted[1]]
        if number in true[2]:
            continue
        if number in true[1]:
            fate = "found"
        elif any(not one & other for one in inexact for other in inexact):
            fate = "split"
        elif any(guess & other and not other & truth for guess in inexact for other in truths):
            fate = "merged"
        else:
            fate = "partial" if over else "missed"
        expected[fate] += 1
    found = gene_fates(
        *(genes(*cds, exact=exact, left_out=out) for cds, exact, out in (true, predicted))
    )
    assert found == expected
