"""Gene annotation files to ``Transcript``s and back; the only place that knows 1-based closed coordinates."""

from features.annotation.names import (
    describe_left_out,
    read_chromosome_names,
    suggest_chromosome_names,
)
from features.annotation.reader import read_annotation
from features.annotation.report import AnnotationReport, Finding, check_annotation
from features.annotation.writers import write_bed, write_gff3, write_gtf

__all__ = [
    "AnnotationReport",
    "Finding",
    "check_annotation",
    "describe_left_out",
    "read_annotation",
    "read_chromosome_names",
    "suggest_chromosome_names",
    "write_bed",
    "write_gff3",
    "write_gtf",
]
