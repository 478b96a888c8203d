from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from features.folds import part, rest_of_share
from features.labelled import LabelledChromosome
from features.site_matrix import SiteFeatures
from features.sites import candidate_sites
from features.transcripts import Transcript


@pytest.mark.parametrize("folds", [2, 3])
def test_a_fold_scores_what_it_has_not_seen(folds: int) -> None:
    old = np.array([[10, 20]])
    training = [
        LabelledChromosome(name, np.zeros(length, np.uint8), [], mask)
        for name, length, mask in (("a", 4_000_000, old), ("b", 900, old), ("c", 6_000_001, old))
    ]
    parted = part(training, folds)
    assert len(parted) == folds
    for fold in parted:
        for chromosome, seen, unseen in zip(training, fold.seen, fold.unseen, strict=True):
            length = len(chromosome.sequence)
            hidden = np.zeros((2, length), bool)
            for row, each in zip(hidden, (seen, unseen), strict=True):
                for start, end in each.mask:
                    row[start:end] = True
            both = hidden.all(axis=0)
            assert hidden.any(axis=0).all()
            assert both.sum() == 10
            assert both[10:20].all()
            if length > 1000:
                assert hidden[0].mean() == pytest.approx(1 / folds, abs=0.06)


def test_a_fold_learns_nothing_of_what_it_has_not_seen() -> None:
    """Random genes in random sequence: features that have not seen them find no more of them than chance."""
    rng = np.random.default_rng(1)
    sequence = rng.integers(0, 4, 400_000).astype(np.uint8)
    candidates = candidate_sites(sequence)
    genes = []
    for number, begin in enumerate(range(1000, 398_000, 1500)):
        start = int(candidates["start"][np.searchsorted(candidates["start"], begin)])
        donor = int(candidates["donor"][np.searchsorted(candidates["donor"], start + 100)])
        acceptor = int(candidates["acceptor"][np.searchsorted(candidates["acceptor"], donor + 80)])
        stop = int(candidates["stop"][np.searchsorted(candidates["stop"], acceptor + 100)])
        exons = ((start, donor), (acceptor, stop + 3))
        genes.append(Transcript("r", "+", f"g{number}", f"t{number}", exons, exons))
    chromosome = LabelledChromosome("r", sequence, genes)
    fold = part([chromosome], 3)[0]
    features = SiteFeatures.fit(fold.seen)
    view = features.view(sequence, 0, len(sequence))
    areas = {}
    for name, each in (("seen", fold.seen[0]), ("unseen", fold.unseen[0])):
        strand = next(each.strands())
        true, left_out = view.labels(strand, "donor")
        areas[name] = roc_auc_score(true[~left_out], view.evidence("donor")[~left_out])
    assert areas["seen"] > 0.75
    assert areas["unseen"] == pytest.approx(0.5, abs=0.12)


def test_a_share_keeps_random_blocks_and_those_of_a_smaller_share() -> None:
    lengths = {"a": 30_000_000, "b": 9_500_000, "c": 700}
    left: dict[float, set[tuple[str, int]]] = {}
    for share in (1.0, 0.5, 0.1):
        masked = rest_of_share(lengths, share, 3)
        assert list(masked) == list(lengths)
        bases = sum(int(np.diff(regions).sum()) for regions in masked.values())
        assert 1 - bases / 39_500_700 == pytest.approx(share, abs=0.01)
        everything = rest_of_share(lengths, 1e-9, 4)
        hidden = {(name, int(start)) for name in masked for start in masked[name][:, 0]}
        blocks = {(name, start) for name in lengths for start in range(0, lengths[name], 197_503)}
        assert hidden <= blocks
        assert sum(map(len, everything.values())) == len(blocks) - 1
        left[share] = blocks - hidden
    assert left[0.1] < left[0.5] < left[1.0]
    assert not all(map(np.array_equal, masked.values(), rest_of_share(lengths, 0.1, 5).values()))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_every_fold_of_a_share_holds_some_of_it(share: float, seed: int) -> None:
    lengths = {"a": 3_000_000, "b": 1_234_567}
    masked = rest_of_share(lengths, share, seed)
    training = [
        LabelledChromosome(name, np.zeros(length, np.uint8), [], masked[name])
        for name, length in lengths.items()
    ]
    total = sum(_left(chromosome) for chromosome in training)
    for folds in (2, 3):
        for fold in part(training, folds):
            unseen = sum(map(_left, fold.unseen))
            assert unseen + sum(map(_left, fold.seen)) == total
            assert 0 < unseen < total


def _left(chromosome: LabelledChromosome) -> int:
    hidden = np.zeros(len(chromosome.sequence), bool)
    for start, end in chromosome.mask:
        hidden[start:end] = True
    return int((~hidden).sum())
