"""The decoder against hmmlearn, where its model is an ordinary HMM."""

from __future__ import annotations

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM

from baselines.hmm.lengths import LengthModel, Lengths
from baselines.hmm.path import Weights, path_transcripts
from baselines.hmm.topology import build_events
from features.sites import KINDS, SiteScores
from features.transcripts import Transcript
from tests.baselines.hmm.random_events import at_least, run_kernel

# The ordinary HMM below: intergenic, then per strand an exon state per codon position and an intron state per codon
# position that follows it, both counted from the left.
STATES = [
    "intergenic",
    *(f"{strand}{kind}{i}" for strand in "+-" for kind in "EN" for i in range(3)),
]


STATE = {name: number for number, name in enumerate(STATES)}


LEAVE, END, DONOR, ACCEPTOR = 0.02, 0.02, 0.03, 0.05


def ordinary_transitions() -> np.ndarray:
    """Transition probabilities of ``STATES``, shape (13, 13); only a finished codon ends a gene: some rows lack END."""
    matrix = np.zeros((len(STATES), len(STATES)))
    matrix[0, 0] = 1 - 2 * LEAVE
    for strand in "+-":
        matrix[0, STATE[f"{strand}E0"]] = LEAVE
        matrix[STATE[f"{strand}E2"], 0] = END
        for i in range(3):
            exon, intron = STATE[f"{strand}E{i}"], STATE[f"{strand}N{i}"]
            matrix[exon, STATE[f"{strand}E{(i + 1) % 3}"]] = 1 - DONOR - END
            matrix[exon, STATE[f"{strand}N{(i + 1) % 3}"]] = DONOR
            matrix[intron, intron] = 1 - ACCEPTOR
            matrix[intron, exon] = ACCEPTOR
    return matrix


def planted_emissions(transitions: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """P(symbol | state), shape (13, length), in favour of a path drawn from the model.

    Every base has a symbol of its own, which leaves no two paths of the same probability.
    """
    emissions = rng.uniform(0.5, 1.5, (len(STATES), length))
    state = 0
    for base in range(length):
        emissions[state, base] *= 3
        row = transitions[state]
        state = rng.choice(len(STATES), p=row / row.sum())
    for strand in "+-":
        # The decoder has one intron score per strand.
        introns = [STATE[f"{strand}N{i}"] for i in range(3)]
        emissions[introns] = emissions[introns].max(axis=0)
    emissions[1:, [0, -1]] = 0
    return emissions / emissions.sum(axis=1, keepdims=True)


def hmmlearn_path(transitions: np.ndarray, emissions: np.ndarray) -> tuple[float, np.ndarray]:
    """(log probability, states) of hmmlearn's best path; what rows lack leads into a state that emits nothing seen."""
    states, length = emissions.shape
    model = CategoricalHMM(states + 1, init_params="", params="")
    model.n_features = length + 1
    model.startprob_ = np.eye(states + 1)[0]
    model.transmat_ = np.eye(states + 1)
    model.transmat_[:states, :states] = transitions
    model.transmat_[:states, states] = 1 - transitions.sum(axis=1)
    model.emissionprob_ = np.zeros((states + 1, length + 1))
    model.emissionprob_[:states, :length] = emissions
    model.emissionprob_[states, length] = 1
    probability, path = model.decode(np.arange(length)[:, None], algorithm="viterbi")
    return float(probability), path


def homogeneous_scores(emissions: np.ndarray, strand: str) -> SiteScores:
    """Sites everywhere, all alike; the content score is the log ratio of a state to intergenic."""
    length = emissions.shape[1]
    stay = np.log(1 - 2 * LEAVE)
    with np.errstate(divide="ignore"):
        ratio = np.maximum(np.log(emissions) - np.log(emissions[0]), -1e6)
    own = np.arange(length) if strand == "+" else np.arange(length)[::-1]
    content = np.empty((length, 4))
    for frame in range(3):
        position = (np.arange(length) - frame) % 3
        # States count codon positions from the left, the reverse strand counts them from the right.
        position = position if strand == "+" else 2 - position
        states = np.array([STATE[f"{strand}E{i}"] for i in range(3)])[position]
        content[:, frame] = ratio[states, own] + np.log(1 - DONOR - END) - stay
    content[:, 3] = ratio[STATE[f"{strand}N0"], own] + np.log(1 - ACCEPTOR) - stay
    positions = {kind: np.arange(1, length) for kind in KINDS}
    positions["stop"] = np.arange(1, length - 3)
    log_odds = {kind: np.zeros(len(found), np.float32) for kind, found in positions.items()}
    return SiteScores.from_dense_content(positions, log_odds, content)


def painted(genes: list[Transcript], length: int) -> np.ndarray:
    """State of every base, codon positions taken from the phases of the transcripts."""
    states = np.zeros(length, np.int64)
    for gene in genes:
        entering = []
        for (start, end), phase in zip(gene.cds, gene.phases, strict=True):
            own = np.arange(end - start) if gene.strand == "+" else np.arange(end - start)[::-1]
            position = (own - phase) % 3
            position = position if gene.strand == "+" else 2 - position
            states[start:end] = STATE[f"{gene.strand}E0"] + position
            entering.append(int(position[0]))
        for (start, end), position in zip(gene.cds_introns, entering[1:], strict=True):
            states[start:end] = STATE[f"{gene.strand}N{position}"]
    return states


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_hmmlearn_on_a_homogeneous_model(seed: int) -> None:
    """Constant site scores, geometric lengths and sequence without stop codons make the decoder an ordinary HMM."""
    rng = np.random.default_rng(seed)
    transitions = ordinary_transitions()
    emissions = planted_emissions(transitions, 1000, rng)
    probability, expected = hmmlearn_path(transitions, emissions)
    codes = rng.integers(1, 3, 1000).astype(np.uint8)  # C and G only
    stay, inside = np.log(1 - 2 * LEAVE), np.log(1 - DONOR - END)
    weights = Weights(
        donor_bias=np.log(DONOR) - np.log(1 - ACCEPTOR),
        acceptor_bias=np.log(ACCEPTOR) - inside,
        start_bias=np.log(LEAVE) - inside,
        stop_bias=np.log(END) - stay,
        coding=1.0,
        intron=1.0,
        exon_length=1.0,
        intron_length=1.0,
        edge=-1e9,
    )
    any_length = LengthModel(np.array([-np.inf, 0.0]), 0.0)
    lengths = Lengths((any_length,) * 5, any_length, any_length)
    forward, reverse = (homogeneous_scores(emissions, strand) for strand in "+-")
    events = build_events(forward, reverse, codes, at_least(-1.0))

    score, path = run_kernel(events, lengths, weights)
    genes = path_transcripts(events, path, "c")
    np.testing.assert_array_equal(painted(genes, len(codes)), expected)
    assert score == pytest.approx(probability - np.log(emissions[0]).sum() - 999 * stay, abs=1e-6)
    assert {gene.strand for gene in genes} == {"+", "-"}
    assert any(gene.introns for gene in genes)
