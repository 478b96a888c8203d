"""The feature matrix of candidate sites: what its columns need to know of a species, and one stretch of a strand.

``SiteFeatures`` holds what is learnt from training chromosomes (PWMs, content model, prefilter thresholds);
``SiteFeatures.view`` opens one stretch of a strand as a ``StrandView`` that lists the candidate sites worth scoring and
their feature matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.coding import ContentModel, open_frames
from features.end_signals import EndSignals
from features.errors import TrainingError
from features.folds import part
from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome, LabelledStrand
from features.progress import track
from features.pwm import PositionWeightMatrix, site_windows
from features.site_columns import (
    BANDS,
    BASES,
    COLUMNS,
    COMPOSITION_WINDOWS,
    CONTENT_WINDOWS,
    count_composition,
    fill_bases,
    fill_composition,
    fill_content,
    fill_frames,
    fill_neighbours,
)
from features.sites import KINDS, candidate_sites

__all__ = ["FLANK", "SiteFeatures", "StrandView"]

FLANK = 3000
"""Bases of context a view has on either side; a multiple of three, so that frames stay.

No feature looks further, but for best_coding and the landmarks chosen by it: in a longer stop-free stretch a view and
the whole strand can differ a little, until the score meets its floor or ceiling.
"""

PWM_WINDOWS = {"donor": (-12, 15), "acceptor": (-45, 9), "start": (-30, 15), "stop": (-12, 21)}
"""Scored columns relative to the site, half-open."""
PWM_ORDER = 1
DECOYS_PER_KIND = 200_000
MINIMUM_SITES = 10
PREFILTER_KEEPS = 0.997
"""Share of the true training sites that the prefilter lets through."""
LANDMARK_KEEPS = 0.9
"""Share of the true training sites that count as neighbours of others: a weak neighbour tells nothing."""
STRETCH = 600_000
"""Bases viewed at once while the prefilter is fitted."""
FOLDS = 2
"""Parts of the training chromosomes, each of which tells how its true sites look to what has learnt from the others."""


@dataclass(frozen=True)
class SiteFeatures:
    """What the feature columns need to know of a species, learnt from training chromosomes.

    Attributes
    ----------
    pwms : one matrix per site kind, log odds against decoys.
    thresholds : lowest evidence (see ``StrandView.evidence``) per site kind of a candidate worth scoring.
    landmarks : the same of a candidate that counts as a neighbour of other sites.
    content : the coding, intron and intergenic Markov chains.
    end_signals : the words that stand before transcript ends.
    """

    pwms: dict[str, PositionWeightMatrix]
    thresholds: dict[str, float]
    landmarks: dict[str, float]
    content: ContentModel
    end_signals: EndSignals

    @classmethod
    def fit(cls, training: Sequence[LabelledChromosome], seed: int = 0) -> SiteFeatures:
        """Learn from ``training``; ``TrainingError`` where a site kind has fewer than ten true sites."""
        pwms, content, counts = _learn(training, seed)
        for kind, count in counts.items():
            if count < MINIMUM_SITES:
                raise TrainingError(
                    f"Too few true {kind} sites in the training chromosomes: {count}, where at least "
                    f"{MINIMUM_SITES} are needed.{NO_INTRONS if kind in ('donor', 'acceptor') else ''} "
                    "Train on more sequence, or check that the annotation fits the genome."
                )
        evidence = cls._unseen_evidence(training, seed)
        thresholds, landmarks = (
            {kind: _reached_by(share, evidence[kind]) for kind in KINDS}
            for share in (PREFILTER_KEEPS, LANDMARK_KEEPS)
        )
        return cls(pwms, thresholds, landmarks, content, EndSignals.fit(training))

    @classmethod
    def _unseen_evidence(
        cls, training: Sequence[LabelledChromosome], seed: int
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Evidence of the true sites of each fold of ``training`` to what has learnt from the others, by kind.

        Sites look better to what has learnt from them than others will, the more so the fewer they are.
        """
        everything = dict.fromkeys(KINDS, -np.inf)
        evidence = {kind: np.empty(0, np.float32) for kind in KINDS}
        for seen, unseen in part(training, FOLDS):
            try:
                pwms, content, _ = _learn(seen, seed)
            except TrainingError:  # all coding sequence lies in this fold
                continue
            blank = cls(pwms, everything, everything, content, EndSignals.fit([]))
            found = blank._true_evidence(unseen)
            evidence = {kind: np.concatenate([evidence[kind], found[kind]]) for kind in KINDS}
        return evidence

    def _true_evidence(
        self, training: Sequence[LabelledChromosome]
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Evidence of the true sites of ``training``, by kind."""
        evidence: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
        for chromosome in track(training, "prefilter", unit="chromosome"):
            for strand in chromosome.strands():
                for start in range(0, len(strand.sequence), STRETCH):
                    end = min(start + STRETCH, len(strand.sequence))
                    if not _any_true(strand, start, end):
                        continue
                    view = self.view(strand.sequence, start, end)
                    for kind in KINDS:
                        true, _ = view.labels(strand, kind)
                        evidence[kind].append(view.evidence(kind)[true])
        return {
            kind: np.concatenate([np.empty(0, np.float32), *found])
            for kind, found in evidence.items()
        }

    def view(self, strand_sequence: Codes, start: int, end: int) -> StrandView:
        """Open positions ``start`` (a multiple of three) to ``end`` of a strand."""
        flank_start = max(0, start - FLANK)
        flank_end = min(len(strand_sequence), end + FLANK)
        codes = strand_sequence[flank_start:flank_end]
        return StrandView(self, codes, start - flank_start, end - flank_start, flank_start)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything learnt, as named arrays for an NPZ file."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "content_coding": self.content.coding,
            "content_intron": self.content.intron,
            "end_signals": self.end_signals.weights,
        }
        for kind in KINDS:
            arrays[f"pwm_{kind}"] = self.pwms[kind].weights
            arrays[f"threshold_{kind}"] = np.array(self.thresholds[kind])
            arrays[f"landmark_{kind}"] = np.array(self.landmarks[kind])
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[np.float32]]) -> SiteFeatures:
        """Inverse of ``arrays``."""
        return cls(
            {
                kind: PositionWeightMatrix(PWM_ORDER, PWM_WINDOWS[kind][0], arrays[f"pwm_{kind}"])
                for kind in KINDS
            },
            {kind: float(arrays[f"threshold_{kind}"]) for kind in KINDS},
            {kind: float(arrays[f"landmark_{kind}"]) for kind in KINDS},
            ContentModel(arrays["content_coding"], arrays["content_intron"]),
            EndSignals(arrays["end_signals"]),
        )


NO_INTRONS = " Does the annotation have introns at all?"


def _learn(
    training: Sequence[LabelledChromosome], seed: int
) -> tuple[dict[str, PositionWeightMatrix], ContentModel, dict[str, int]]:
    """PWMs, content model, and the number of true sites, by kind."""
    true: dict[str, list[npt.NDArray[np.uint8]]] = {kind: [] for kind in KINDS}
    decoys: dict[str, list[npt.NDArray[np.uint8]]] = {kind: [] for kind in KINDS}
    rng = np.random.default_rng(seed)
    bases = 2 * sum(len(chromosome.sequence) for chromosome in training)
    for chromosome in track(training, "true sites and decoys", unit="chromosome"):
        for strand in chromosome.strands():
            share = len(strand.sequence) / bases
            for kind, candidates in candidate_sites(strand.sequence).items():
                is_true, left_out = strand.select(kind, candidates)
                false = candidates[~is_true & ~left_out]
                wanted = min(len(false), round(DECOYS_PER_KIND * share) + 1)
                sample = np.sort(rng.choice(false, wanted, replace=False))
                start, end = PWM_WINDOWS[kind]
                for positions, into in ((candidates[is_true], true), (sample, decoys)):
                    into[kind].append(
                        site_windows(strand.sequence, positions, start - PWM_ORDER, end)
                    )
    pwms, counts = {}, {}
    for kind, (start, end) in PWM_WINDOWS.items():
        none = np.empty((0, end - start + PWM_ORDER), np.uint8)
        windows = np.concatenate([none, *true[kind]])
        others = np.concatenate([none, *decoys[kind]])
        pwms[kind] = PositionWeightMatrix.fit(windows, others, PWM_ORDER, start)
        counts[kind] = len(windows)
    return pwms, ContentModel.fit(training), counts


def _reached_by(share: float, evidence: npt.NDArray[np.float32]) -> float:
    """What ``share`` of ``evidence`` reaches; anything where there is none."""
    return float(np.quantile(evidence, 1 - share, method="lower")) if len(evidence) else -np.inf


def _any_true(strand: LabelledStrand, start: int, end: int) -> bool:
    """Whether a true site of any kind lies from ``start`` to ``end``."""
    for kind in KINDS:
        true = strand.labels[kind].true
        if strand.select(kind, true[slice(*np.searchsorted(true, (start, end)))])[0].any():
            return True
    return False


class StrandView:
    """One stretch of a strand with its flanks; positions count from the first base of ``codes``.

    Attributes
    ----------
    codes : the stretch and its flanks.
    start, end : the stretch itself, in positions of ``codes``; sites of the flanks serve only as neighbours.
    offset : position of the first base of ``codes`` on the whole strand.
    """

    def __init__(
        self, features: SiteFeatures, codes: Codes, start: int, end: int, offset: int = 0
    ) -> None:
        self.features = features
        self.codes = codes
        self.start = start
        self.end = end
        self.offset = offset
        self._sites: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]] = {}
        self._landmarks: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]] = {}
        for kind, candidates in candidate_sites(codes).items():
            scores = features.pwms[kind].scan(codes)[candidates]
            evidence = scores + self._coding_beside(kind, candidates)
            for kept, into in (
                (evidence >= features.thresholds[kind], self._sites),
                (evidence >= features.landmarks[kind], self._landmarks),
            ):
                into[kind] = candidates[kept], scores[kept]

    def _coding_beside(
        self, kind: str, positions: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """Coding evidence on the exon side of starts and stops; splice sites, also of untranslated exons, get none."""
        if kind in ("donor", "acceptor"):
            return np.zeros(len(positions), np.float32)
        _, best_before, _, best_after = self._frames
        best = best_after if kind == "start" else best_before
        return best[positions, positions % 3]

    @cached_property
    def content(self) -> npt.NDArray[np.float64]:
        """Prefix sums of the content score over ``codes``, shape (n + 1, 4)."""
        return self.features.content.cumulative(self.codes)

    @cached_property
    def _antisense(self) -> npt.NDArray[np.float64]:
        """Content prefix sums of the other strand, in its own order, shape (n + 1, 4)."""
        return self.features.content.cumulative(reverse_complement(self.codes))

    @cached_property
    def _frames(self) -> tuple[npt.NDArray[np.float32], ...]:
        """Open length and best coding score before each boundary, then the same after it, each (n + 1, 3)."""
        before = open_frames(self.codes, self.content)
        after = open_frames(self.codes, self.content, after=True)
        return (*before, *after)

    @cached_property
    def _end_signals(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Positions right behind the signals of transcript ends, and their weights."""
        return self.features.end_signals.find(self.codes)

    @cached_property
    def _composition(self) -> npt.NDArray[np.int32]:
        """Prefix counts of GC, CpG and pyrimidines, shape (n + 1, 3)."""
        counts = np.zeros((len(self.codes) + 1, 3), np.int32)
        count_composition(self.codes, counts)
        return counts

    def sites(self, kind: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Prefiltered candidates of ``kind`` in the stretch, ascending, with their PWM log odds."""
        positions, scores = self._sites[kind]
        inside = slice(*np.searchsorted(positions, (self.start, self.end)))
        return positions[inside], scores[inside]

    def evidence(self, kind: str) -> npt.NDArray[np.float32]:
        """What the prefilter judges ``sites(kind)`` by: PWM log odds, plus the coding score beside starts and stops."""
        positions, scores = self.sites(kind)
        return scores + self._coding_beside(kind, positions)

    def matrix(
        self, kind: str, chosen: npt.NDArray[np.intp] | None = None
    ) -> npt.NDArray[np.float32]:
        """Feature matrix of the sites of ``kind``, or of the ``chosen`` ones, shape (sites, len(COLUMNS))."""
        positions, scores = self.sites(kind)
        if chosen is not None:
            positions, scores = positions[chosen], scores[chosen]
        matrix = np.empty((len(positions), len(COLUMNS)), np.float32)
        matrix[:, 0] = scores
        column = 1
        column = fill_bases(self.codes, positions, BASES, matrix, column)
        column = fill_content(
            self.content, self._antisense, positions, np.array(CONTENT_WINDOWS), matrix, column
        )
        column = fill_frames(*self._frames, positions, FLANK, matrix, column)
        for neighbour in KINDS:
            others, other_scores = self._landmarks[neighbour]
            column = fill_neighbours(
                positions, others, other_scores, np.array(BANDS), matrix, column
            )
        column = fill_neighbours(positions, *self._end_signals, np.array(BANDS), matrix, column)
        column = fill_composition(
            self._composition, positions, np.array(COMPOSITION_WINDOWS), matrix, column
        )
        assert column == len(COLUMNS)
        return matrix

    def labels(
        self, strand: LabelledStrand, kind: str
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """(is true, is left out) of ``sites(kind)``, where the view is one of ``strand``."""
        return strand.select(kind, self.sites(kind)[0] + self.offset)
