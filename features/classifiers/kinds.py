"""The suite's classifiers of whole sequences by name. Addresses only, as of ``features.scorers.kinds``."""

from __future__ import annotations

__all__ = ["CLASSIFIERS"]

CLASSIFIERS = {
    "kmer-centroid": "baselines.sequence_classifiers:KmerCentroid",
    "kmer-bayes": "baselines.sequence_classifiers:KmerBayes",
    "kmer-logistic": "baselines.sequence_classifiers:KmerLogistic",
    "kmer-svm": "baselines.sequence_classifiers:KmerSvm",
    "kmer-xgb": "baselines.sequence_classifiers:KmerXgb",
    "coding-xgb": "baselines.sequence_classifiers:CodingXgb",
    "sequence-cnn": "neural.sequence_cnn:SequenceCnn",
    "ulmfit": "neural.language_model:UlmfitClassifier",
}
"""Kind of a classifier, as its ``model.json`` names it and the leaderboards show it, and ``module:Class``."""
