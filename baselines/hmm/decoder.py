"""``HmmDecoder``: any scorer's ``SiteScores`` of both strands -> coherent transcripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np

from baselines.hmm.alternatives import Reading, find_rivals
from baselines.hmm.confidence import (
    Confidence,
    GradedGene,
    Grading,
    fit_confidence,
    grade_gene,
)
from baselines.hmm.kernels import NOTHING
from baselines.hmm.lengths import EXON_TYPES, LengthModel, Lengths, measure_lengths
from baselines.hmm.path import PathGene, Weights, path_genes, solve, trace
from baselines.hmm.posterior import Belief, beliefs, sum_paths
from baselines.hmm.settled import settled_gene_end
from baselines.hmm.topology import build_events
from baselines.hmm.training import lowest_true_log_odds, search_weights
from baselines.ingredients import parse_ingredients
from features.errors import ModelError
from features.genome import Codes
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import KINDS, SiteScores
from features.storage import read_arrays, read_card, write_arrays, write_card
from features.transcripts import Transcript

__all__ = ["CHUNK", "HmmDecoder"]

CHUNK = 50_000_000
"""Bases decoded at once."""
LENGTHS, CONTENT, SEARCH, LEAST = INGREDIENTS = ("lengths", "content", "search", "least-confidence")
"""What can be left out: length distributions, content, the search for weights, the least confidence of a gene."""

LIKELY = 0.2
"""Share of a gene's probability that an alternative must have."""


class HmmDecoder:
    """Generalised HMM over sparse sites, both strands at once (GENSCAN's model, with any scorer's log odds as signals).

    Memory is linear in the sites: 550 bytes for each decoded at once. A chromosome of more than ``CHUNK`` bases
    is decoded chunk by chunk, with the same genes, so only the sites of one chunk count; the confidence of a gene
    beside a cut, and its alternatives, leave out what lies beyond it.

    Parameters
    ----------
    seed : of the random moves of the search for weights.
    threads : decodings at once during that search; directions at once of the sums over all paths.
    without : ingredients to leave out, parted by commas (``INGREDIENTS``); for ablations.
    alternatives : further transcripts per gene, at most: other readings of its locus that are likely as well.

    Raises ``ModelError`` where there is no such ingredient, or a negative number of alternatives.
    """

    def __init__(
        self, seed: int = 0, threads: int = 2, without: str = "", alternatives: int = 0
    ) -> None:
        self.seed = seed
        self.alternatives = alternatives
        self.without = parse_ingredients("hmm", without, INGREDIENTS)
        if not (isinstance(alternatives, int) and alternatives >= 0):
            raise ModelError(f"hmm: alternatives must be 0 or more, not {alternatives!r}.")
        self.threads = threads
        self.lowest_log_odds = dict.fromkeys(KINDS, -np.inf)
        self.weights = Weights()
        self.lengths: Lengths | None = None
        self.confidence = Confidence()

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[ScoredChromosome]
    ) -> None:
        """``fit_weights``; the genes that they find on ``validation`` teach the confidence."""
        self.fit_weights(training, validation)
        confidence = fit_confidence(
            [
                (
                    scored.chromosome,
                    [
                        locus[0]
                        for locus in self._decode(
                            scored.forward,
                            scored.reverse,
                            scored.chromosome.sequence,
                            scored.chromosome.name,
                            alternatives=0,
                        )
                    ],
                )
                for scored in validation
            ]
        )
        self.confidence = confidence._replace(least=0.0) if LEAST in self.without else confidence

    def fit_weights(
        self, training: Sequence[LabelledChromosome], validation: Sequence[ScoredChromosome]
    ) -> None:
        """Measure lengths on ``training``, then search the weights that find most exons and genes of ``validation``."""
        self.lengths = measure_lengths(training)
        self.lowest_log_odds = lowest_true_log_odds(validation)
        # A weight of nothing stays nothing: the search multiplies it.
        weights = Weights()
        if LENGTHS in self.without:
            weights = weights._replace(exon_length=0.0, intron_length=0.0)
        if CONTENT in self.without:
            weights = weights._replace(coding=0.0, intron=0.0)
        if SEARCH not in self.without:
            weights = search_weights(
                validation, self.lengths, self.lowest_log_odds, weights, self.seed, self.threads
            )
        self.weights = weights

    def decode(
        self,
        scores_forward: SiteScores,
        scores_reverse: SiteScores,
        sequence: Codes,
        chromosome: str,
    ) -> list[Transcript]:
        """The best set of genes, ascending by position, without those under the least confidence.

        The score of a gene, and of each of its CDS intervals, is the probability that it is right to the base.
        ``alternatives`` are transcripts t2, t3, ... of the gene, by falling probability.
        """
        found = self._decode(
            scores_forward, scores_reverse, sequence, chromosome, self.alternatives
        )
        kept: list[Transcript] = []
        number = 0
        for locus in found:
            best, *others = map(self.confidence.grade, locus)
            if _score(best) < self.confidence.least:
                continue
            number += 1
            likely = [each for each in others if _score(each) >= LIKELY * _score(best)]
            likely.sort(key=lambda each: -_score(each))
            kept += [
                replace(each, gene=f"{chromosome}.g{number}", id=f"{chromosome}.g{number}.t{rank}")
                for rank, each in enumerate([best, *likely[: self.alternatives]], start=1)
            ]
        return kept

    def _decode(
        self,
        scores_forward: SiteScores,
        scores_reverse: SiteScores,
        sequence: Codes,
        chromosome: str,
        alternatives: int,
    ) -> list[list[GradedGene]]:
        """The best set of genes, as yet without names, each with its rivals if ``alternatives`` are asked for."""
        lengths, weights = self._model(), self.weights
        found: list[list[GradedGene]] = []
        after, until, score = 0, min(CHUNK, len(sequence)), 0.0
        while len(sequence):
            events = build_events(
                scores_forward, scores_reverse, sequence, self.lowest_log_odds, after, until
            )
            if not len(events.boundary):  # within a gap longer than a chunk
                until = min(until + CHUNK, len(sequence))
                continue
            solution = solve(events, lengths, weights, score)
            last, phase = solution.last, solution.phase
            if until < len(sequence):
                last, phase = settled_gene_end(events, solution, lengths, weights), 0
            if last != NOTHING:
                path = trace(events, solution, last, phase)
                sums = sum_paths(events, sequence, lengths, weights, until, self.threads)
                genes = path_genes(events, path, chromosome)
                # Behind a cut, what the best path so far takes for the next gene bounds the last locus.
                ahead = trace(events, solution, solution.last, solution.phase)
                following = [exon.opening for exon in ahead if exon.opening > last]
                bounds = _loci(genes, min(following, default=len(events.boundary)))
                for gene, (low, high) in zip(genes, bounds, strict=True):
                    readings = [Reading.of(gene, solution)]
                    if alternatives:
                        readings += find_rivals(
                            gene, low, high, events, lengths, weights, chromosome
                        )
                    found.append([grade_gene(reading, events, sums) for reading in readings])
                after, score = int(events.boundary[last]), float(solution.score[last, phase])
            if until == len(sequence):
                break
            until = min(until + CHUNK, len(sequence))
        return found

    def beliefs(
        self, scores_forward: SiteScores, scores_reverse: SiteScores, sequence: Codes
    ) -> tuple[Belief, Belief]:
        """What the forward and the reverse strand of a non-empty ``sequence`` believe, given the scores of both.

        All of it at once: 600 bytes for each site.
        """
        events = build_events(scores_forward, scores_reverse, sequence, self.lowest_log_odds)
        return beliefs(events, sequence, self._model(), self.weights, self.threads)

    def _model(self) -> Lengths:
        if self.lengths is None:
            raise ModelError("This HMM decoder is not fitted. Call fit or load a trained one.")
        return self.lengths

    def save(self, folder: Path) -> None:
        """Write ``model.json`` and ``lengths.npz``."""
        lengths = self._model()
        arrays = {"intron": lengths.introns.table, "cut_intron": lengths.cut_introns.table}
        for name, model in zip(EXON_TYPES, lengths.exons, strict=True):
            arrays[name] = model.table
        write_arrays(folder / "lengths.npz", arrays)
        write_card(
            folder,
            "hmm",
            {
                "options": {"seed": self.seed, "without": ",".join(sorted(self.without))},
                "lowest_log_odds": self.lowest_log_odds,
                "weights": self.weights._asdict(),
                "confidence": {
                    "exon": self.confidence.exon._asdict(),
                    "gene": self.confidence.gene._asdict(),
                    "least": self.confidence.least,
                },
                "rates": {
                    "intron": lengths.introns.rate,
                    "cut_intron": lengths.cut_introns.rate,
                    **{n: m.rate for n, m in zip(EXON_TYPES, lengths.exons, strict=True)},
                },
            },
        )

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> Self:
        """Read what ``save`` wrote; ``ModelError`` where it is missing or damaged."""
        card = read_card(folder, "hmm")
        arrays = read_arrays(folder / "lengths.npz")
        try:
            options = card["options"]
            decoder = cls(options["seed"], threads, options["without"])
            decoder.lowest_log_odds = {kind: float(card["lowest_log_odds"][kind]) for kind in KINDS}
            decoder.weights = Weights(**card["weights"])
            confidence = card["confidence"]
            exon, gene = (
                Grading(**{name: float(value) for name, value in confidence[each].items()})
                for each in ("exon", "gene")
            )
            decoder.confidence = Confidence(exon, gene, float(confidence["least"]))
            decoder.lengths = Lengths(
                tuple(LengthModel(arrays[name], card["rates"][name]) for name in EXON_TYPES),
                LengthModel(arrays["intron"], card["rates"]["intron"]),
                LengthModel(arrays["cut_intron"], card["rates"]["cut_intron"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: damaged HMM model ({error}). Train it again.") from None
        return decoder


def _score(transcript: Transcript) -> float:
    return transcript.score or 0.0


def _loci(genes: Sequence[PathGene], end: int) -> list[tuple[int, int]]:
    """The events between the genes before and after each of ``genes``; before ``end`` for the last one."""
    firsts = [gene.exons[0].opening for gene in genes]
    lasts = [gene.exons[-1].closing for gene in genes]
    return list(
        zip([0, *(last + 1 for last in lasts[:-1])], [*firsts[1:], end], strict=True)
        if genes
        else []
    )
