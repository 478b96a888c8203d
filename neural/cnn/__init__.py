"""A small convolutional network that scores sites and content from one-hot DNA."""

from neural.cnn.scorer import CnnScorer

__all__ = ["CnnScorer"]
