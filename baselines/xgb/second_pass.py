"""The second pass: boosters that judge every site again, now that the decoder has said what it believes around it.

Trained on first-pass scores of sequence that the first pass has not seen, so that it learns how far to trust them
(stacking, Wolpert 1992). It sees no bases, only what the first pass and the decoder make of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from baselines.hmm.context import CONTEXT_COLUMNS, CONTEXT_GROUPS, Context
from baselines.hmm.decoder import HmmDecoder
from baselines.hmm.posterior import Belief
from baselines.sampling import SiteSample
from baselines.xgb.blend import BlendedScores
from baselines.xgb.boosters import calibrate, load_forest, train_forest
from baselines.xgb.forest import Forest
from baselines.xgb.recipe import Recipe
from features.accelerate import map_threads
from features.genome import Codes
from features.labelled import LabelledChromosome, ScoredChromosome
from features.progress import track
from features.scorers.calibration import Calibration
from features.sites import KINDS, SiteScores

__all__ = ["SecondPass", "fit_second_pass"]

JUDGE = {"max_depth": 7, "eta": 0.1, "colsample_bytree": 0.5}
ROUNDS = 400
BLOCK = 20_000
"""Sites judged at once."""
DECODER = "first_pass_decoder"
FIRST = "first-log-odds"
FIRST_LOG_ODDS = CONTEXT_COLUMNS.index("first_log_odds")


@dataclass(frozen=True)
class SecondPass:
    """The decoder of the first pass, and the boosters and calibration of the second.

    By site kind; one that has none keeps its first scores.
    """

    decoder: HmmDecoder
    judges: dict[str, Forest]
    calibration: dict[str, Calibration]

    def rescore(
        self, forward: SiteScores, reverse: SiteScores, sequence: Codes, threads: int
    ) -> tuple[SiteScores, SiteScores]:
        """First-pass scores of both strands of ``sequence`` -> second-pass scores, in natural-log odds."""
        if not len(sequence):
            return forward, reverse
        both = contexts(self.decoder, forward, reverse, sequence, threads)
        log_odds = [
            {kind: context.scores.log_odds[kind].copy() for kind in KINDS} for context in both
        ]
        blocks = [
            (strand, kind, block)
            for strand, context in enumerate(both)
            for kind in self.judges
            for block in _blocks(worthwhile(self.decoder, context.scores, kind))
        ]

        def judge(task: tuple[int, str, npt.NDArray[np.intp]]) -> npt.NDArray[np.float32]:
            strand, kind, block = task
            raw = self.judges[kind].margins(both[strand].matrix(kind, block))
            return self.calibration[kind].apply(raw)

        found = track(map_threads(judge, blocks, threads), "second pass", len(blocks), "block")
        for (strand, kind, block), judged in zip(blocks, found, strict=True):
            log_odds[strand][kind][block] = judged
        return replace(forward, log_odds=log_odds[0]), replace(reverse, log_odds=log_odds[1])

    def save(self, folder: Path) -> None:
        """Write the boosters and the decoder, the latter into a folder of its own."""
        for kind, judge in self.judges.items():
            judge.booster.save_model(folder / f"{kind}-second.ubj")
        decoder = folder / DECODER
        decoder.mkdir(exist_ok=True)
        self.decoder.save(decoder)

    @classmethod
    def load(
        cls,
        folder: Path,
        known: Mapping[str, str],
        calibration: dict[str, Calibration],
        threads: int,
    ) -> SecondPass:
        """Read what ``save`` wrote."""
        judges = {kind: load_forest(folder / f"{kind}-second.ubj", known) for kind in calibration}
        return cls(HmmDecoder.load(folder / DECODER, threads), judges, calibration)


def fit_second_pass(
    training: Sequence[LabelledChromosome],
    unseen_training: Sequence[ScoredChromosome],
    validation: Sequence[ScoredChromosome],
    recipe: Recipe,
    seed: int,
    threads: int,
) -> SecondPass:
    """Fit the decoder of the first pass, then boosters with early stopping on ``validation``.

    A site kind that they do not rank better there, as happens with very little to learn from, is left to the first
    pass.

    Parameters
    ----------
    unseen_training : all of ``training``, scored by models that have not seen the scored sites; what they have seen is
        masked.
    """
    decoder = HmmDecoder(seed, threads)
    decoder.fit_weights(training, validation)
    learnt = _sample(decoder, unseen_training, recipe.negatives, seed, threads, "second pass")
    unseen = _sample(decoder, validation, np.inf, seed, threads, "second pass (validation)")
    judges, calibration = {}, {}
    for kind in track(KINDS, "boosters of the second pass", unit="booster"):
        sample, watched = learnt.pop(kind), unseen.pop(kind)
        if not (_has_both(sample) and _has_both(watched)):
            continue
        recipe.blank(sample, CONTEXT_GROUPS)
        if FIRST in recipe.without:  # what two scorers say one by one, too
            sample.matrix[:, len(CONTEXT_COLUMNS) :] = 0
        judge = train_forest(sample, watched, JUDGE, ROUNDS, seed, threads)
        first, second = watched.matrix[:, FIRST_LOG_ODDS], judge.margins(watched.matrix)
        if average_precision_score(watched.labels, second) > average_precision_score(
            watched.labels, first
        ):
            judges[kind] = judge
            calibration[kind] = calibrate(judge, watched)
    return SecondPass(decoder, judges, calibration)


def _has_both(sample: SiteSample) -> bool:
    """Whether there are true and false sites."""
    return bool(sample.labels.any() and not sample.labels.all())


def contexts(
    decoder: HmmDecoder, forward: SiteScores, reverse: SiteScores, sequence: Codes, threads: int
) -> list[Context]:
    """Context of the forward and of the reverse strand."""
    believed = zip(decoder.beliefs(forward, reverse, sequence), (forward, reverse), strict=True)

    def prepare(each: tuple[Belief, SiteScores]) -> Context:
        belief, scores = each
        return Context(belief, scores, scores.parts if isinstance(scores, BlendedScores) else None)

    return list(map_threads(prepare, believed, threads))


def worthwhile(decoder: HmmDecoder, scores: SiteScores, kind: str) -> npt.NDArray[np.intp]:
    """Ascending indices of the sites that are judged again: those that ``decoder`` looks at."""
    return np.flatnonzero(scores.log_odds[kind] >= decoder.lowest_log_odds[kind])


def _blocks(chosen: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.intp]]:
    for start in range(0, len(chosen), BLOCK):
        yield chosen[start : start + BLOCK]


def _sample(
    decoder: HmmDecoder,
    scored: Sequence[ScoredChromosome],
    negatives_per_true: float,
    seed: int,
    threads: int,
    title: str,
) -> dict[str, SiteSample]:
    """All true sites that are judged again and a share of the false ones, by kind."""
    rng = np.random.default_rng(seed)
    matrices: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
    labels: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
    rates = _negative_rates(decoder, scored, negatives_per_true)
    for each in track(scored, title, unit="chromosome"):
        chromosome = each.chromosome
        for strand, context in zip(
            chromosome.strands(),
            contexts(decoder, each.forward, each.reverse, chromosome.sequence, threads),
            strict=True,
        ):
            for kind in KINDS:
                chosen = worthwhile(decoder, context.scores, kind)
                true, left_out = strand.select(kind, context.scores.positions[kind][chosen])
                drawn = ~left_out & (true | (rng.random(len(true)) < rates[kind]))
                matrices[kind].append(context.matrix(kind, chosen[drawn]))
                labels[kind].append(true[drawn])
    return {
        kind: SiteSample(
            np.concatenate(matrices.pop(kind)), np.concatenate(labels[kind]), rates[kind]
        )
        for kind in KINDS
    }


def _negative_rates(
    decoder: HmmDecoder, scored: Sequence[ScoredChromosome], negatives_per_true: float
) -> dict[str, float]:
    """Share of the false sites that gives about so many per true one."""
    true, false = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    for each in scored:
        strands = each.chromosome.strands()
        for strand, scores in zip(strands, (each.forward, each.reverse), strict=True):
            for kind in KINDS:
                chosen = worthwhile(decoder, scores, kind)
                is_true, left_out = strand.select(kind, scores.positions[kind][chosen])
                true[kind] += int(is_true.sum())
                false[kind] += int((~is_true & ~left_out).sum())
    return {
        kind: float(min(1.0, negatives_per_true * true[kind] / max(1, false[kind])))
        for kind in KINDS
    }
