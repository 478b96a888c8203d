from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.datasets.holdout import Holdout, Split, resolve_split
from features.errors import DatasetError

LENGTHS = {"chr1": 900, "chr2": 800, "chr3": 100, "chr4": 50, "chrM": 10}
CODING = {"chr1", "chr2", "chr3", "chr4"}


def resolve(lengths: dict[str, int] | None = None, **roles: object) -> Split:
    lengths = lengths or LENGTHS
    return resolve_split(Holdout(**roles), lengths, CODING & lengths.keys(), "x")  # type: ignore[arg-type]


def test_named_roles_come_in_the_genomes_order_and_the_rest_is_unused() -> None:
    split = resolve(train=("chr2", "chr1"), validation=("chr3",), test=("chr4",))
    assert split == Split(("chr1", "chr2"), ("chr3",), ("chr4",))


def test_validation_is_about_a_tenth_and_train_the_rest_with_genes() -> None:
    # Outside chr1 there are 950 annotated bases: chr2 does not fit into a tenth of them, nor does chr3, chr4 does.
    assert resolve(test=("chr1",)) == Split(("chr2", "chr3"), ("chr4",), ("chr1",))


def test_the_shortest_validates_where_every_chromosome_is_longer_than_a_tenth() -> None:
    lengths = {"chr1": 900, "chr2": 800, "chr3": 700}
    assert resolve(lengths, test=("chr1",)) == Split(("chr2",), ("chr3",), ("chr1",))


def test_a_tiny_chromosome_is_not_all_that_validates() -> None:
    lengths = {"chr1": 900, "chr2": 800, "chr3": 700, "chr4": 5}
    assert resolve(lengths, test=("chr1",)) == Split(("chr2",), ("chr3", "chr4"), ("chr1",))


@pytest.mark.parametrize("role", ["train", "validation", "test"])
def test_a_role_without_coding_genes_is_refused(role: str) -> None:
    roles = {"train": ("chr1",), "validation": ("chr3",), "test": ("chr4",), role: ("chrM",)}
    with pytest.raises(DatasetError, match=rf"no coding gene .* {role} chromosomes \(chrM\)"):
        resolve(**roles)


def test_groups_move_together() -> None:
    lengths = {f"hg19_chr{c}_{i}": 10 for c in (1, 2, 20) for i in range(2)}
    split = resolve_split(
        Holdout(test=("1",), validation=("20",), group=r"^hg\d+_chr(\w+?)_"), lengths, lengths, "x"
    )
    assert split.test == ("hg19_chr1_0", "hg19_chr1_1")
    assert split.validation == ("hg19_chr20_0", "hg19_chr20_1")
    assert split.train == ("hg19_chr2_0", "hg19_chr2_1")


def test_chosen_validation_never_splits_a_group() -> None:
    lengths = {f"{c}_{i}": 10 + c for c in range(1, 6) for i in range(3)}
    split = resolve_split(Holdout(test=("1",), group=r"(\d)_"), lengths, lengths, "x")
    assert len(split.validation) == 3
    assert len({name[0] for name in split.validation}) == 1


def test_a_record_may_go_by_another_name() -> None:
    split = resolve(test=("I",), validation=("chr2",), names={"chr1": "I"})
    assert split.test == ("chr1",)


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ({"test": ("chr9",)}, r"no chromosome 'chr9' for --test"),
        ({"test": ("1",)}, r"Did you mean chr1\?"),
        ({"test": ("chr1",), "train": ("chr1", "chr2")}, "chr1 is in both"),
        ({"test": ()}, "no test chromosomes"),
        ({"test": ("chr1", "chr2", "chr3", "chr4")}, "left to tune on"),
        ({"test": ("chr1", "chr2", "chr3")}, "left to train on"),
        ({"test": ("chr1",), "group": "("}, "not a regular expression"),
        ({"test": ("chr1",), "group": "chr."}, r"no \(\.\.\.\) part"),
    ],
)
def test_bad_holdouts(roles: dict[str, object], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        resolve(**roles)


def test_a_single_chromosome_is_a_clear_error() -> None:
    with pytest.raises(DatasetError, match="at least three annotated chromosomes"):
        resolve({"chr1": 1000}, test=("chr1",))


@given(st.dictionaries(st.integers(0, 99).map(str), st.integers(1, 10**6), min_size=3), st.data())
def test_chosen_roles_share_no_record_and_leave_none_out(
    lengths: dict[str, int], data: st.DataObject
) -> None:
    test = data.draw(st.sampled_from(sorted(lengths)))
    split = resolve_split(Holdout(test=(test,)), lengths, lengths, "x")
    everything = [*split.train, *split.validation, *split.test]
    assert sorted(everything) == sorted(lengths)
    assert split.train
    assert split.validation
    rest = sum(lengths.values()) - lengths[test]
    taken = [lengths[name] for name in split.validation]
    assert sum(taken) <= 0.1 * rest or sum(taken) - max(taken) <= 0.05 * rest
    assert sum(taken) >= 0.05 * rest or len(split.train) == 1
