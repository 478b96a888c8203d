"""Genomic-ULMFiT: a language model of DNA, pre-trained on genomes, and classifiers that begin with it."""

from neural.language_model.classifier import UlmfitClassifier
from neural.language_model.language_model import DnaLanguageModel
from neural.sequences.tokens import Tokeniser

__all__ = ["DnaLanguageModel", "Tokeniser", "UlmfitClassifier"]
