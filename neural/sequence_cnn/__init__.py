"""Whole sequences under a small convolutional network."""

from neural.sequence_cnn.classifier import SequenceCnn

__all__ = ["SequenceCnn"]
