from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from features import site_matrix
from features.coding import ContentModel, open_frames
from features.datasets.simulator import simulate
from features.end_signals import EndSignals
from features.errors import TrainingError
from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome
from features.pwm import PositionWeightMatrix
from features.site_columns import ABSENT, COLUMNS
from features.site_matrix import FLANK, SiteFeatures, StrandView
from features.sites import KINDS, candidate_sites

STOPS = ("TAA", "TAG", "TGA")
LETTERS = np.array(list("ACGTN"))


@pytest.fixture(scope="module")
def features() -> SiteFeatures:
    """Arbitrary matrices, chains and thresholds."""
    rng = np.random.default_rng(8)
    return SiteFeatures(
        {
            kind: PositionWeightMatrix(
                1, start, rng.normal(0, 0.4, (end - start, 16)).astype(np.float32)
            )
            for kind, (start, end) in site_matrix.PWM_WINDOWS.items()
        },
        {"donor": -1.0, "acceptor": -2.0, "start": 0.0, "stop": -0.5},
        {"donor": 0.0, "acceptor": -0.5, "start": 1.0, "stop": 1.5},
        ContentModel(
            rng.normal(0, 0.2, (3, 4096)).astype(np.float32),
            rng.normal(0, 0.2, 4096).astype(np.float32),
        ),
        EndSignals(rng.normal(-0.5, 0.5, 4096).astype(np.float32)),
    )


def random_codes(length: int, seed: int, unknown: float = 0.01) -> np.ndarray:
    share = (1 - unknown) / 4
    rng = np.random.default_rng(seed)
    return rng.choice(5, length, p=[share] * 4 + [unknown]).astype(np.uint8)


class Naive:
    """Each column of the matrix by its definition, one site at a time."""

    def __init__(self, features: SiteFeatures, codes: np.ndarray) -> None:
        self.features = features
        self.codes = codes
        self.text = "".join(LETTERS[codes])
        self.sums = features.content.cumulative(codes)
        self.antisense = features.content.cumulative(reverse_complement(codes))
        self.best = {
            "before": open_frames(codes, self.sums)[1],
            "after": open_frames(codes, self.sums, after=True)[1],
        }
        self.sites: dict[str, dict[int, float]] = {}
        self.landmarks: dict[str, dict[int, float]] = {}
        for kind, candidates in candidate_sites(codes).items():
            scores = features.pwms[kind].scan(codes)
            evidence = scores.copy()
            if kind in ("start", "stop"):
                beside = self.best["after" if kind == "start" else "before"]
                evidence += beside[np.arange(len(codes)), np.arange(len(codes)) % 3]
            for thresholds, into in (
                (features.thresholds, self.sites),
                (features.landmarks, self.landmarks),
            ):
                kept = candidates[evidence[candidates] >= thresholds[kind]]
                into[kind] = dict(zip(kept.tolist(), scores[kept].tolist(), strict=True))

    def window(self, position: int, side: str, size: int) -> tuple[int, int]:
        n = len(self.codes)
        if side == "before":
            return max(0, position - size), position
        return position, min(n, position + size)

    def end_weight(self, word: str) -> float:
        index = sum("ACGT".index(base) * 4 ** (5 - place) for place, base in enumerate(word))
        return float(self.features.end_signals.weights[index])

    def value(self, column: str, kind: str, p: int) -> float:
        n = len(self.codes)
        if column == "pwm":
            return self.sites[kind][p]
        if match := re.fullmatch(r"base_([+-]\d+)", column):
            at = p + int(match[1])
            return float(self.codes[at]) if 0 <= at < n else 4.0
        if match := re.fullmatch(r"(frame_\d|intron|antisense)_(before|after)_(\d+)", column):
            low, high = self.window(p, match[2], int(match[3]))
            if match[1] == "antisense":
                return max(self.antisense[n - low][:3] - self.antisense[n - high][:3])
            part = 3 if match[1] == "intron" else (p + int(match[1][-1])) % 3
            return float(self.sums[high, part] - self.sums[low, part])
        if match := re.fullmatch(r"(open|best_coding)_(before|after)_frame_(\d)", column):
            frame = (p + int(match[3])) % 3
            if match[1] == "best_coding":
                return float(self.best[match[2]][p, frame])
            stops = [q for q in range(frame, n - 2, 3) if self.text[q : q + 3] in STOPS]
            if match[2] == "before":
                reach = p - max((q + 3 for q in stops if q + 3 <= p), default=0)
            else:
                reach = min((q for q in stops if q >= p), default=n) - p
            return min(reach, FLANK)
        if match := re.fullmatch(rf"({'|'.join(KINDS)})_(before|after)_(\d+)_(\d+)", column):
            sign = -1 if match[2] == "before" else 1
            near, far = max(1, int(match[3])), int(match[4])
            others = self.landmarks[match[1]]
            distances = range(near, far)
            return max(
                (others[p + sign * d] for d in distances if p + sign * d in others), default=ABSENT
            )
        if match := re.fullmatch(r"end_signal_(before|after)_(\d+)_(\d+)", column):
            sign = -1 if match[1] == "before" else 1
            words = (
                self.text[q - 6 : q]
                for d in range(max(1, int(match[2])), int(match[3]))
                if 6 <= (q := p + sign * d) <= n
            )
            found = [self.end_weight(word) for word in words if "N" not in word]
            return max((weight for weight in found if weight >= np.log(2)), default=ABSENT)
        if match := re.fullmatch(r"(gc|cpg|pyrimidine)_(before|after)_(\d+)", column):
            low, high = self.window(p, match[2], int(match[3]))
            piece = self.text[low:high]
            if match[1] == "cpg":
                count = sum(self.text[q - 1 : q + 1] == "CG" for q in range(max(1, low), high))
            else:
                count = sum(piece.count(base) for base in ("GC" if match[1] == "gc" else "CT"))
            return count / max(1, high - low)
        raise AssertionError(f"no definition of column {column}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_follows_its_definition(features: SiteFeatures, kind: str) -> None:
    codes = random_codes(2500, 3)
    view = features.view(codes, 0, len(codes))
    positions, _ = view.sites(kind)
    naive = Naive(features, codes)
    assert positions.tolist() == list(naive.sites[kind])
    chosen = np.unique(np.r_[0:4, len(positions) // 2, len(positions) - 4 : len(positions)])
    matrix = view.matrix(kind, chosen)
    assert matrix.shape == (len(chosen), len(COLUMNS))
    for row, position in zip(matrix, positions[chosen], strict=True):
        expected = [naive.value(column, kind, int(position)) for column in COLUMNS]
        np.testing.assert_allclose(row, expected, atol=2e-3, err_msg=f"{kind} at {position}")


def test_chosen_rows_are_those_of_the_whole_matrix(features: SiteFeatures) -> None:
    view = features.view(random_codes(1500, 4), 0, 1500)
    whole = view.matrix("donor")
    chosen = np.array([0, 5, 7])
    np.testing.assert_array_equal(view.matrix("donor", chosen), whole[chosen])


def test_plain_python_kernels_agree(
    features: SiteFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = random_codes(700, 5)
    compiled = features.view(codes, 0, len(codes)).matrix("acceptor")
    for name in [name for name in vars(site_matrix) if name.startswith(("fill_", "count_"))]:
        monkeypatch.setattr(site_matrix, name, getattr(site_matrix, name).py_func)
    plain = features.view(codes, 0, len(codes)).matrix("acceptor")
    np.testing.assert_allclose(compiled, plain, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_no_feature_looks_beyond_the_flanks(features: SiteFeatures, kind: str) -> None:
    codes = random_codes(12_000, 6)
    start, end = 4500, 6300
    part = features.view(codes, start, end)
    whole = features.view(codes, 0, len(codes))
    positions = part.sites(kind)[0] + start - part.start
    expected_positions = whole.sites(kind)[0]
    inside = (expected_positions >= start) & (expected_positions < end)
    np.testing.assert_array_equal(positions, expected_positions[inside])
    np.testing.assert_allclose(part.matrix(kind), whole.matrix(kind)[inside], atol=5e-3)


def test_a_multiple_of_three_keeps_frames() -> None:
    assert FLANK % 3 == 0


@pytest.mark.parametrize("text", ["A", "ATG", "GTAAGATGAG", "N" * 5000, "GTNAG" * 3])
def test_sequence_shorter_than_any_window(features: SiteFeatures, text: str) -> None:
    codes = encode(text)
    wide_open = replace(features, thresholds=dict.fromkeys(KINDS, -np.inf))
    view = wide_open.view(codes, 0, len(codes))
    for kind, candidates in candidate_sites(codes).items():
        np.testing.assert_array_equal(view.sites(kind)[0], candidates)
        assert view.matrix(kind).shape == (len(candidates), len(COLUMNS))


def test_arrays_round_trip(features: SiteFeatures) -> None:
    again = SiteFeatures.from_arrays(features.arrays())  # type: ignore[arg-type]
    codes = random_codes(1500, 7)
    for kind in KINDS:
        here, there = (f.view(codes, 0, len(codes)) for f in (features, again))
        np.testing.assert_array_equal(here.matrix(kind), there.matrix(kind))
        np.testing.assert_array_equal(here.sites(kind)[0], there.sites(kind)[0])


@pytest.fixture(scope="module")
def simulated() -> LabelledChromosome:
    simulation = simulate({"a": 150_000}, 4)
    return LabelledChromosome("a", simulation.sequences["a"], simulation.transcripts)


def test_the_prefilter_keeps_true_sites_and_drops_most_others(
    simulated: LabelledChromosome,
) -> None:
    fitted = SiteFeatures.fit([simulated])
    seen = candidates = 0
    for kind in KINDS:
        kept = true = 0
        for strand in simulated.strands():
            view = fitted.view(strand.sequence, 0, len(strand.sequence))
            is_true, left_out = view.labels(strand, kind)
            assert not (is_true & left_out).any()
            kept += is_true.sum()
            true += len(strand.labels[kind].true)
            seen += len(is_true)
            candidates += len(candidate_sites(strand.sequence)[kind])
        assert kept >= 0.97 * true
    assert seen < 0.8 * candidates


def test_labels_know_where_a_view_begins(simulated: LabelledChromosome) -> None:
    fitted = SiteFeatures.fit([simulated])
    strand = next(simulated.strands())
    start, end = 60_000, 90_000
    view: StrandView = fitted.view(strand.sequence, start, end)
    assert view.offset == start - view.start
    for kind in KINDS:
        positions = view.sites(kind)[0] + view.offset
        expected = np.isin(positions, strand.labels[kind].true)
        np.testing.assert_array_equal(view.labels(strand, kind)[0], expected)


def test_one_seed_learns_the_same_and_blank_chromosomes_do_no_harm(
    simulated: LabelledChromosome,
) -> None:
    blank = [
        LabelledChromosome("n", np.full(7000, 4, np.uint8), []),
        LabelledChromosome("s", encode("A"), []),
    ]
    first, second = (SiteFeatures.fit([simulated, *blank], seed=2).arrays() for _ in range(2))
    for name, array in first.items():
        assert np.isfinite(array.astype(float)).all()
        np.testing.assert_array_equal(array, second[name])


def test_without_introns_training_says_so(simulated: LabelledChromosome) -> None:
    single = [
        replace(t, exons=((t.start, t.end),), cds=((t.cds[0][0], t.cds[-1][1]),))
        for t in simulated.transcripts
        if t.coding
    ]
    with pytest.raises(
        TrainingError, match=r"Too few true donor sites.*: 0, .*have introns at all\?"
    ):
        SiteFeatures.fit([replace(simulated, transcripts=single)])


def test_too_few_starts(simulated: LabelledChromosome) -> None:
    headless = [replace(t, start_complete=False) for t in simulated.transcripts]
    with pytest.raises(
        TrainingError, match=r"Too few true start sites.*: 0, .* needed\. Train on more"
    ):
        SiteFeatures.fit([replace(simulated, transcripts=headless)])


def test_few_training_sites_do_not_make_a_strict_prefilter() -> None:
    """Sites that nothing has learnt from pass as often as those of the training chromosome."""
    simulation = simulate({"a": 200_000, "b": 100_000}, 7)
    training, other = (
        LabelledChromosome(
            name,
            simulation.sequences[name],
            [each for each in simulation.transcripts if each.chromosome == name],
        )
        for name in "ab"
    )
    fitted = SiteFeatures.fit([training])
    for kind in KINDS:
        kept = true = 0
        for strand in other.strands():
            view = fitted.view(strand.sequence, 0, len(strand.sequence))
            kept += view.labels(strand, kind)[0].sum()
            true += len(strand.labels[kind].true)
        assert kept >= 0.95 * true, kind


def test_genes_in_one_corner_of_the_chromosome_are_learnt_from_all_the_same(
    simulated: LabelledChromosome,
) -> None:
    """The folds without them have nothing to learn from, so no site is ruled out."""
    blank = np.full(40 * len(simulated.sequence), 4, np.uint8)
    corner = replace(simulated, sequence=np.concatenate([simulated.sequence, blank]))
    assert all(threshold == -np.inf for threshold in SiteFeatures.fit([corner]).thresholds.values())
