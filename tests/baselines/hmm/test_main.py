from __future__ import annotations

import json
from pathlib import Path

import pytest

from baselines.gtag import GtagScorer
from baselines.hmm import HmmDecoder
from baselines.hmm.__main__ import main
from baselines.xgb import XgbScorer
from features.annotation import read_annotation
from features.datasets import Dataset
from features.genome import Genome
from features.labelled import LabelledChromosome, ScoredChromosome
from features.scorers.folder import save_trained
from features.transcripts import cds_codes, translate

TRAIN = ["--train", "a", "--validation", "b", "--test", "c"]


@pytest.fixture(scope="module")
def models(
    few_rounds: None,
    files: Path,
    xgb_scorer: XgbScorer,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[str]:
    """Options that name a trained scorer and a decoder trained by the command."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "xgb").mkdir()
    xgb_scorer.save(folder / "xgb")
    command = ["train", "--genome", str(files / "genome.fa"), *TRAIN, "--quiet", "--threads", "1"]
    command += ["--annotation", str(files / "annotation.gff3")]
    scorer = ["--scorer", str(folder / "xgb")]
    assert main([*command, *scorer, "--output", str(folder / "hmm")]) == 0
    return [*scorer, "--decoder", str(folder / "hmm")]


def decode(models: list[str], genome: Path, output: Path, *more: str) -> int:
    command = ["decode", *models, "--genome", str(genome), "--output", str(output)]
    return main([*command, "--threads", "1", "--quiet", *more])


def test_train_fits_what_python_code_fits(models: list[str], hmm_decoder: HmmDecoder) -> None:
    loaded = HmmDecoder.load(Path(models[3]))
    assert loaded.weights == hmm_decoder.weights
    card = json.loads(Path(models[3], "model.json").read_text())
    assert card["kind"] == "hmm"
    assert card["scorer"] == "xgb"
    assert card["trained_on"]["validation"] == ["b"]


def test_train_shows_the_weights(
    models: list[str], files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--genome", str(files / "genome.fa"), *TRAIN, "--threads", "1"]
    command += ["--annotation", str(files / "annotation.gff3"), *models[:2]]
    assert main([*command, "--output", str(tmp_path / "hmm")]) == 0
    shown = capsys.readouterr().out
    assert "donor_bias" in shown
    assert shown.endswith(f"{tmp_path / 'hmm'}\n")
    for path in sorted(Path(models[3]).glob("*.npz")):
        assert (tmp_path / "hmm" / path.name).read_bytes() == path.read_bytes()


def test_decoded_genes_are_those_of_the_decoder(
    models: list[str],
    files: Path,
    hmm_decoder: HmmDecoder,
    scored: dict[str, ScoredChromosome],
    tmp_path: Path,
) -> None:
    output = tmp_path / "genes.gff3"
    assert decode(models, files / "genome.fa", output, "--chromosomes", "c,b") == 0
    header = output.read_text().splitlines()[:3]
    assert header == [
        "##gff-version 3",
        "##sequence-region b 1 100000",
        "##sequence-region c 1 60000",
    ]
    genome = Genome(files / "genome.fa")
    found = {gene.id: gene for gene in read_annotation(output, genome)}
    count = 0
    for name, each in scored.items():
        sequence = each.chromosome.sequence
        for gene in hmm_decoder.decode(each.forward, each.reverse, sequence, name):
            read = found[gene.id]
            assert (read.strand, read.cds, read.phases) == (gene.strand, gene.cds, gene.phases)
            protein = translate(cds_codes(gene, sequence))
            assert translate(cds_codes(read, genome.fetch(name))) == protein
            count += 1
    assert count == len(found) > 5


def test_the_least_confidence_decides_which_genes_are_written(
    models: list[str], files: Path, tmp_path: Path
) -> None:
    genome, output = files / "genome.fa", tmp_path / "genes.gff3"

    def scores(least: str) -> list[float]:
        options = ["--chromosomes", "c", "--least-confidence", least]
        assert decode(models, genome, output, *options) == 0
        found = read_annotation(output, Genome(genome))
        assert {gene.gene for gene in found} == {f"c.g{n}" for n in range(1, len(found) + 1)}
        lines = [line.split("\t") for line in output.read_text().splitlines() if line[0] != "#"]
        return sorted(float(line[5]) for line in lines if line[2] == "mRNA")

    everything = scores("0")
    limit = everything[len(everything) // 2]
    assert scores(str(limit)) == [score for score in everything if score >= limit]
    assert len(set(everything)) > 2
    assert decode(models, genome, output, "--least-confidence", "1.5") == 2


@pytest.mark.parametrize("extension", ["gff", "gtf", "bed"])
def test_formats_hold_the_same_genes(
    models: list[str], files: Path, tmp_path: Path, extension: str
) -> None:
    genome = files / "genome.fa"
    assert decode(models, genome, tmp_path / "genes.gff3", "--chromosomes", "c") == 0
    assert decode(models, genome, tmp_path / f"genes.{extension}", "--chromosomes", "c") == 0
    expected = read_annotation(tmp_path / "genes.gff3")
    path = tmp_path / f"genes.{extension}"
    if extension == "bed":
        lines = [line.split("\t") for line in path.read_text().splitlines()]
        found = [(line[3], int(line[1]), int(line[2]), line[5]) for line in lines]
        assert found == [(gene.id, gene.start, gene.end, gene.strand) for gene in expected]
    else:
        found_cds = {gene.id: gene.cds for gene in read_annotation(path)}
        assert found_cds == {gene.id: gene.cds for gene in expected}


def test_many_small_contigs(models: list[str], files: Path, tmp_path: Path) -> None:
    genome = Genome(files / "genome.fa")
    letters = "".join("ACGTN"[code] for code in genome.fetch("c"))
    sizes = [1, 2, 3, 10, 100, 1000, 7000]
    with (tmp_path / "contigs.fa").open("w") as handle:
        for number in range(60):
            begin, size = 900 * number, sizes[number % len(sizes)]
            handle.write(f">k{number} piece of c\n{letters[begin : begin + size]}\n")
        handle.write(f">blank\n{'n' * 9000}\n")
    output = tmp_path / "genes.gff3"
    assert decode(models, tmp_path / "contigs.fa", output) == 0
    contigs = Genome(tmp_path / "contigs.fa")
    genes = read_annotation(output, contigs)
    assert genes
    for gene in genes:
        protein = translate(cds_codes(gene, contigs.fetch(gene.chromosome)))
        if gene.start_complete:
            assert "*" not in protein[:-1]


def test_no_genes_is_still_a_file(models: list[str], tmp_path: Path) -> None:
    (tmp_path / "blank.fa").write_text(f">x\n{'N' * 300}\n>y\nA\n")
    output = tmp_path / "genes.gff3"
    assert decode(models, tmp_path / "blank.fa", output) == 0
    regions = ["##sequence-region x 1 300", "##sequence-region y 1 1"]
    assert output.read_text().splitlines() == ["##gff-version 3", *regions]


def test_errors_leave_nothing_behind(
    models: list[str], files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    genome = files / "genome.fa"
    scorer, decoder = models[:2], models[2:]
    swapped = ["--scorer", decoder[1], "--decoder", scorer[1]]
    for options, output, more, message in (
        (models, str(genome / "genes.gff3"), (), "genes.gff3: cannot be written"),
        (models, "genes.txt", (), "ends with .gff3, .gff, .gtf, .bed"),
        (models, "typo/genes.gff3", (), "make it, or correct the path"),
        (
            swapped,
            "genes.gff3",
            (),
            f"error: --scorer {decoder[1]}/model.json: a model of kind 'hmm'",
        ),
        (
            [*scorer, "--decoder", scorer[1]],
            "genes.gff3",
            (),
            f"error: --decoder {scorer[1]}/model.json: a model of kind 'xgb', where 'hmm' was expected. Give",
        ),
        (models, "genes.gff3", ("--chromosomes", "Q"), "no sequence named 'Q'"),
    ):
        assert decode(options, genome, tmp_path / output, *more) == 2
        assert message in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []


def test_a_decoder_serves_the_kind_of_scorer_it_was_fitted_to(
    models: list[str],
    files: Path,
    chromosomes: dict[str, LabelledChromosome],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gtag = GtagScorer()
    gtag.fit([chromosomes["a"]], [chromosomes["b"]])
    (tmp_path / "gtag").mkdir()
    gtag.save(tmp_path / "gtag")
    options = ["--scorer", str(tmp_path / "gtag"), *models[2:]]
    assert decode(options, files / "genome.fa", tmp_path / "genes.gff3") == 2
    error = capsys.readouterr().err
    assert "was fitted to the scores of a scorer of kind 'xgb'" in error
    assert "is of kind 'gtag'. Give the scorer it was trained with" in error
    assert [path.name for path in tmp_path.iterdir()] == ["gtag"]


@pytest.mark.parametrize(("validation", "test"), [("a", "c"), ("c", "a")])
def test_chromosomes_that_the_scorer_was_trained_on(
    models: list[str],
    files: Path,
    dataset: Dataset,
    xgb_scorer: XgbScorer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    validation: str,
    test: str,
) -> None:
    save_trained(xgb_scorer, tmp_path / "xgb", dataset)
    command = ["train", "--genome", str(files / "genome.fa"), "--quiet", "--threads", "1"]
    command += ["--annotation", str(files / "annotation.gff3"), "--scorer", str(tmp_path / "xgb")]
    command += ["--output", str(tmp_path / "hmm"), "--test", test, "--train", "b"]
    assert main([*command, "--validation", validation]) == 2
    role = "validation" if validation == "a" else "test"
    error = capsys.readouterr().err
    assert f"error: --scorer {tmp_path / 'xgb'}: was trained on a, in {role} here as a." in error
    assert [path.name for path in tmp_path.iterdir()] == ["xgb"]


def test_an_annotation_without_introns(
    models: list[str],
    files: Path,
    intronless: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["train", "--genome", str(files / "genome.fa"), *TRAIN, "--quiet", *models[:2]]
    command += ["--annotation", str(intronless), "--threads", "1"]
    assert main([*command, "--output", str(tmp_path / "hmm")]) == 2
    error = capsys.readouterr().err
    assert f"error: {intronless}, of genome {files / 'genome.fa'}: Too few introns" in error
    assert "Check that the annotation has introns" in error
    assert list(tmp_path.iterdir()) == []


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "decode"):
        assert main([command, "--help"]) == 0
        shown = capsys.readouterr().out
        assert f"examples:\n  python -m baselines.hmm {command}" in shown
        assert "exit codes:\n  0 " in shown
    assert main(["--help"]) == 0
    assert "examples:\n  python -m baselines.hmm train" in capsys.readouterr().out
    assert main(["decode"]) == 2
