"""``CompositionHmm``: genes by base composition alone, a categorical hidden Markov model of hmmlearn on k-mer symbols.

Its symbols are the overlapping k-mers of the forward strand, each standing at its last base; its states are those of
``composition_path``. Overlapping k-mers are not independent, so a state emits one with P(last base | the k - 1 before
it) / 4**(k - 1): the divisor makes the row sum to one and favours no state, and hmmlearn's path becomes the one of a
Markov chain of order k - 1 per state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from hmmlearn.hmm import CategoricalHMM

from baselines.hmm.composition_path import (
    ALLOWED,
    INTERGENIC,
    STATES,
    StatePath,
    label_states,
    transcripts_of_path,
)
from features.accelerate import kernel
from features.errors import ModelError, TrainingError
from features.genome import Codes
from features.kmers import kmer_indices
from features.labelled import LabelledChromosome
from features.progress import track
from features.storage import read_arrays, read_card, write_arrays, write_card
from features.transcripts import Interval, Transcript

__all__ = ["CompositionHmm"]

CHUNK = 200_000
"""Bases decoded at once; hmmlearn holds about 350 bytes for each of them."""
OVERLAP = 20_000
"""Bases by which chunks overlap; their paths are joined where they agree, nearest to the middle."""
PSEUDOCOUNT = 1.0
CARD_KIND = "composition-hmm"
PARAMETERS = "parameters.npz"

Matrix = npt.NDArray[np.float64]


class CompositionHmm:
    """Predict genes from k-mer composition (no splice signal, no length model), a floor for every other row.

    Parameters
    ----------
    k : bases per symbol; states emit a base by the k - 1 before it.
    baum_welch_iterations : rounds of unsupervised re-estimation on the training sequence after the supervised counts.

    There is no seed: nothing is drawn. There are no threads: hmmlearn's Viterbi holds the interpreter lock.
    """

    def __init__(self, k: int = 5, baum_welch_iterations: int = 0) -> None:
        self.k = k
        self.baum_welch_iterations = baum_welch_iterations
        self.model: CategoricalHMM | None = None

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Count start, transition and emission probabilities along the annotation of ``training``.

        The structure is the longest isoform of each gene that overlaps no gene before it; ``validation`` is not used.

        Raises
        ------
        TrainingError : the annotation of ``training`` has no CDS, or none with an intron.
        """
        transitions = np.zeros((len(STATES), len(STATES)), np.int64)
        emissions = np.zeros((len(STATES), 4**self.k), np.int64)
        for chromosome in track(training, "composition HMM counts", unit="chromosome"):
            symbols = kmer_indices(chromosome.sequence, self.k)
            _count_path(label_states(chromosome), symbols, self.k, transitions, emissions)
        counted = emissions.sum(axis=1)
        for kind in ("exon", "intron"):
            if not any(counted[[name.startswith(kind) for name in STATES]]):
                raise TrainingError(
                    f"composition HMM: the training annotation has no coding {kind}. "
                    "Train on chromosomes with spliced protein-coding genes."
                )
        smoothed = emissions + PSEUDOCOUNT
        self._set_parameters(
            _normalised(smoothed.sum(axis=1)),
            _normalised(np.where(ALLOWED, transitions + PSEUDOCOUNT, 0.0)),
            _conditioned(smoothed),
        )
        if self.baum_welch_iterations:
            chunks = [
                kmer_indices(chromosome.sequence[start:end], self.k)
                for chromosome in training
                for start, end in _chunks(chromosome.sequence, self.k, overlap=0)
            ]
            symbols, lengths = np.concatenate(chunks)[:, None], [len(chunk) for chunk in chunks]
            model = self._fitted()
            for _ in track(range(self.baum_welch_iterations), "Baum-Welch", unit="iteration"):
                model.fit(symbols, lengths)
                model.emissionprob_ = _conditioned(model.emissionprob_)

    def predict(self, sequence: Codes, chromosome: str) -> list[Transcript]:
        """Transcripts of both strands of one chromosome, sorted by position; they carry no score."""
        return transcripts_of_path(self.decode(sequence, chromosome), sequence, chromosome)

    def decode(self, sequence: Codes, chromosome: str = "sequence") -> StatePath:
        """State of each base of the forward ``sequence``, int8 of shape (n,), by hmmlearn's Viterbi.

        Sequence is split at unknown bases. These, and the first k - 1 bases after each of them, are intergenic.
        """
        model = self._fitted()
        path = np.zeros(len(sequence), np.int8)
        chunks = list(_chunks(sequence, self.k, OVERLAP))
        previous_end = 0
        for start, end in track(chunks, f"decode {chromosome}", unit="chunk"):
            symbols = kmer_indices(sequence[start:end], self.k)
            states = model.decode(symbols[:, None])[1]
            labelled = start + self.k - 1
            cut = 0
            if labelled < previous_end:
                shared = previous_end - labelled
                cut = shared // 2
                agreed = np.flatnonzero(path[labelled:previous_end] == states[:shared])
                if len(agreed):
                    cut = int(agreed[np.argmin(np.abs(agreed - cut))])
                else:
                    states[cut] = INTERGENIC
            path[labelled + cut : end] = states[cut:]
            previous_end = end
        return path

    def save(self, folder: Path) -> None:
        """Write the card and the probabilities into the existing ``folder``."""
        model = self._fitted()
        arrays = {
            "start": model.startprob_,
            "transitions": model.transmat_,
            "emissions": model.emissionprob_,
        }
        write_arrays(folder / PARAMETERS, arrays)
        options = {"k": self.k, "baum_welch_iterations": self.baum_welch_iterations}
        write_card(folder, CARD_KIND, {**options, "states": list(STATES)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model that ``save`` wrote; ``ModelError`` where it is missing or damaged."""
        card = read_card(folder, CARD_KIND)
        arrays = read_arrays(folder / PARAMETERS)
        try:
            finder = cls(card["k"], card["baum_welch_iterations"])
            finder._set_parameters(arrays["start"], arrays["transitions"], arrays["emissions"])
        except KeyError as error:
            raise ModelError(f"{folder}: lacks {error}. Train the model again.") from None
        return finder

    def _fitted(self) -> CategoricalHMM:
        if self.model is None:
            raise ModelError("composition HMM: used before fit or load. Fit the model first.")
        return self.model

    def _set_parameters(
        self,
        start: Matrix,
        transitions: Matrix,
        emissions: Matrix,
    ) -> None:
        self.model = CategoricalHMM(
            len(STATES),
            transmat_prior=1 + PSEUDOCOUNT,
            emissionprob_prior=1 + PSEUDOCOUNT,
            n_features=4**self.k,
            n_iter=1,
            init_params="",
        )
        self.model.startprob_ = start
        self.model.transmat_ = transitions
        self.model.emissionprob_ = emissions


def _chunks(sequence: Codes, k: int, overlap: int) -> Iterator[Interval]:
    """Intervals of at most ``CHUNK`` known bases, from left to right, those of one piece overlapping by ``overlap``."""
    unknown = np.concatenate([[-1], np.flatnonzero(sequence > 3), [len(sequence)]])
    # An unknown base every few bases is dropped here, without a loop over all of them.
    wide = np.flatnonzero(np.diff(unknown) > k)
    for index in wide:
        start, end = int(unknown[index]) + 1, int(unknown[index + 1])
        while end - start > CHUNK:
            yield start, start + CHUNK
            start += CHUNK - overlap
        if end - start >= k:
            yield start, end


def _conditioned(kmers: Matrix) -> Matrix:
    """Emission rows from k-mer counts or frequencies of shape (states, 4**k), as the module's head says."""
    contexts = kmers.shape[1] // 4
    conditional: Matrix = _normalised(kmers.reshape(-1, contexts, 4)) / contexts
    return conditional.reshape(kmers.shape)


def _normalised(counts: Matrix) -> Matrix:
    """Divide ``counts`` by their sum along the last axis."""
    normalised: Matrix = counts / counts.sum(axis=-1, keepdims=True)
    return normalised


@kernel
def _count_path(states, symbols, k, transitions, emissions):  # type: ignore[no-untyped-def]
    for p in range(len(states)):
        if states[p] >= 0:
            if p >= k - 1 and symbols[p - k + 1] >= 0:
                emissions[states[p], symbols[p - k + 1]] += 1
            if p > 0 and states[p - 1] >= 0:
                transitions[states[p - 1], states[p]] += 1
