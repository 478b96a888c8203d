from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from features.annotation import read_annotation
from features.datasets.gene_model import GeneModel, read_figures
from features.datasets.manifest import read_manifest
from features.datasets.simulator import Simulation, simulate, simulated_files, write_simulation
from features.genome import Genome, encode, reverse_complement
from features.transcripts import Transcript, cds_codes, translate

LENGTHS = {"a": 300_000, "b": 200_000}


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(LENGTHS, seed=7)


def introns(simulation: Simulation, transcript: Transcript) -> list[str]:
    sequence = simulation.sequences[transcript.chromosome]
    strands = [sequence[start:end] for start, end in transcript.introns]
    if transcript.strand == "-":
        strands = [reverse_complement(strand) for strand in strands]
    return ["".join("ACGT"[code] for code in strand) for strand in strands]


def test_the_same_seed_gives_the_same_genome(simulation: Simulation) -> None:
    again = simulate(LENGTHS, seed=7)
    other = simulate(LENGTHS, seed=8)
    assert again.transcripts == simulation.transcripts
    assert other.transcripts != simulation.transcripts
    for name, length in LENGTHS.items():
        assert len(simulation.sequences[name]) == length
        assert np.array_equal(again.sequences[name], simulation.sequences[name])
        assert not np.array_equal(other.sequences[name], simulation.sequences[name])


def test_a_chromosome_does_not_depend_on_those_after_it(simulation: Simulation) -> None:
    alone = simulate({"a": LENGTHS["a"]}, seed=7)
    assert np.array_equal(alone.sequences["a"], simulation.sequences["a"])


def test_every_open_reading_frame_is_whole(simulation: Simulation) -> None:
    coding = [transcript for transcript in simulation.transcripts if transcript.coding]
    assert len(coding) > 80
    for transcript in coding:
        codes = cds_codes(transcript, simulation.sequences[transcript.chromosome])
        protein = translate(codes)
        assert len(codes) % 3 == 0
        assert protein.startswith("M")
        assert protein.index("*") == len(protein) - 1


def test_introns_are_gt_ag_with_few_gc(simulation: Simulation) -> None:
    found = [
        intron
        for transcript in simulation.transcripts
        for intron in introns(simulation, transcript)
    ]
    assert len(found) > 300
    assert {intron[:2] for intron in found} <= {"GT", "GC"}
    assert {intron[-2:] for intron in found} == {"AG"}
    assert sum(intron[:2] == "GC" for intron in found) < 0.03 * len(found)
    assert min(map(len, found)) >= 40


def test_what_a_genome_holds_is_there(simulation: Simulation) -> None:
    transcripts = simulation.transcripts
    genes = {transcript.gene for transcript in transcripts}
    assert {transcript.strand for transcript in transcripts} == {"+", "-"}
    assert {transcript.biotype for transcript in transcripts} == {"protein_coding", "lncRNA"}
    assert len(genes) < len(transcripts)
    assert any(len(transcript.cds) == 1 for transcript in transcripts)
    assert any(transcript.introns != transcript.cds_introns for transcript in transcripts)
    for transcript in transcripts:
        if transcript.coding:
            assert transcript.start < transcript.cds[0][0]
            assert transcript.cds[-1][1] < transcript.end


def test_genes_do_not_overlap(simulation: Simulation) -> None:
    spans: dict[str, list[int]] = {}
    for transcript in simulation.transcripts:
        first, last = spans.setdefault(transcript.gene, [transcript.start, transcript.end])
        spans[transcript.gene] = [min(first, transcript.start), max(last, transcript.end)]
    for name in LENGTHS:
        here = sorted(span for gene, span in spans.items() if gene.startswith(f"{name}."))
        assert all(left[1] <= right[0] for left, right in pairwise(here))


def test_two_isoforms_share_their_ends_and_differ_by_one_exon(simulation: Simulation) -> None:
    by_gene: dict[str, list[Transcript]] = {}
    for transcript in simulation.transcripts:
        by_gene.setdefault(transcript.gene, []).append(transcript)
    pairs = [members for members in by_gene.values() if len(members) == 2]
    assert pairs
    for full, short in pairs:
        assert len(set(full.exons) - set(short.exons)) == 1
        assert set(short.exons) < set(full.exons)


def test_codons_follow_the_measured_usage() -> None:
    usage = read_figures()["codons"]
    model = GeneModel(read_figures(), np.random.default_rng(3))
    counts = dict.fromkeys(usage, 0)
    for _ in range(150):
        gene = model.coding_gene()
        _, cds = gene.isoforms[0]
        spliced = np.concatenate([gene.codes[start:end] for start, end in cds])
        for codon in spliced[3:-3].reshape(-1, 3):
            counts["".join("ACGT"[code] for code in codon)] += 1
    drawn = np.array(list(counts.values())) / sum(counts.values())
    measured = np.array(list(usage.values())) / sum(usage.values())
    assert np.abs(drawn - measured).max() < 0.005


def test_written_files_read_back_as_the_truth(simulation: Simulation, tmp_path: Path) -> None:
    write_simulation(tmp_path / "x", LENGTHS, 7)
    genome = Genome(tmp_path / "x" / "genome.fa")
    assert genome.names == ("a", "b")
    assert np.array_equal(genome.fetch("b"), simulation.sequences["b"])
    read = read_annotation(tmp_path / "x" / "annotation.gff3", genome)
    assert sorted(read, key=lambda t: t.id) == sorted(simulation.transcripts, key=lambda t: t.id)
    write_simulation(tmp_path / "y", LENGTHS, 7)
    for name in ("genome.fa", "annotation.gff3"):
        assert (tmp_path / "x" / name).read_bytes() == (tmp_path / "y" / name).read_bytes()


def test_cached_files_are_written_once_per_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESTRUCT_CACHE", str(tmp_path))
    small = {"a": 50_000}
    first = simulated_files("toy", small, 1)
    written = first["genome"].stat().st_mtime_ns
    assert simulated_files("toy", small, 1) == first
    assert first["genome"].stat().st_mtime_ns == written
    assert simulated_files("toy", small, 2)["genome"] != first["genome"]


def test_a_simulation_that_is_cut_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("features.datasets.simulator.write_gff3", fail)
    with pytest.raises(OSError, match="no space left"):
        write_simulation(tmp_path / "x", {"a": 5_000}, 1)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_is_of_moderate_size() -> None:
    lengths = read_manifest("demo").simulation
    assert len(lengths) == 5
    assert 3_500_000 <= sum(lengths.values()) <= 5_000_000


def test_the_kernels_agree_with_plain_python() -> None:
    from features.datasets import gene_model

    generator = np.random.default_rng(1)
    chain = np.cumsum(generator.dirichlet(np.ones(4), 64), axis=1)
    chain[:, -1] = 1.0
    uniforms = generator.random(500)
    compiled = gene_model._walk_chain(chain, uniforms, 5)
    assert np.array_equal(compiled, gene_model._walk_chain.py_func(chain, uniforms, 5))
    sites = chain.reshape(16, 4, 4)
    compiled = gene_model._walk_sites(sites, uniforms[:16], 2)
    assert np.array_equal(compiled, gene_model._walk_sites.py_func(sites, uniforms[:16], 2))


def test_a_certain_chain_writes_its_one_sequence() -> None:
    from features.datasets.gene_model import _walk_sites

    certain = np.zeros((3, 4, 4))
    certain[0, :, 2:] = 1.0
    certain[1, :, 3:] = 1.0
    certain[2, :, :] = 1.0
    assert np.array_equal(_walk_sites(certain, np.full(3, 0.999), 0), encode("GTA"))
