"""The ``train`` command of networks that classify whole sequences."""

from __future__ import annotations

import argparse

from features.classifiers.folder import save_trained
from features.classifiers.options import fold_from_options
from features.storage import check_model_folder
from neural.checkpoint import check_unfinished, remove_unfinished, unfinished_folder
from neural.sequences.classifier import NetworkClassifier

__all__ = ["RESUMED", "train_classifier"]

RESUMED = (
    "A training that was broken off goes on where it last wrote a checkpoint, beside the output, when the\n"
    "same command is given again; on a processor the model is the same, byte for byte.\n"
)


def train_classifier(arguments: argparse.Namespace, classifier: NetworkClassifier) -> list[str]:
    """Fit ``classifier`` to the fold that the options name, save it; returns the lines to print.

    The figures are of the validation sequences. Test sequences are left to the harness.
    """
    check_model_folder(arguments.output, classifier.kind)
    unfinished = unfinished_folder(arguments.output)
    check_unfinished(unfinished, classifier.folders)
    chosen, split, fold = fold_from_options(arguments)
    validation = chosen.take(fold.validation) if len(fold.validation) else None
    classifier.fit(*chosen.take(fold.train), validation, unfinished)
    save_trained(classifier, arguments.output, chosen, split, arguments.fold)
    remove_unfinished(unfinished, classifier.folders)
    best = max(classifier.log, key=lambda row: row["mcc"])
    return [
        f"validation sequences  {classifier.trained_with['validation_sequences']:>10,}",
        f"accuracy              {best['accuracy']:>10.4f}",
        f"Matthews correlation  {best['mcc']:>10.4f}",
        str(arguments.output),
    ]
