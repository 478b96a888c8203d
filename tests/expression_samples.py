"""Made-up samples whose expression follows their chromatin, as arrays and as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from features.expression.layout import Bins, Layout

BINS = Bins("chr1", 0, 1000, 200)
GENES = 12
TISSUES, LINES = 6, 4


def gene_id(gene: int) -> str:
    return f"ENSG{gene:011d}"


def make_layout() -> Layout:
    starts = np.arange(GENES, dtype=np.int64) * 15_000 + 5_000
    strands = np.array([1, -1, 0] * (GENES // 3), np.int8)
    return Layout(BINS, starts, starts + 3_000, strands)


def make_arrays(samples: int = TISSUES + LINES, seed: int = 0):
    """Accessibility (samples, bins) and log2(TPM + 1) (samples, genes) of which the last gene was not quantified."""
    generator = np.random.default_rng(seed)
    layout = make_layout()
    level = generator.uniform(0.2, 1.0, samples)
    accessibility = (generator.random((samples, BINS.count)) < 0.3 * level[:, None]).astype(
        np.uint8
    )
    kind = np.arange(samples) % 2
    accessibility[:, 100:120] = kind[:, None]
    mean = generator.uniform(1, 6, GENES)
    expression = mean + np.outer(kind - 0.5, generator.normal(0, 1, GENES))
    expression = np.maximum(expression + generator.normal(0, 0.1, expression.shape), 0)
    expression[:, -1] = np.nan
    return accessibility, expression, layout


def write_files(
    folder: Path, samples: int = TISSUES + LINES, gzipped: bool = False
) -> dict[str, str]:
    """A sheet, peaks, TPM and an annotation of the same; returns the options that name them."""
    accessibility, expression, layout = make_arrays(samples)
    names = [f"s{number}" for number in range(samples)]
    rows = ["sample\tpeaks\tgroup"]
    for name, row in zip(names, accessibility, strict=True):
        peaks = [
            f"chr1\t{1000 * place + 100}\t{1000 * place + 300}" for place in np.flatnonzero(row)
        ]
        (folder / f"{name}.bed").write_text("\n".join(["# made up", *peaks, "chr2\t5\t9"]) + "\n")
        rows.append(f"{name}\t{name}.bed\t{'tissue' if len(rows) <= TISSUES else 'cell line'}")
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    tpm = 2**expression - 1
    table = ["\t".join(["gene", *names])]
    for gene, values in enumerate(tpm.T):
        cells = ["NA" if np.isnan(value) else f"{value:.6f}" for value in values]
        table.append("\t".join([f"{gene_id(gene)}.2", *cells]))
    (folder / "tpm.tsv").write_text("\n".join(table) + "\n")
    lines = ["##gff-version 3"]
    for gene in range(GENES):
        strand = "+-+"[gene % 3]
        start, end = layout.starts[gene] + 1, layout.ends[gene]
        where = f"chr1\t.\t{{}}\t{start}\t{end}\t.\t{strand}\t.\t"
        lines.append(where.format("gene") + f"ID={gene_id(gene)}.1")
        lines.append(where.format("mRNA") + f"ID=t{gene};Parent={gene_id(gene)}.1")
        lines.append(where.format("exon") + f"Parent=t{gene}")
    (folder / "genes.gff3").write_text("\n".join(lines) + "\n")
    return {
        "--samples": str(folder / "samples.tsv"),
        "--expression": str(folder / "tpm.tsv"),
        "--annotation": str(folder / "genes.gff3"),
        "--region": "chr1:1-200000",
    }
