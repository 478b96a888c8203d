"""Where a dataset's files are: ``--data``, then ``GENESTRUCT_DATA``, then the cache of fetched datasets."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from features.datasets.checksums import recorded_checksum, verify
from features.datasets.manifest import FileManifest
from features.errors import DatasetError
from features.genome import cache_folder

__all__ = ["resolve_files"]

VARIABLE = "GENESTRUCT_DATA"


def resolve_files(manifest: FileManifest, data_root: str | Path | None = None) -> dict[str, Path]:
    """Paths of a dataset's files by role (genome, annotation, mask, or a set's own), checksums verified.

    An explicit ``data_root`` is the only place looked at; otherwise the first of ``GENESTRUCT_DATA`` and the cache that
    has the folder of the dataset's first file.

    Raises
    ------
    DatasetError : no data root, no such folder, a missing file, a checksum that differs.
    """
    root = _data_root(manifest, data_root)
    paths = {}
    for role, entry in manifest.files.items():
        path = root.joinpath(*PurePosixPath(entry.path).parts)
        if not path.is_file():
            raise DatasetError(
                f"dataset {manifest.name}: no {role} file {path}. {_remedy(manifest)}"
            )
        expected = entry.sha256 or recorded_checksum(path)
        if expected is not None:
            verify(path, expected)
        paths[role] = path
    return paths


def _data_root(manifest: FileManifest, data_root: str | Path | None) -> Path:
    folder = _folder(manifest)
    stated = [
        (Path(place), name)
        for place, name in ((data_root, "--data"), (os.environ.get(VARIABLE), VARIABLE))
        if place
    ]
    for place, name in stated:
        if not place.is_dir():
            raise DatasetError(
                f"dataset {manifest.name}: the data root {place} ({name}) is not a folder. {_remedy(manifest)}"
            )
        if data_root is not None or (place / folder).is_dir():
            return place
    if (cache_folder() / folder).is_dir():
        return cache_folder()
    looked = ", ".join(str(place) for place, _ in [*stated, (cache_folder(), "")])
    raise DatasetError(
        f"dataset {manifest.name}: no folder {folder!r} in {looked}. {_remedy(manifest)}"
    )


def _folder(manifest: FileManifest) -> str:
    """Folder of the first file, below the data root."""
    return str(PurePosixPath(next(iter(manifest.files.values())).path).parent)


def _remedy(manifest: FileManifest) -> str:
    point = f"point --data or {VARIABLE} at the folder that holds {_folder(manifest)!r}"
    if all(entry.url for entry in manifest.files.values()):
        return f"Run `python -m benchmarks fetch {manifest.name}`, or {point}."
    return f"{point[0].upper()}{point[1:]}."
