"""Gene symbols of proteins by their words: containment, centroids, a linear model, and other programs."""

from baselines.protein_symbols.centroid import WordCentroid
from baselines.protein_symbols.containment import WordContainment
from baselines.protein_symbols.linear import WordLinear

__all__ = ["WordCentroid", "WordContainment", "WordLinear"]
