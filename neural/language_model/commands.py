"""What the commands of ``python -m neural.language_model`` do, given their options; each returns the lines to print."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from features.classifiers.options import fold_from_options
from features.command_line import blame_option, tell
from features.commit import read_commit
from features.errors import DatasetError, ModelError
from features.sequence_sets.sequence_set import hash_sequences
from features.storage import (
    atomic_folder,
    atomic_text,
    check_model_folder,
    check_picture,
    extend_card,
    read_card,
)
from neural.checkpoint import check_unfinished, remove_unfinished, unfinished_folder
from neural.language_model.classifier import UlmfitClassifier
from neural.language_model.corpus import Corpus, corpus_from_files, corpus_from_sequences
from neural.language_model.embeddings import draw_embeddings, embed_words
from neural.language_model.language_model import DnaLanguageModel
from neural.sequences.command import train_classifier

__all__ = ["TOKENS", "embed", "finetune", "pretrain", "train"]

TOKENS: dict[str, Any] = {"k": 5, "stride": 2, "size": "small"}
"""Tokens and size of a network that begins with nothing."""
RANDOM = 4
"""Perplexity per base of bases drawn at random."""
SHOWN = {
    "log_likelihood": "log likelihood per base",
    "perplexity_per_base": "perplexity per base",
    "perplexity": "perplexity per token",
    "accuracy": "accuracy per token",
}


def pretrain(arguments: argparse.Namespace) -> list[str]:
    """Train a language model from random weights."""
    check_model_folder(arguments.output, DnaLanguageModel.kind)
    model = DnaLanguageModel(
        arguments.seed,
        arguments.threads,
        **_tokens(arguments),
        streams=arguments.batch,
        dropout=arguments.dropout,
        device=arguments.device,
    )
    return _read_on(model, arguments, _corpus_of_files(arguments), [])


def finetune(arguments: argparse.Namespace) -> list[str]:
    """Train a language model further."""
    check_model_folder(arguments.output, DnaLanguageModel.kind)
    if Path(arguments.output).resolve() == Path(arguments.model).resolve():
        raise ModelError(
            f"--output: {arguments.output} is the model to begin with. Give another folder."
        )
    with blame_option("--model"):
        model = DnaLanguageModel.load(
            arguments.model,
            arguments.threads,
            arguments.device,
            seed=arguments.seed,
            streams=arguments.batch,
            dropout=arguments.dropout,
        )
        earlier = read_card(arguments.model, DnaLanguageModel.kind).get("trained_on", [])
    if arguments.sequences:
        if arguments.dataset or arguments.table or arguments.classes:
            raise DatasetError("give --sequences, or a set with labels, not both.")
        return _read_on(model, arguments, _corpus_of_files(arguments), earlier)
    chosen, split, fold = fold_from_options(arguments)
    corpus = corpus_from_sequences(
        chosen.take(fold.train)[0],
        arguments.document,
        arguments.both_strands,
        seed=arguments.seed,
    )
    trained_on = {
        "dataset": chosen.name,
        "data_hash": chosen.data_hash,
        "sequences_hash": hash_sequences(chosen.sequences),
        "split": split,
        "fold": arguments.fold,
    }
    return _read_on(model, arguments, corpus, [*earlier, trained_on])


def _tokens(arguments: argparse.Namespace) -> dict[str, Any]:
    """Tokens and size as given, the rest by default."""
    given = {name: getattr(arguments, name) for name in TOKENS}
    return {name: TOKENS[name] if value is None else value for name, value in given.items()}


def _corpus_of_files(arguments: argparse.Namespace) -> Corpus:
    return corpus_from_files(
        arguments.sequences, arguments.document, arguments.both_strands, seed=arguments.seed
    )


def _read_on(
    model: DnaLanguageModel,
    arguments: argparse.Namespace,
    corpus: Corpus,
    trained_on: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Fit, save, tell; ``trained_on`` are the labelled sets that the model has read by then."""
    unfinished = unfinished_folder(arguments.output)
    check_unfinished(unfinished)
    model.fit(corpus, arguments.epochs, arguments.learning_rate, unfinished)
    with atomic_folder(arguments.output) as scratch:
        model.save(scratch)
        extend_card(scratch, {"trained_on": list(trained_on), "commit": read_commit()})
    remove_unfinished(unfinished)
    figures = model.trainings[-1]["held_out"]
    if figures["perplexity_per_base"] >= RANDOM:
        tell(
            arguments,
            [
                f"random bases have a perplexity of {RANDOM} per base: this model has learnt nothing that holds for "
                "other sequences. Give more sequence, more --epochs or a smaller --batch"
            ],
        )
    return [
        *(f"{SHOWN[name]:<24}{figure:>10.4f}" for name, figure in figures.items()),
        str(arguments.output),
    ]


def train(arguments: argparse.Namespace) -> list[str]:
    """Train a classifier."""
    if arguments.language_model is not None:
        given = [name for name in TOKENS if getattr(arguments, name) is not None]
        if given:
            raise ModelError(
                f"--{given[0]}: the language model brings its own tokens and size. Leave it out."
            )
        with blame_option("--language-model"):
            DnaLanguageModel.load(arguments.language_model, arguments.threads, arguments.device)
    classifier = UlmfitClassifier(
        arguments.seed,
        arguments.threads,
        None if arguments.language_model is None else str(arguments.language_model),
        **_tokens(arguments),
        finetune_epochs=arguments.finetune_epochs,
        epochs=arguments.epochs,
        batch=arguments.batch,
        learning_rate=arguments.learning_rate,
        dropout=arguments.dropout,
        parts=arguments.parts,
        device=arguments.device,
    )
    return train_classifier(arguments, classifier)


def embed(arguments: argparse.Namespace) -> list[str]:
    """Draw the words of a language model."""
    picture = arguments.output
    table = check_picture(picture, arguments.model)
    with blame_option("--model"):
        model = DnaLanguageModel.load(arguments.model, arguments.threads, arguments.device)
    found = embed_words(model, arguments.seed)
    draw_embeddings(found, picture, f"words of {arguments.model.name}")
    rows = (
        [word, *(f"{each:.4f}" for each in (gc, *place))]
        for word, gc, place in zip(found.words, found.gc, found.places.tolist(), strict=True)
    )
    _write_table(table, ["word", "gc", "x", "y"], rows)
    return [f"{picture}\n{table}"]


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with atomic_text(path) as file:
        file.writelines("\t".join(cells) + "\n" for cells in (header, *rows))
