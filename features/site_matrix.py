"""The named feature columns of a candidate site, filled by Numba kernels into one preallocated matrix.

``SiteFeatures`` holds what is learnt from training chromosomes (PWMs, content model, prefilter thresholds);
``SiteFeatures.view`` opens one stretch of a strand as a ``StrandView`` that lists the candidate sites worth scoring and
their feature matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.coding import ContentModel, open_frames
from features.errors import TrainingError
from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome, LabelledStrand
from features.progress import track
from features.pwm import PositionWeightMatrix, site_windows
from features.sites import KINDS, candidate_sites

__all__ = ["COLUMNS", "FLANK", "SiteFeatures", "StrandView"]

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
PREFILTER_KEEPS = 0.998
"""Share of the true training sites that the prefilter lets through."""
LANDMARK_KEEPS = 0.9
"""Share of the true training sites that count as neighbours of others: a weak neighbour tells nothing."""
STRETCH = 600_000
"""Bases viewed at once while the prefilter is fitted."""

BASES = 32
CONTENT_WINDOWS = (24, 48, 96, 192, 384)
COMPOSITION_WINDOWS = (50, 200, 1000)
BANDS = (0, 60, 200, 600, 2000)
"""Edges of the distance bands in which neighbouring sites are sought."""

COLUMNS: tuple[str, ...] = (
    "pwm",
    *(f"base_{offset:+d}" for offset in range(-BASES, BASES)),
    *(
        f"{content}_{side}_{window}"
        for side in ("before", "after")
        for window in CONTENT_WINDOWS
        for content in ("frame_0", "frame_1", "frame_2", "intron", "antisense")
    ),
    *(
        f"{quantity}_{side}_frame_{frame}"
        for side in ("before", "after")
        for quantity in ("open", "best_coding")
        for frame in range(3)
    ),
    *(
        f"{kind}_{side}_{near}_{far}"
        for kind in KINDS
        for side in ("before", "after")
        for near, far in pairwise(BANDS)
    ),
    *(
        f"{quantity}_{side}_{window}"
        for side in ("before", "after")
        for window in COMPOSITION_WINDOWS
        for quantity in ("gc", "cpg", "pyrimidine")
    ),
)
"""Names of the matrix columns.

pwm: log odds of the site's own PWM. base: code 0 to 3 at an offset from the site, NaN if unknown. frame, intron,
antisense: content score summed over a window; frame 0 is the frame in which a codon starts at the site, antisense the
best frame of the other strand. open: bases to the nearest in-frame stop codon, at most FLANK. best_coding: highest
coding score of a stop-free stretch that touches the site. kind bands: best PWM log odds of a landmark of that kind at
that distance, NaN if there is none. gc, cpg, pyrimidine: shares of a window.
"""


@dataclass(frozen=True)
class SiteFeatures:
    """What the feature columns need to know of a species, learnt from training chromosomes.

    Attributes
    ----------
    pwms : one matrix per site kind, log odds against decoys.
    thresholds : lowest evidence (see ``StrandView.evidence``) per site kind of a candidate worth scoring.
    landmarks : the same of a candidate that counts as a neighbour of other sites.
    content : the coding, intron and intergenic Markov chains.
    """

    pwms: dict[str, PositionWeightMatrix]
    thresholds: dict[str, float]
    landmarks: dict[str, float]
    content: ContentModel

    @classmethod
    def fit(cls, training: Sequence[LabelledChromosome], seed: int = 0) -> SiteFeatures:
        """Learn from ``training``; ``TrainingError`` where a site kind has fewer than ten true sites."""
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
        pwms = {}
        for kind in KINDS:
            windows = np.concatenate(true[kind]) if true[kind] else np.empty((0, 0), np.uint8)
            if len(windows) < MINIMUM_SITES:
                raise TrainingError(
                    f"Only {len(windows)} true {kind} sites in the training chromosomes; at least {MINIMUM_SITES} are "
                    f"needed.{NO_INTRONS if kind in ('donor', 'acceptor') else ''} "
                    "Train on more sequence, or check that the annotation fits the genome."
                )
            pwms[kind] = PositionWeightMatrix.fit(
                windows, np.concatenate(decoys[kind]), PWM_ORDER, PWM_WINDOWS[kind][0]
            )
        everything = dict.fromkeys(KINDS, -np.inf)
        unfiltered = cls(pwms, everything, everything, ContentModel.fit(training))
        evidence = unfiltered._true_evidence(training)
        thresholds, landmarks = (
            {kind: float(np.quantile(evidence[kind], 1 - share, method="lower")) for kind in KINDS}
            for share in (PREFILTER_KEEPS, LANDMARK_KEEPS)
        )
        return replace(unfiltered, thresholds=thresholds, landmarks=landmarks)

    def _true_evidence(
        self, training: Sequence[LabelledChromosome]
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Evidence of the true sites of ``training``, by kind."""
        evidence: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
        for chromosome in track(training, "prefilter", unit="chromosome"):
            for strand in chromosome.strands():
                for start in range(0, len(strand.sequence), STRETCH):
                    end = min(start + STRETCH, len(strand.sequence))
                    view = self.view(strand.sequence, start, end)
                    for kind in KINDS:
                        true, _ = view.labels(strand, kind, start - view.start)
                        evidence[kind].append(view.evidence(kind)[true])
        return {kind: np.concatenate(evidence[kind]) for kind in KINDS}

    def view(self, strand_sequence: Codes, start: int, end: int) -> StrandView:
        """Open positions ``start`` (a multiple of three) to ``end`` of a strand."""
        flank_start = max(0, start - FLANK)
        flank_end = min(len(strand_sequence), end + FLANK)
        codes = strand_sequence[flank_start:flank_end]
        return StrandView(self, codes, start - flank_start, end - flank_start)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything learnt, as named arrays for an NPZ file."""
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "content_coding": self.content.coding,
            "content_intron": self.content.intron,
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
        )


NO_INTRONS = " Does the annotation have introns at all?"


class StrandView:
    """One stretch of a strand with its flanks; positions count from the first base of ``codes``.

    Attributes
    ----------
    codes : the stretch and its flanks.
    start, end : the stretch itself, in positions of ``codes``; sites of the flanks serve only as neighbours.
    """

    def __init__(self, features: SiteFeatures, codes: Codes, start: int, end: int) -> None:
        self.features = features
        self.codes = codes
        self.start = start
        self.end = end
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
    def _composition(self) -> npt.NDArray[np.int32]:
        """Prefix counts of GC, CpG and pyrimidines, shape (n + 1, 3)."""
        counts = np.zeros((len(self.codes) + 1, 3), np.int32)
        _count_composition(self.codes, counts)
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
        column = _fill_bases(self.codes, positions, BASES, matrix, column)
        column = _fill_content(
            self.content, self._antisense, positions, np.array(CONTENT_WINDOWS), matrix, column
        )
        column = _fill_frames(*self._frames, positions, FLANK, matrix, column)
        for neighbour in KINDS:
            others, other_scores = self._landmarks[neighbour]
            column = _fill_neighbours(
                positions, others, other_scores, np.array(BANDS), matrix, column
            )
        column = _fill_composition(
            self._composition, positions, np.array(COMPOSITION_WINDOWS), matrix, column
        )
        assert column == len(COLUMNS)
        return matrix

    def labels(
        self, strand: LabelledStrand, kind: str, offset: int
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """(is true, is left out) of ``sites(kind)``, where ``codes`` begins at ``offset`` of ``strand``."""
        return strand.select(kind, self.sites(kind)[0] + offset)


# Kernels: s = sites, c = columns of the matrix, n = bases of the view.


@kernel
def _fill_bases(codes, positions, bases, matrix, column):  # type: ignore[no-untyped-def]
    # codes: (n,), positions: (s,), matrix: (s, c)
    for i in range(len(positions)):
        first = positions[i] - bases
        if first >= 0 and first + 2 * bases <= len(codes):
            for j in range(2 * bases):
                code = codes[first + j]
                matrix[i, column + j] = code if code < 4 else np.nan
        else:
            for j in range(2 * bases):
                known = 0 <= first + j < len(codes) and codes[first + j] < 4
                matrix[i, column + j] = codes[first + j] if known else np.nan
    return column + 2 * bases


@kernel
def _fill_content(sums, antisense, positions, windows, matrix, column):  # type: ignore[no-untyped-def]
    # sums and antisense: (n + 1, 4), positions: (s,), windows: (w,), matrix: (s, c)
    n = len(sums) - 1
    for i in range(len(positions)):
        b = positions[i]
        at = column
        for side in range(2):
            for w in range(len(windows)):
                low = max(0, b - windows[w]) if side == 0 else b
                high = b if side == 0 else min(n, b + windows[w])
                for frame in range(3):
                    f = (b + frame) % 3
                    matrix[i, at + frame] = sums[high, f] - sums[low, f]
                matrix[i, at + 3] = sums[high, 3] - sums[low, 3]
                best = -np.inf
                for f in range(3):
                    best = max(best, antisense[n - low, f] - antisense[n - high, f])
                matrix[i, at + 4] = best
                at += 5
    return column + 10 * len(windows)


@kernel
def _fill_frames(  # type: ignore[no-untyped-def]
    open_before, best_before, open_after, best_after, positions, longest, matrix, column
):
    # open and best: (n + 1, 3), positions: (s,), matrix: (s, c)
    for i in range(len(positions)):
        b = positions[i]
        for frame in range(3):
            f = (b + frame) % 3
            matrix[i, column + frame] = min(open_before[b, f], longest)
            matrix[i, column + 3 + frame] = best_before[b, f]
            matrix[i, column + 6 + frame] = min(open_after[b, f], longest)
            matrix[i, column + 9 + frame] = best_after[b, f]
    return column + 12


@kernel
def _fill_neighbours(positions, others, scores, bands, matrix, column):  # type: ignore[no-untyped-def]
    # positions: (s,) ascending, others and scores: (m,) ascending by position, bands: (k + 1,), matrix: (s, c)
    k = len(bands) - 1
    best = np.empty((2 * k, len(positions)), np.float32)
    places = np.empty(len(others) + 1, np.int64)
    values = np.empty(len(others) + 1, np.float32)
    for band in range(k):
        # A site is bands[band] <= distance < bands[band + 1] away; the site itself, at distance 0, is none of its
        # neighbours.
        near, far = max(1, bands[band]), bands[band + 1]
        _find_best(positions, 1 - far, 1 - near, others, scores, places, values, best[band])
        _find_best(positions, near, far, others, scores, places, values, best[k + band])
    for i in range(len(positions)):
        for j in range(2 * k):
            matrix[i, column + j] = best[j, i]
    return column + 2 * k


@kernel
def _find_best(positions, low, high, others, scores, places, values, best):  # type: ignore[no-untyped-def]
    # Highest score of the others at low <= distance < high; the windows ascend, so a queue of falling scores suffices:
    # places and values hold it. positions and best: (s,), others and scores: (m,), places and values: (m + 1,)
    head = tail = entering = 0
    m = len(others)
    following = others[0] if m else np.int64(0)
    for i in range(len(positions)):
        p = positions[i]
        while entering < m and following < p + high:
            score = scores[entering]
            while tail > head and values[tail - 1] <= score:
                tail -= 1
            places[tail] = following
            values[tail] = score
            tail += 1
            entering += 1
            if entering < m:
                following = others[entering]
        while head < tail and places[head] < p + low:
            head += 1
        best[i] = values[head] if head < tail else np.nan


@kernel
def _fill_composition(counts, positions, windows, matrix, column):  # type: ignore[no-untyped-def]
    # counts: (n + 1, 3), positions: (s,), windows: (w,), matrix: (s, c)
    n = len(counts) - 1
    for i in range(len(positions)):
        b = positions[i]
        at = column
        for side in range(2):
            for w in range(len(windows)):
                low = max(0, b - windows[w]) if side == 0 else b
                high = b if side == 0 else min(n, b + windows[w])
                for quantity in range(3):
                    count = counts[high, quantity] - counts[low, quantity]
                    matrix[i, at + quantity] = count / max(1, high - low)
                at += 3
    return column + 6 * len(windows)


@kernel
def _count_composition(codes, counts):  # type: ignore[no-untyped-def]
    # codes: (n,), counts: (n + 1, 3)
    for p in range(len(codes)):
        code = codes[p]
        cpg = code == 2 and p > 0 and codes[p - 1] == 1
        counts[p + 1, 0] = counts[p, 0] + (code == 1 or code == 2)
        counts[p + 1, 1] = counts[p, 1] + cpg
        counts[p + 1, 2] = counts[p, 2] + (code == 1 or code == 3)
