"""How fast each stage runs on this machine, beside a peer in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from baselines.chunks import chunk_ranges
from baselines.hmm import HmmDecoder
from baselines.hmm.composition import CompositionHmm
from baselines.xgb import XgbScorer
from benchmarks.timing import Timing
from features.accelerate import map_threads
from features.datasets import Dataset
from features.genome import Codes
from features.kmers import kmer_indices
from features.labelled import LabelledChromosome, ScoredChromosome
from features.pwm import PositionWeightMatrix
from features.scorers.strands import score_both_strands
from features.site_columns import COLUMNS
from features.site_matrix import SiteFeatures
from features.sites import KINDS

__all__ = ["measure_speed", "render_speed"]

REPEATS = 3
KMER = 6
LONGEST = 20_000_000
"""Bases of sequence at most that a stage is timed on."""


def measure_speed(dataset: Dataset, threads: int, seed: int = 0) -> list[Timing]:
    """Time every stage: kernels on the longest training chromosome, whole paths on the test chromosomes."""
    training, validation = dataset.labelled("train"), dataset.labelled("validation")
    longest = max(training, key=lambda chromosome: len(chromosome.sequence))
    codes = longest.sequence[:LONGEST]
    scorer, decoder = XgbScorer(seed, threads), HmmDecoder(seed, threads)
    scorer.fit(training, validation)
    features = scorer.features
    assert features is not None
    timings = [_time_kmers(codes), _time_pwm(codes, features.pwms["acceptor"])]
    timings.append(_time_matrix(codes, features, threads))
    scored = [
        ScoredChromosome(each, *score_both_strands(scorer, each.sequence)) for each in validation
    ]
    decoder.fit(training, scored)
    timings += _time_decoder(dataset, scorer, decoder, training, validation, threads)
    if find_spec("torch") is not None:
        from benchmarks.network_speed import time_networks  # what only some need to install

        timings += time_networks(threads)
    return timings


def render_speed(timings: list[Timing], title: str) -> str:
    """A markdown table."""
    lines = [
        f"# Speed on {title}",
        "",
        "Best of three (of networks the mean of half a second); the peer ran in the same process on the same input, "
        "on one",
        "core (a network's on as many as the network). Rates depend on the machine, the last column less so.",
        "",
        "| stage | rate | cores | peer | peer's rate | times the peer |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for timing in timings:
        beside = ("", "", "")
        if timing.peer:
            ratio = f"{timing.rate / timing.peer_rate:.1f}"
            beside = (timing.peer, f"{timing.peer_rate:.3g} {timing.unit}", ratio)
        lines.append(
            f"| {timing.stage} | {timing.rate:.3g} {timing.unit} | {timing.cores} | {' | '.join(beside)} |"
        )
    return "\n".join(lines) + "\n"


def _seconds(run: Callable[[], object]) -> float:
    run()  # compiles
    best = np.inf
    for _ in range(REPEATS):
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best


def _time_kmers(codes: Codes) -> Timing:
    def peer() -> npt.NDArray[np.int64]:
        known = np.minimum(codes, 3).astype(np.int64)
        return np.convolve(known, 4 ** np.arange(KMER), "valid")

    rate = len(codes) / 1e6 / _seconds(lambda: kmer_indices(codes, KMER))
    return Timing(
        f"k-mer index, k = {KMER}",
        rate,
        "Mb/s",
        1,
        "numpy.convolve",
        len(codes) / 1e6 / _seconds(peer),
    )


def _time_pwm(codes: Codes, pwm: PositionWeightMatrix) -> Timing:
    columns = len(pwm.weights)

    def peer() -> npt.NDArray[np.float32]:
        dinucleotides = np.minimum(codes[:-1], 3) * 4 + np.minimum(codes[1:], 3)
        scores = np.zeros(len(dinucleotides) - columns + 1, np.float32)
        for column in range(columns):
            scores += pwm.weights[column][dinucleotides[column : column + len(scores)]]
        return scores

    rate = len(codes) / 1e6 / _seconds(lambda: pwm.scan(codes))
    return Timing(
        f"PWM scan, order {pwm.order}, {columns} columns",
        rate,
        "M positions/s",
        1,
        "numpy, column by column",
        len(codes) / 1e6 / _seconds(peer),
    )


def _time_matrix(codes: Codes, features: SiteFeatures, threads: int) -> Timing:
    def fill(bounds: tuple[int, int]) -> int:
        view = features.view(codes, *bounds)
        return sum(len(view.matrix(kind)) for kind in KINDS)

    ranges = chunk_ranges(len(codes))
    sites = sum(map_threads(fill, ranges, threads))
    seconds = _seconds(lambda: sum(map_threads(fill, ranges, threads)))
    return Timing(
        f"feature matrix, {len(COLUMNS)} columns",
        sites / 1e6 / seconds,
        "M sites/s",
        threads,
    )


def _time_decoder(
    dataset: Dataset,
    scorer: XgbScorer,
    decoder: HmmDecoder,
    training: list[LabelledChromosome],
    validation: list[LabelledChromosome],
    threads: int,
) -> list[Timing]:
    composition = CompositionHmm()
    composition.fit(training, validation)
    decoder.threads = 1  # the row says so
    seconds = {"score": 0.0, "decode": 0.0, "peer": 0.0}
    bases = 0
    for name in dataset.split.test:
        sequence = dataset.genome.fetch(name)[:LONGEST]
        bases += len(sequence)
        begin = time.perf_counter()
        forward, reverse = score_both_strands(scorer, sequence)
        scored = time.perf_counter()
        decoder.decode(forward, reverse, sequence, name)
        decoded = time.perf_counter()
        composition.decode(sequence)
        seconds["score"] += scored - begin
        seconds["decode"] += decoded - scored
        seconds["peer"] += time.perf_counter() - decoded
        if bases >= LONGEST:
            break
    megabases = bases / 1e6
    return [
        Timing(
            "HMM decoding, both strands",
            megabases / seconds["decode"],
            "Mb/s",
            1,
            "hmmlearn Viterbi, 13 states",
            megabases / seconds["peer"],
        ),
        Timing(
            "xgb+hmm, score and decode, both strands",
            megabases / (seconds["score"] + seconds["decode"]),
            "Mb/s",
            threads,
        ),
    ]
