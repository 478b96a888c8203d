from __future__ import annotations

import numpy as np

from features.genome import encode, reverse_complement
from features.sequence_sets.reads import ReadModel, simulate_reads

GENES = [np.random.default_rng(n).integers(0, 4, 1400).astype(np.uint8) for n in range(20)]


def test_reads_without_errors_are_pieces_of_their_gene() -> None:
    reads, parents = simulate_reads(GENES, ReadModel(10, 150, 15, 75, both_strands=True))
    assert parents.tolist() == [n for n in range(20) for _ in range(10)]
    turned = 0
    for read, parent in zip(reads, parents, strict=True):
        forward = read.tobytes() in GENES[parent].tobytes()
        turned += not forward
        assert forward or reverse_complement(read).tobytes() in GENES[parent].tobytes()
    assert 70 < turned < 130
    lengths = np.array([len(read) for read in reads])
    assert abs(lengths.mean() - 150) < 4
    assert 11 < lengths.std() < 19
    assert lengths.min() >= 75


def test_whole_sequences() -> None:
    reads, _ = simulate_reads(GENES[:2], ReadModel(3))
    assert all((read == GENES[n // 3]).all() for n, read in enumerate(reads))


def test_a_read_is_no_longer_than_its_sequence() -> None:
    reads, _ = simulate_reads([encode("ACGT")], ReadModel(5, 150, 15, 75))
    assert [len(read) for read in reads] == [4] * 5


def test_errors_come_at_their_rates() -> None:
    exact = np.concatenate(GENES)
    (read,), _ = simulate_reads([exact], ReadModel(1, substitution=0.05))
    assert len(read) == len(exact)
    assert 0.045 < (read != exact).mean() < 0.055
    (read,), _ = simulate_reads([exact], ReadModel(1, insertion=0.05))
    assert 0.045 < len(read) / len(exact) - 1 < 0.055
    (read,), _ = simulate_reads([exact], ReadModel(1, deletion=0.05))
    assert 0.045 < 1 - len(read) / len(exact) < 0.055


def test_a_seed_decides_and_unknown_bases_stay() -> None:
    model = ReadModel(4, 100, 10, 50, 0.1, 0.05, 0.05, True, seed=3)
    one, again = simulate_reads(GENES, model)[0], simulate_reads(GENES, model)[0]
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    (unknown,), _ = simulate_reads([np.full(50, 4, np.uint8)], ReadModel(1, substitution=0.5))
    assert (unknown == 4).all()
