"""Classical classifiers of whole sequences: k-mers under linear models, Bayes, centroids and trees."""

from baselines.sequence_classifiers.linear import KmerBayes, KmerCentroid, KmerLogistic, KmerSvm
from baselines.sequence_classifiers.trees import CodingXgb, KmerXgb

__all__ = ["CodingXgb", "KmerBayes", "KmerCentroid", "KmerLogistic", "KmerSvm", "KmerXgb"]
