"""Fetching a dataset's upstream files into the cache, with a progress bar and checksums."""

from __future__ import annotations

import logging
from pathlib import Path, PurePosixPath

import pooch

from features.datasets.checksums import record_checksum, recorded_checksum
from features.datasets.manifest import FileManifest, Manifest
from features.datasets.simulator import simulated_files
from features.errors import DatasetError
from features.genome import cache_folder
from features.progress import visible

__all__ = ["fetch_files"]


def fetch_files(manifest: FileManifest) -> dict[str, Path]:
    """Bring a manifest's files into the cache and return them by role; what is there and sound is not fetched again.

    A simulated dataset is written instead. An upstream file without a checksum in its manifest gets the one it had when
    first fetched, in ``SHA256SUMS`` beside it; later fetches and every use are checked against that.

    Raises
    ------
    DatasetError : a file that has no upstream address, cannot be fetched, or arrives with another checksum.
    """
    if isinstance(manifest, Manifest) and manifest.simulated:
        return simulated_files(manifest.name, manifest.simulation, manifest.seed)
    for entry in manifest.files.values():
        if entry.url is None:
            raise DatasetError(
                f"dataset {manifest.name}: {entry.path} has no upstream address. "
                "Point --data or GENESTRUCT_DATA at the folder that holds it."
            )
    return {
        role: _fetch(manifest.name, entry.path, entry.url or "", entry.sha256)
        for role, entry in manifest.files.items()
    }


def _fetch(dataset: str, place: str, url: str, expected: str | None) -> Path:
    path = cache_folder().joinpath(*PurePosixPath(place).parts)
    known = expected or recorded_checksum(path)
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        pooch.retrieve(
            url,
            known_hash=known,
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(progressbar=visible()),
        )
    except ValueError as error:
        raise DatasetError(
            f"dataset {dataset}: {url} did not arrive as expected ({error}). "
            f"If it has changed upstream on purpose, remove the folder {path.parent} and fetch again."
        ) from None
    except OSError as error:
        raise DatasetError(
            f"dataset {dataset}: {url} could not be fetched ({error}). "
            f"Check the network, or put the file at {path} yourself."
        ) from None
    finally:
        logger.setLevel(level)
    if known is None:
        record_checksum(path)
    return path
