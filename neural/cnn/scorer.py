"""``CnnScorer``: a site scorer that learns its features itself, from one-hot DNA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from torch.nn import functional

from features.coding import LEFT_OUT
from features.errors import ModelError, TrainingError
from features.genome import UNKNOWN, Codes
from features.labelled import LabelledChromosome
from features.progress import track
from features.scorers.calibration import Calibration, calibration_error, reliability_table
from features.sites import CONTENT_COLUMNS, KINDS, SiteScores, boundaries, candidate_sites
from features.storage import read_card, write_card
from neural.cnn.data import TRUE, Batch, SiteData
from neural.cnn.network import CONTENTS, SIZES, SiteNetwork
from neural.device import Device, choose_device, describe_precision, mixed_precision, threads
from neural.log import LOG, read_log, write_log
from neural.sequences.options import check_rate
from neural.training import Settings, train
from neural.weights import load_weights, save_weights

__all__ = ["CnnScorer", "site_loss"]

LENGTH = 2000
"""Bases of a training window that count."""
WINDOWS = 16
"""Windows of a batch."""
CENTRED = 0.6
"""Share of training windows around a true site."""
STEPS = 6000
"""Steps of the optimiser, unless asked for otherwise."""
LEARNING_RATE = 0.01
EVALUATIONS = 20
"""Evaluations on validation windows, with a checkpoint each."""
WATCHED = 160
"""Validation windows that progress is judged by."""
COUNTED = 2000
"""Training windows in which content is counted."""
SITE_WEIGHT = 100.0
"""Of the sites' cross entropy per base, beside that of the content."""
CHUNK = 60_000
"""Bases scored at once; a multiple of three, so that frames count alike in every chunk."""
TAIL = 3
"""Bases behind a chunk that the content is summed to: a stop codon may begin in a chunk and end in the next one."""
DEPENDENT = 30.0
"""Neighbouring bases whose content counts as that of one: the network tells it of each from much the same context."""
FAINTEST = -9.0
"""Natural-log odds under which a site is not worth keeping."""
WEIGHTS = "network.safetensors"

Chunk = tuple[int, int, npt.NDArray[np.float32], npt.NDArray[np.float32]]


class _SiteTask:
    """Train a site network on windows of chromosomes."""

    def __init__(
        self, network: SiteNetwork, data: SiteData, watched: Batch, device: Device
    ) -> None:
        self.model: nn.Module = network
        self.data = data
        self.watched = watched
        self.device = device

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.model.parameters())}]

    def loss(self, generator: torch.Generator) -> Tensor:
        batch = self.data.draw(WINDOWS, generator)
        return site_loss(self.model(batch.codes), batch)

    def evaluate(self) -> dict[str, float]:
        scores: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
        true: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
        losses = []
        for first in range(0, len(self.watched.codes), WINDOWS):
            batch = Batch(*(part[first : first + WINDOWS] for part in self.watched))
            logits = self.model(batch.codes)
            losses.append(float(site_loss(logits, batch)))
            for number, kind in enumerate(KINDS):
                label = (batch.sites >> (2 * number)) & 3
                scores[kind].append(logits[:, number][label > 0].float().cpu().numpy())
                true[kind].append((label[label > 0] == TRUE).cpu().numpy())
        precisions = {}
        for kind in KINDS:
            precisions[f"{kind}_ap"] = _average_precision(
                np.concatenate(true[kind]), np.concatenate(scores[kind])
            )
        mean = float(np.mean(list(precisions.values())))
        return {"ap": mean, "validation_loss": float(np.mean(losses)), **precisions}


def _average_precision(labels: npt.NDArray[np.bool_], scores: npt.NDArray[np.float32]) -> float:
    """Average precision; 0 where nothing is true, NaN where a score is no number."""
    if not np.isfinite(scores).all():
        return float("nan")
    return float(average_precision_score(labels, scores)) if labels.any() else 0.0


def site_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Cross entropy of the candidate sites and of the content, per base."""
    logits = logits.float()
    bits = torch.arange(0, 2 * len(KINDS), 2, device=logits.device)
    label = (batch.sites[:, None, :] >> bits[:, None]) & 3
    each = functional.binary_cross_entropy_with_logits(
        logits[:, : len(KINDS)], (label == TRUE).to(logits.dtype), reduction="none"
    )
    sites = (each * (label > 0)).sum() / batch.sites.numel()
    content = functional.cross_entropy(
        logits[:, len(KINDS) :], batch.content.long(), ignore_index=LEFT_OUT
    )
    return SITE_WEIGHT * sites + content


class CnnScorer:
    """Residual dilated convolutions; validation calibrates their logits to log odds among all candidates of a genome.

    Parameters
    ----------
    seed : of the weights, the windows and their order.
    threads : of the processor; results depend on them in the last digits.
    size : ``tiny``, ``small`` or ``base`` (``neural.cnn.network.SIZES``).
    steps : of the optimiser, each on 16 windows of 2,000 bases.
    learning_rate : highest one of the cycle.
    device : ``auto``, ``cpu``, ``cuda``.

    Raises ``ModelError`` for a size that there is not, or a device that is absent.

    Attributes
    ----------
    calibration : of the logits, by site kind.
    calibration_error : on validation, by site kind, before and after calibration.
    """

    kind: ClassVar[str] = "cnn"

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        size: str = "small",
        steps: int = STEPS,
        learning_rate: float = LEARNING_RATE,
        device: str = "auto",
    ) -> None:
        if size not in SIZES:
            raise ModelError(f"cnn: no size {size!r}. Known sizes: {', '.join(SIZES)}.")
        if not (isinstance(steps, int) and steps > 0):
            raise ModelError(f"cnn: steps must be a whole number above 0, not {steps!r}.")
        self.seed = seed
        self.threads = threads
        self.size = size
        self.steps = steps
        self.learning_rate = check_rate(learning_rate)
        self.device = choose_device(device)
        self.network: SiteNetwork | None = None
        self.calibration: dict[str, Calibration] = {}
        self.calibration_error: dict[str, tuple[float, float]] = {}
        self.content_prior = np.zeros(CONTENTS)
        self.log: list[dict[str, float]] = []
        self.trained_with: dict[str, Any] = {}

    def fit(
        self,
        training: Sequence[LabelledChromosome],
        validation: Sequence[LabelledChromosome],
        unfinished: Path | None = None,
    ) -> None:
        """Train on windows of ``training``; choose the best weights and calibrate them on ``validation``.

        In the folder ``unfinished``, if given, checkpoints and a log are kept, and a training that was broken off there
        is taken up. Raises ``TrainingError`` where there are no chromosomes, or no site on those of training.
        """
        with threads(self.threads):
            self._fit(training, validation, unfinished)

    def _fit(
        self,
        training: Sequence[LabelledChromosome],
        validation: Sequence[LabelledChromosome],
        unfinished: Path | None,
    ) -> None:
        torch.manual_seed(self.seed)
        network = SiteNetwork(SIZES[self.size])
        data, unseen = (
            SiteData(each, network.context, LENGTH, CENTRED, self.device)
            for each in (training, validation)
        )
        if not len(data.true):
            raise TrainingError(
                "No site of a protein-coding gene in the training chromosomes: nothing to learn from. "
                "Check that the annotation has CDS features on them."
            )
        watched = unseen.draw(WATCHED, torch.Generator().manual_seed(self.seed))
        settings = Settings(
            self.steps,
            self.learning_rate,
            evaluate_every=max(1, self.steps // EVALUATIONS),
            seed=self.seed,
        )
        task = _SiteTask(network, data, watched, self.device)
        digest = f"{WINDOWS} {SITE_WEIGHT} {data.digest()} {unseen.digest()}"
        self.log = train(task, settings, unfinished, digest, self._options())
        self.trained_with = describe_precision(self.device)
        self.network = network
        self.content_prior = _content_prior(data, self.seed)
        self._calibrate(validation)

    def _options(self) -> dict[str, Any]:
        """The constructor's arguments, but for where it runs."""
        return {
            "seed": self.seed,
            "size": self.size,
            "steps": self.steps,
            "learning_rate": self.learning_rate,
        }

    def _calibrate(self, validation: Sequence[LabelledChromosome]) -> None:
        """From logits to natural-log odds of the genome, by every candidate of ``validation``."""
        scores: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
        labels: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
        for chromosome in track(validation, "calibration", unit="chromosome"):
            for strand in chromosome.strands():
                candidates = candidate_sites(strand.sequence)
                for start, end, logits, _ in self._apply(strand.sequence):
                    for number, kind in enumerate(KINDS):
                        positions = _between(candidates[kind], start, end)
                        true, left_out = strand.select(kind, positions)
                        scores[kind].append(logits[number, positions[~left_out] - start])
                        labels[kind].append(true[~left_out])
        for kind in KINDS:
            raw, true = np.concatenate(scores.pop(kind)), np.concatenate(labels.pop(kind))
            fitted = Calibration.fit(raw, true)
            self.calibration[kind] = fitted
            self.calibration_error[kind] = (
                calibration_error(reliability_table(raw, true)),
                calibration_error(reliability_table(fitted.apply(raw), true)),
            )

    def _apply(self, strand_sequence: Codes) -> Iterator[Chunk]:
        """Chunk by chunk (start, end, site logits, content log probabilities), as far as ``TAIL`` bases behind the end.

        The arrays have shape (4, bases) and (5, bases).
        """
        network = self.fitted()
        n, context = len(strand_sequence), network.context
        padded = np.full(n + 2 * context, UNKNOWN, np.uint8)
        padded[context : context + n] = strand_sequence
        with threads(self.threads), torch.inference_mode(), mixed_precision(self.device):
            for start in range(0, n, CHUNK):
                end = min(n, start + CHUNK)
                codes = torch.from_numpy(padded[start : min(n, end + TAIL) + 2 * context])
                logits = network(codes[None].to(self.device))[0]
                content = functional.log_softmax(logits[len(KINDS) :], 0)
                yield start, end, logits[: len(KINDS)].cpu().numpy(), content.cpu().numpy()

    def score(self, strand_sequence: Codes) -> SiteScores:
        """Natural-log odds of one strand's candidates, but for the hopeless, and its content."""
        candidates = candidate_sites(strand_sequence)
        pieces = [self._score_chunk(chunk, candidates) for chunk in self._apply(strand_sequence)]
        if not pieces:
            nothing = np.empty(0, np.int64)
            return SiteScores.from_dense_content(
                dict.fromkeys(KINDS, nothing),
                dict.fromkeys(KINDS, np.empty(0, np.float32)),
                np.empty((0, len(CONTENT_COLUMNS))),
            )
        return SiteScores.join(pieces)

    def _score_chunk(
        self, chunk: Chunk, candidates: Mapping[str, npt.NDArray[np.int64]]
    ) -> SiteScores:
        """Scores of one chunk, its positions and content counted from its own first base."""
        start, end, logits, content = chunk
        ratio = content - self.content_prior[:, None].astype(np.float32)
        ratio -= ratio[:1].copy()
        ratio /= DEPENDENT
        cumulative = np.zeros((ratio.shape[1] + 1, len(CONTENT_COLUMNS)))
        place = np.arange(ratio.shape[1])
        for frame in range(3):
            # Codons that begin at positions = frame (mod 3): the base's place in its codon. Chunks begin in frame.
            np.cumsum(ratio[2 + (place - frame) % 3, place], out=cumulative[1:, frame])
        np.cumsum(ratio[1], out=cumulative[1:, 3])
        positions, log_odds, summed = {}, {}, {}
        for number, kind in enumerate(KINDS):
            here = _between(candidates[kind], start, end) - start
            odds = self.calibration[kind].apply(logits[number, here])
            kept = odds >= FAINTEST
            positions[kind], log_odds[kind] = here[kept], odds[kept]
            summed[kind] = cumulative[boundaries(kind, here[kept])]
        return SiteScores(end - start, positions, log_odds, summed, cumulative[end - start])

    def fitted(self) -> SiteNetwork:
        """The network, ready to score; ``ModelError`` where there is none yet."""
        if self.network is None:
            raise ModelError("This cnn scorer is not fitted. Call fit or load a trained one.")
        return self.network.to(self.device).eval()

    def save(self, folder: Path) -> None:
        """Write ``model.json`` and the network's weights."""
        save_weights(self.fitted(), folder / WEIGHTS)
        write_log(folder / LOG, self.log)
        write_card(
            folder,
            self.kind,
            {
                "options": self._options(),
                "trained_with": self.trained_with,
                "calibration": {kind: asdict(each) for kind, each in self.calibration.items()},
                "calibration_error": self.calibration_error,
                "content_prior": self.content_prior.tolist(),
            },
        )

    @classmethod
    def load(cls, folder: Path, threads: int = 2, device: str = "auto") -> Self:
        """Read what ``save`` wrote; ``ModelError`` where it is missing, damaged or of another architecture."""
        card = read_card(folder, cls.kind)
        try:
            scorer = cls(threads=threads, device=device, **card["options"])
            scorer.calibration = {kind: Calibration(**card["calibration"][kind]) for kind in KINDS}
            scorer.calibration_error = {
                kind: tuple(card["calibration_error"][kind]) for kind in KINDS
            }
            scorer.content_prior = np.array(card["content_prior"], np.float64).reshape(CONTENTS)
            scorer.trained_with = card["trained_with"]
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: damaged cnn model ({error}). Train it again.") from None
        scorer.log = read_log(folder / LOG)
        scorer.network = SiteNetwork(SIZES[scorer.size])
        load_weights(scorer.network, folder / WEIGHTS)
        return scorer


def _between(ascending: npt.NDArray[np.int64], start: int, end: int) -> npt.NDArray[np.int64]:
    """Those of ``ascending`` positions from ``start`` to before ``end``."""
    first, last = np.searchsorted(ascending, (start, end))
    return ascending[first:last]


def _content_prior(data: SiteData, seed: int) -> npt.NDArray[np.float64]:
    """Natural-log share of each content class in training windows, shape (CONTENTS,)."""
    drawn = data.draw(COUNTED, torch.Generator().manual_seed(seed)).content
    counts = np.bincount(drawn[drawn < LEFT_OUT].cpu().numpy(), minlength=CONTENTS) + 1.0
    found: npt.NDArray[np.float64] = np.log(counts / counts.sum())
    return found
