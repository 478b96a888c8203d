"""Token embeddings of a language model in two dimensions, by t-SNE (van der Maaten & Hinton 2008), as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.manifold import TSNE

from features.figures import new_figure
from neural.language_model.language_model import DnaLanguageModel

__all__ = ["EmbeddedWords", "draw_embeddings", "embed_words"]

MOST = 4096
"""Words that are placed; of a larger vocabulary these many are drawn."""
PERPLEXITY = 30.0
"""Of t-SNE: about how many neighbours a word has."""
NAMED = 64
"""Words up to which each is named in the picture."""


class EmbeddedWords(NamedTuple):
    """k-mers and where t-SNE places them.

    Attributes
    ----------
    words : k-mers.
    gc : share of G and C in each, float64 (words,).
    places : float64 (words, 2), without a unit.
    """

    words: list[str]
    gc: npt.NDArray[np.float64]
    places: npt.NDArray[np.float64]


def embed_words(model: DnaLanguageModel, seed: int = 0) -> EmbeddedWords:
    """Place the words of a trained ``model``, 4,096 of them drawn by ``seed`` where there are more.

    Raises ``ModelError`` where the model is not fitted.
    """
    weights = model.fitted().encoder.embedding.weight.detach().float().cpu().numpy()
    names = model.tokeniser.words()
    chosen = np.arange(1, len(names))
    if len(chosen) > MOST:
        chosen = np.sort(np.random.default_rng(seed).choice(chosen, MOST, replace=False))
    words = [names[i] for i in chosen.tolist()]
    reduced = TSNE(
        perplexity=min(PERPLEXITY, (len(words) - 1) / 3), init="pca", random_state=seed, n_jobs=1
    ).fit_transform(weights[chosen])
    gc = np.array([sum(base in "GC" for base in word) / len(word) for word in words])
    return EmbeddedWords(words, gc, reduced.astype(np.float64))


def draw_embeddings(found: EmbeddedWords, path: Path, title: str) -> None:
    """Write the picture, SVG, coloured by the share of G and C; ``OutputError`` where it cannot be written."""
    with new_figure(path, 1, 6.0, 5.0) as (axes,):
        drawn = axes.scatter(
            *found.places.T, c=found.gc, cmap="cividis", vmin=0, vmax=1, s=12, linewidths=0
        )
        axes.figure.colorbar(drawn, ax=axes, label="share of G and C")
        if len(found.words) <= NAMED:
            for word, place in zip(found.words, found.places, strict=True):
                axes.annotate(word, place, fontsize=6)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(title)
