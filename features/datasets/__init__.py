"""Datasets: a genome, its annotation and its fixed split, by name or from anybody's files."""

from features.datasets.dataset import Dataset
from features.datasets.holdout import Split
from features.datasets.loader import dataset_from_files, load_dataset
from features.datasets.manifest import dataset_names

__all__ = ["Dataset", "Split", "dataset_from_files", "dataset_names", "load_dataset"]
