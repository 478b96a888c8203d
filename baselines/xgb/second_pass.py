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
import xgboost

from baselines.calibration import Calibration
from baselines.hmm.context import Context
from baselines.hmm.decoder import HmmDecoder
from baselines.sampling import SiteSample
from baselines.xgb.boosters import calibrate, load_booster, margins, train_booster
from features.accelerate import map_threads
from features.errors import TrainingError
from features.genome import Codes
from features.labelled import ScoredChromosome
from features.progress import track
from features.sites import KINDS, SiteScores

__all__ = ["SecondPass", "fit_second_pass"]

JUDGE = {"max_depth": 7, "eta": 0.1, "colsample_bytree": 0.5}
ROUNDS = 400
NEGATIVES = 10.0
"""False sites per true one, at most."""
HOPELESS = -7.0
"""Sites with lower natural-log odds in the first pass and a lower log probability keep their first score."""
BLOCK = 20_000
"""Sites judged at once."""
DECODER = "first_pass_decoder"


@dataclass(frozen=True)
class SecondPass:
    """The decoder of the first pass, and the boosters and calibration of the second, by site kind."""

    decoder: HmmDecoder
    judges: dict[str, xgboost.Booster]
    calibration: dict[str, Calibration]

    def rescore(
        self, forward: SiteScores, reverse: SiteScores, sequence: Codes, threads: int
    ) -> tuple[SiteScores, SiteScores]:
        """First-pass scores of both strands of ``sequence`` -> second-pass scores, in natural-log odds."""
        if not len(sequence):
            return forward, reverse
        rescored = []
        for context in contexts(self.decoder, forward, reverse, sequence):
            log_odds = {kind: context.scores.log_odds[kind].copy() for kind in KINDS}
            blocks = [
                (kind, block) for kind in KINDS for block in _blocks(worthwhile(context, kind))
            ]

            def judge(
                task: tuple[str, npt.NDArray[np.intp]], context: Context = context
            ) -> npt.NDArray[np.float32]:
                kind, block = task
                raw = margins(self.judges[kind], context.matrix(kind, block))
                return self.calibration[kind].apply(raw)

            found = track(map_threads(judge, blocks, threads), "second pass", len(blocks), "block")
            for (kind, block), judged in zip(blocks, found, strict=True):
                log_odds[kind][block] = judged
            rescored.append(replace(context.scores, log_odds=log_odds))
        return rescored[0], rescored[1]

    def save(self, folder: Path) -> None:
        """Write the boosters and the decoder, the latter into a folder of its own."""
        for kind in KINDS:
            self.judges[kind].save_model(folder / f"{kind}-second.ubj")
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
        judges = {kind: load_booster(folder / f"{kind}-second.ubj", known) for kind in KINDS}
        return cls(HmmDecoder.load(folder / DECODER, threads), judges, calibration)


def fit_second_pass(
    training: Sequence[ScoredChromosome],
    validation: Sequence[ScoredChromosome],
    seed: int,
    threads: int,
) -> SecondPass:
    """Fit the decoder of the first pass, then boosters with early stopping on ``validation``.

    ``training`` must be scored by models that have not seen the scored sites.
    """
    decoder = HmmDecoder(threads)
    decoder.fit([scored.chromosome for scored in training], validation)
    learnt = _sample(decoder, training, NEGATIVES, seed, "second pass")
    unseen = _sample(decoder, validation, np.inf, seed, "second pass (validation)")
    judges, calibration = {}, {}
    for kind in track(KINDS, "boosters of the second pass", unit="booster"):
        judges[kind] = train_booster(learnt.pop(kind), unseen[kind], JUDGE, ROUNDS, seed, threads)
        calibration[kind] = calibrate(judges[kind], unseen[kind])
    return SecondPass(decoder, judges, calibration)


def contexts(
    decoder: HmmDecoder, forward: SiteScores, reverse: SiteScores, sequence: Codes
) -> Iterator[Context]:
    """Context of the forward, then of the reverse strand."""
    beliefs = decoder.beliefs(forward, reverse, sequence)
    return map(Context, beliefs, (forward, reverse))


def worthwhile(context: Context, kind: str) -> npt.NDArray[np.intp]:
    """Indices of the sites that are judged again, ascending."""
    scores = context.scores
    hopeful = scores.log_odds[kind] >= HOPELESS
    hopeful |= context.log_probability(kind, scores.positions[kind]) >= HOPELESS
    return np.flatnonzero(hopeful)


def _blocks(chosen: npt.NDArray[np.intp]) -> Iterator[npt.NDArray[np.intp]]:
    for start in range(0, len(chosen), BLOCK):
        yield chosen[start : start + BLOCK]


def _sample(
    decoder: HmmDecoder,
    scored: Sequence[ScoredChromosome],
    negatives_per_true: float,
    seed: int,
    title: str,
) -> dict[str, SiteSample]:
    """All true sites that are judged again and a share of the false ones, by kind.

    Raises ``TrainingError`` where a site kind has no true one among them.
    """
    rng = np.random.default_rng(seed)
    matrices: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
    labels: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
    rates = _negative_rates(scored, negatives_per_true)
    for each in track(scored, title, unit="chromosome"):
        chromosome = each.chromosome
        for strand, context in zip(
            chromosome.strands(),
            contexts(decoder, each.forward, each.reverse, chromosome.sequence),
            strict=True,
        ):
            for kind in KINDS:
                chosen = worthwhile(context, kind)
                true, left_out = strand.select(kind, context.scores.positions[kind][chosen])
                drawn = ~left_out & (true | (rng.random(len(true)) < rates[kind]))
                matrices[kind].append(context.matrix(kind, chosen[drawn]))
                labels[kind].append(true[drawn])
    for kind, parts in labels.items():
        if not any(part.any() for part in parts):
            raise TrainingError(
                f"No true {kind} site of the chromosomes of the {title} stands out in the first pass. "
                "Train on more sequence, or leave the second pass out (xgb-single)."
            )
    return {
        kind: SiteSample(
            np.concatenate(matrices.pop(kind)), np.concatenate(labels[kind]), rates[kind]
        )
        for kind in KINDS
    }


def _negative_rates(
    scored: Sequence[ScoredChromosome], negatives_per_true: float
) -> dict[str, float]:
    """Share of the false sites that gives about so many per true one."""
    rates = {}
    for kind in KINDS:
        true = sum(each.chromosome.site_count(kind) for each in scored)
        promising = sum(
            int((scores.log_odds[kind] >= HOPELESS).sum())
            for each in scored
            for scores in (each.forward, each.reverse)
        )
        rates[kind] = float(min(1.0, negatives_per_true * true / max(1, promising - true)))
    return rates
