"""Scored sites of whole chromosomes as tables for other programs: TSV, gzipped TSV, Parquet, BED."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from scipy.special import expit

from features.errors import InputFileError
from features.sites import KINDS, SiteScores
from features.storage import atomic_file, check_output_file

__all__ = ["check_table_path", "site_table", "write_site_table"]

Write = Callable[[pa.Table], None]

BATCH = 1_000_000
"""Rows written at once, where chromosomes are shorter."""

SCHEMA = pa.schema(
    {
        "chromosome": pa.string(),
        "strand": pa.string(),
        "kind": pa.string(),
        "position": pa.int64(),
        "log_odds": pa.float32(),
        "probability": pa.float32(),
    }
)


def site_table(
    chromosome: str,
    forward: SiteScores,
    reverse: SiteScores,
    minimum_log_odds: float = -np.inf,
) -> pa.Table:
    """Rows (chromosome, strand, kind, position, log_odds, probability) of one chromosome, by position, strand and kind.

    ``position`` is the site's base on the forward strand, counted from 1: on either strand the first base of the
    intron, the first exon base after it, the A of the start codon or the first base of the stop codon.
    """
    position, strand, kind, log_odds = [], [], [], []
    for on_reverse, scores in enumerate((forward, reverse)):
        for number, name in enumerate(KINDS):
            kept = scores.log_odds[name] >= minimum_log_odds
            found = scores.positions[name][kept]
            position.append(scores.length - found if on_reverse else found + 1)
            strand.append(np.full(len(found), on_reverse, np.int32))
            kind.append(np.full(len(found), number, np.int32))
            log_odds.append(scores.log_odds[name][kept])
    positions = np.concatenate(position)
    strands = np.concatenate(strand)
    kinds = np.concatenate(kind)
    order = np.lexsort((kinds, strands, positions))
    odds = np.concatenate(log_odds)[order]
    columns = [
        pa.repeat(chromosome, len(order)),
        np.array(["+", "-"])[strands[order]],
        np.array(KINDS)[kinds[order]],
        positions[order],
        np.round(odds, 4),
        np.round(expit(odds), 6),
    ]
    return pa.table(columns, schema=SCHEMA)


def check_table_path(path: str | Path, *inputs: str | Path) -> None:
    """``InputFileError`` where the extension names no known format, ``OutputError`` as of ``check_output_file``."""
    _writer(Path(path))
    check_output_file(path, *inputs)


def write_site_table(path: str | Path, tables: Iterable[pa.Table]) -> int:
    """Write the rows of consecutive ``tables`` of ``site_table`` in the format of the file's extension; count them.

    ``.tsv`` and ``.tsv.gz`` have a header; ``.parquet``; ``.bed`` (0-based half-open, score 1000 x probability) has
    none. The file appears whole or not at all, and only a batch of its rows is held at once.
    """
    rows = 0
    with atomic_file(path) as scratch, _writer(Path(path))(scratch) as write:
        for batch in _batches(tables):
            write(batch)
            rows += len(batch)
    return rows


def _batches(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += len(table)
        if rows >= BATCH:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def _writer(path: Path) -> Callable[[Path], AbstractContextManager[Write]]:
    for extension, writer in WRITERS.items():
        if path.name.lower().endswith(extension):
            return writer
    raise InputFileError(
        path, "not a known table format", f"Give a name that ends with {', '.join(WRITERS)}."
    )


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        yield writer.write_table


@contextmanager
def _tsv(path: Path) -> Iterator[Write]:
    with path.open("wb") as handle:
        yield _header_and_rows(handle)


@contextmanager
def _gzipped_tsv(path: Path) -> Iterator[Write]:
    # Without name and time, the same rows give the same bytes.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as handle:
        yield _header_and_rows(handle)


@contextmanager
def _bed(path: Path) -> Iterator[Write]:
    with path.open("wb") as handle:

        def write(table: pa.Table) -> None:
            start = table["position"].to_numpy() - 1
            thousandths = np.rint(table["probability"].to_numpy() * 1000).astype(np.int64)
            columns = {
                "chromosome": table["chromosome"],
                "start": start,
                "end": start + 1,
                "name": table["kind"],
                "score": thousandths,
                "strand": table["strand"],
            }
            _write_rows(pa.table(columns), handle)

        yield write


WRITERS: dict[str, Callable[[Path], AbstractContextManager[Write]]] = {
    ".tsv": _tsv,
    ".tsv.gz": _gzipped_tsv,
    ".parquet": _parquet,
    ".bed": _bed,
}


def _header_and_rows(handle: BinaryIO | gzip.GzipFile) -> Write:
    handle.write(("\t".join(SCHEMA.names) + "\n").encode())
    return partial(_write_rows, handle=handle)


def _write_rows(table: pa.Table, handle: BinaryIO | gzip.GzipFile) -> None:
    options = pa_csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    pa_csv.write_csv(table, handle, options)
