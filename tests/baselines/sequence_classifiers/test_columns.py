"""What the k-mer classifiers and the coding potential make columns of."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from baselines.sequence_classifiers import linear
from baselines.sequence_classifiers.coding_potential import CodingPotential, _in_frame
from baselines.sequence_classifiers.kmer_features import _whole
from features.genome import encode
from features.kmers import kmer_indices


def test_aligned_sequences_are_told_by_bases_and_by_stretches_of_eight() -> None:
    whole, bases, stretches = 4 + 16, 20 * (4 + 16 + 64), 3 * (4 + 16 + 64 + 256)
    drawn = list(np.random.default_rng(0).integers(0, 4, (3, 20)).astype(np.uint8))
    found = _whole(drawn, 2, False, 20)
    assert found.shape == (3, whole + bases + stretches)
    assert _whole(drawn, 2, False, 0).shape == (3, whole)
    # One that is shorter has its whole spectrum alone.
    short = _whole([drawn[0][:-1], *drawn[1:]], 2, False, 20)
    assert short[[0], whole:].nnz == 0
    assert (short[[1, 2]] != found[[1, 2]]).nnz == 0


def test_presence_is_no_count() -> None:
    found = linear._presence(csr_array(np.array([[0, 0.2, 3.0]])))
    assert found.toarray().tolist() == [[0, 1, 1]]


def test_columns_are_standardised_where_asked_for() -> None:
    matrix = csr_array(np.random.default_rng(0).random((50, 3)) * [1, 10, 100])
    scaled = linear._scale(matrix, linear._column_scale(matrix, True)).toarray()
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-4)
    assert linear._column_scale(matrix, False).tolist() == [1, 1, 1]


def test_centroids_are_compared_by_their_angle() -> None:
    classifier = linear.KmerCentroid(threads=1)
    classifier.classes_ = np.array(["a", "b"])
    # The second class lies far out, but the sequence in the direction of the first.
    matrix = csr_array(np.array([[1.0, 0.1], [1.0, 0.2], [50.0, 60.0], [60.0, 50.0]]))
    (weights,) = classifier._candidates(matrix, np.array([0, 0, 1, 1]))
    assert (np.array([[3.0, 0.3]]) @ weights.columns + weights.bias).argmax() == 0


def test_hexamers_are_those_that_begin_a_codon() -> None:
    codes = encode("ATGGCAGCAGCATAA")
    words = _in_frame(codes, 6).tolist()
    assert words == kmer_indices(codes, 6)[[0, 3, 6, 9]].tolist()
    learnt = CodingPotential.learn([codes, encode("ATGCTTCTTCTTTAA")], np.array([0, 1]))
    inside = learnt.hexamers[0, words]
    outside = learnt.hexamers[0, kmer_indices(codes, 6)[[1, 2, 4, 5]]]
    assert inside.min() > 0 >= outside.max()
