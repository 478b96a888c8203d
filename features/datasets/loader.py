"""Loading a ``Dataset``, by the name of a manifest or from anybody's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from features.annotation import read_annotation, read_chromosome_names
from features.datasets.checksums import sha256
from features.datasets.dataset import Dataset, hash_data
from features.datasets.holdout import Holdout, resolve_split
from features.datasets.manifest import read_manifest
from features.datasets.mask import read_mask
from features.datasets.resolver import resolve_files
from features.datasets.simulator import simulated_files
from features.errors import DatasetError
from features.genome import Genome

__all__ = ["dataset_from_files", "load_dataset"]


def load_dataset(name: str, data_root: str | Path | None = None) -> Dataset:
    """Load the dataset that manifest ``name`` describes.

    Parameters
    ----------
    name : one of ``dataset_names()``.
    data_root : folder of the data; without it ``GENESTRUCT_DATA``, then the cache. A simulated dataset needs none: it
        is written into the cache when it is first asked for.

    Raises
    ------
    DatasetError : an unknown name, missing or altered files, a holdout that does not fit the genome.
    InputFileError : a file that cannot be read as what it is.
    """
    manifest = read_manifest(name)
    if manifest.simulated:
        paths = simulated_files(manifest.name, manifest.simulation, manifest.seed)
    else:
        paths = resolve_files(manifest, data_root)
    return _load(
        name,
        manifest.title,
        manifest.source,
        paths,
        manifest.holdout,
        simulated=manifest.simulated,
        chromosome_names={},
    )


def dataset_from_files(
    genome: str | Path,
    annotation: str | Path,
    train: Sequence[str] | None = None,
    validation: Sequence[str] | None = None,
    *,
    test: Sequence[str],
    mask: str | Path | None = None,
    chromosome_names: str | Path | None = None,
    group: str | None = None,
) -> Dataset:
    """Make a dataset of any genome and annotation.

    Parameters
    ----------
    genome : FASTA, plain or gzipped.
    annotation : GTF or GFF3, plain or gzipped.
    train, validation, test : names of records, of groups of them (see ``group``), or as the annotation writes them (see
        ``chromosome_names``). ``features.datasets.holdout.resolve_split`` says how roles without names are chosen.
    mask : BED of regions that count neither for nor against a model.
    chromosome_names : table of two tab-separated columns, name in the annotation and name in the genome.
    group : regular expression whose first (...) part names the chromosome a record is a piece of.

    Raises
    ------
    DatasetError : a missing file, a role that cannot be filled, a name that no record has.
    InputFileError : a file that cannot be read as what it is.
    """
    paths = {"genome": Path(genome), "annotation": Path(annotation)}
    if mask is not None:
        paths["mask"] = Path(mask)
    for role, path in paths.items():
        if not path.is_file():
            raise DatasetError(f"{path}: no such {role} file. Check the path.")
    names = read_chromosome_names(chromosome_names) if chromosome_names is not None else {}
    holdout = Holdout(
        test=tuple(test),
        validation=None if validation is None else tuple(validation),
        train=None if train is None else tuple(train),
        group=group,
        names={own: theirs for theirs, own in names.items()},
    )
    stem = paths["genome"].name.removesuffix(".gz").rsplit(".", 1)[0]
    source = f"{paths['genome'].name}, {paths['annotation'].name}"
    return _load(stem, stem, source, paths, holdout, simulated=False, chromosome_names=names)


def _load(
    name: str,
    title: str,
    source: str,
    paths: Mapping[str, Path],
    holdout: Holdout,
    *,
    simulated: bool,
    chromosome_names: dict[str, str],
) -> Dataset:
    genome = Genome(paths["genome"])
    lengths = {record: genome.length(record) for record in genome.names}
    mask = read_mask(paths["mask"], lengths, chromosome_names) if "mask" in paths else {}
    left_out: dict[str, int] = {}
    transcripts = tuple(
        read_annotation(paths["annotation"], genome, chromosome_names, left_out=left_out)
    )
    coding = {transcript.chromosome for transcript in transcripts if transcript.coding}
    split = resolve_split(holdout, lengths, coding, name)
    data_hash = hash_data(
        {
            "files": {role: sha256(path) for role, path in paths.items()},
            "chromosome_names": chromosome_names,
            "split": asdict(split),
        }
    )
    return Dataset(
        name,
        title,
        source,
        simulated,
        genome,
        paths["annotation"],
        transcripts,
        split,
        mask,
        data_hash,
        left_out,
    )
