"""Small GFF3, GTF and FASTA texts, and how to read them."""

from __future__ import annotations

from pathlib import Path

from features.annotation import read_annotation
from features.genome import Genome
from features.transcripts import Transcript

GFF3_TAIL = {"gene": "ID=g1", "mRNA": "ID=t1;Parent=g1"}


def gff3(*features: tuple[str, int, int], strand: str = "+", chromosome: str = "c1") -> str:
    """GFF3 of one gene; exon, CDS and UTR features belong to transcript t1."""
    lines = ["##gff-version 3"]
    for kind, start, end in features:
        tail = GFF3_TAIL.get(kind, "Parent=t1")
        lines.append(f"{chromosome}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{tail}")
    return "\n".join(lines) + "\n"


def gtf(*features: tuple[str, int, int], strand: str = "+", more: str = "") -> str:
    """GTF of transcript t1 of gene g1."""
    return "".join(
        f'c1\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\tgene_id "g1"; transcript_id "t1"; {more}\n'
        for kind, start, end in features
    )


def read(
    tmp_path: Path, text: str, name: str = "x.gff3", genome: Genome | None = None, **more
) -> list[Transcript]:
    path = tmp_path / name
    path.write_text(text)
    return read_annotation(path, genome, **more)


def make_genome(tmp_path: Path, **records: str) -> Genome:
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in records.items()))
    return Genome(path, tmp_path / "cache")
