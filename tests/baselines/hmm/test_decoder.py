"""``HmmDecoder``: genes from scores, models on disk, bad input."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from baselines.hmm import HmmDecoder
from baselines.hmm.path import Weights
from baselines.hmm.training import lowest_true_log_odds
from baselines.xgb import XgbScorer
from features.annotation import read_annotation, write_gff3, write_gtf
from features.datasets import Dataset
from features.errors import ModelError, TrainingError
from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import KINDS, SiteScores
from features.transcripts import Transcript, cds_codes, translate
from tests.baselines.hmm.random_events import at_least, flat_lengths, random_scores


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(
    ("site", "position", "cds", "complete"),
    [
        ("stop", 57, (0, 60), (False, True)),
        ("start", 57, (57, 120), (True, False)),
        ("acceptor", 57, (57, 120), (False, False)),
        ("donor", 57, (0, 57), (False, False)),
    ],
)
def test_genes_run_off_either_end(
    strand: str, site: str, position: int, cds: tuple[int, int], complete: tuple[bool, bool]
) -> None:
    n = 120
    codes = np.random.default_rng(1).integers(1, 3, n).astype(np.uint8)
    positions = {kind: np.arange(0) for kind in KINDS} | {site: np.array([position])}
    content = np.zeros((n, 4))
    content[:, 0] = np.where((np.arange(n) >= cds[0]) & (np.arange(n) < cds[1]), 0.5, -0.5)
    content[:, 1:3] = -1.0
    log_odds = {kind: np.full(len(found), 9, np.float32) for kind, found in positions.items()}
    scored = SiteScores.from_dense_content(positions, log_odds, content)
    nothing = SiteScores.from_dense_content(
        dict.fromkeys(KINDS, np.arange(0)),
        dict.fromkeys(KINDS, np.empty(0, np.float32)),
        np.full((n, 4), -1.0),
    )
    decoder = HmmDecoder()
    decoder.lengths = flat_lengths()
    pair = (scored, nothing) if strand == "+" else (nothing, scored)
    (gene,) = decoder.decode(*pair, codes, "c")
    assert gene.strand == strand
    assert gene.cds == ((cds,) if strand == "+" else ((n - cds[1], n - cds[0]),))
    assert (gene.start_complete, gene.end_complete) == complete


@pytest.fixture(scope="module")
def decoded(hmm_decoder: HmmDecoder, scored: dict[str, ScoredChromosome]) -> list[Transcript]:
    """Genes on the validation and the test chromosome."""
    genes = []
    for name, each in scored.items():
        sequence = each.chromosome.sequence
        genes += hmm_decoder.decode(each.forward, each.reverse, sequence, name)
    return genes


def test_several_genes_on_both_strands(
    decoded: list[Transcript], scored: dict[str, ScoredChromosome]
) -> None:
    for name in scored:
        here = [gene for gene in decoded if gene.chromosome == name]
        assert {gene.strand for gene in here} == {"+", "-"}
        assert len(here) >= 4
        assert all(left.end <= right.start for left, right in pairwise(here))
        assert len({gene.id for gene in here}) == len(here)
    assert any(len(gene.cds) > 3 for gene in decoded)


def test_decoded_genes_overlap_the_true_ones(
    decoded: list[Transcript], scored: dict[str, ScoredChromosome]
) -> None:
    found = [gene for gene in decoded if gene.chromosome == "c"]
    true = {
        (transcript.strand, interval)
        for transcript in scored["c"].chromosome.transcripts
        for interval in transcript.cds
    }
    predicted = {(gene.strand, interval) for gene in found for interval in gene.cds}
    assert len(predicted & true) > 0.3 * len(predicted)


@pytest.mark.parametrize("strand", "+-")
def test_written_genes_translate_back(
    decoded: list[Transcript], dataset: Dataset, tmp_path: Path, strand: str
) -> None:
    genes = [gene for gene in decoded if gene.strand == strand]
    for name, write in (("genes.gff3", write_gff3), ("genes.gtf", write_gtf)):
        write(genes, tmp_path / name)
        again = {gene.id: gene for gene in read_annotation(tmp_path / name, dataset.genome)}
        assert len(again) == len(genes)
        for gene in genes:
            read = again[gene.id]
            sequence = dataset.genome.fetch(gene.chromosome)
            protein = translate(cds_codes(read, sequence))
            assert (read.cds, read.phases) == (gene.cds, gene.phases)
            assert protein == translate(cds_codes(gene, sequence))
            if gene.start_complete and gene.end_complete:
                assert protein.startswith("M")
                assert protein.index("*") == len(protein) - 1


def test_phases_in_the_file_are_those_of_the_codons(
    decoded: list[Transcript], dataset: Dataset, tmp_path: Path
) -> None:
    """Each CDS line by itself: from its phase on, the codons are those of the protein."""
    write_gff3(decoded, tmp_path / "genes.gff3")
    genes = {gene.id: gene for gene in decoded}
    checked = set()
    for line in (tmp_path / "genes.gff3").read_text().splitlines():
        columns = line.split("\t")
        if len(columns) < 9 or columns[2] != "CDS":
            continue
        gene = genes[columns[8].partition("Parent=transcript:")[2].partition(";")[0]]
        codes = dataset.genome.fetch(columns[0], int(columns[3]) - 1, int(columns[4]))
        if columns[6] == "-":
            codes = reverse_complement(codes)
        piece = translate(codes[int(columns[7]) :])
        protein = translate(cds_codes(gene, dataset.genome.fetch(gene.chromosome)))
        if gene.start_complete:
            assert piece in protein
            checked.add((columns[6], columns[7]))
    assert checked >= {(strand, phase) for strand in "+-" for phase in "012"}


def test_saved_and_loaded(
    hmm_decoder: HmmDecoder, scored: dict[str, ScoredChromosome], tmp_path: Path
) -> None:
    hmm_decoder.save(tmp_path)
    loaded = HmmDecoder.load(tmp_path)
    assert loaded.weights == hmm_decoder.weights
    assert loaded.lowest_log_odds == hmm_decoder.lowest_log_odds
    assert loaded.lengths is not None
    assert hmm_decoder.lengths is not None
    for here, there in zip(
        (*loaded.lengths.exons, *loaded.lengths[1:]),
        (*hmm_decoder.lengths.exons, *hmm_decoder.lengths[1:]),
        strict=True,
    ):
        np.testing.assert_array_equal(here.table, there.table)
        assert here.rate == there.rate
    each = scored["c"]
    pieces = (each.forward, each.reverse, each.chromosome.sequence, "c")
    assert loaded.decode(*pieces) == hmm_decoder.decode(*pieces)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": {"donor": 1}}, "damaged HMM model"),
        ({"rates": {}}, "damaged HMM model"),
        ({"lowest_log_odds": {"donor": -3.0}}, "damaged HMM model"),
        ({"lowest_log_odds": -3.0}, "damaged HMM model"),
        ({"confidence": {"exon": {}, "gene": {}, "least": "x"}}, "damaged HMM model"),
        ({"confidence": {"exon": {"posterior": "x"}, "gene": {}, "least": 0}}, "damaged HMM model"),
        ({"confidence": {"exon": 1, "gene": {}, "least": 0}}, "damaged HMM model"),
        ({"kind": "xgb"}, "kind 'xgb', where 'hmm' was expected"),
    ],
)
def test_a_card_that_does_not_fit(
    hmm_decoder: HmmDecoder, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    hmm_decoder.save(tmp_path)
    card = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**card, **change}))
    with pytest.raises(ModelError, match=message):
        HmmDecoder.load(tmp_path)


def test_no_gene_uses_a_site_below_the_limit_of_its_kind(
    hmm_decoder: HmmDecoder, scored: dict[str, ScoredChromosome]
) -> None:
    assert hmm_decoder.lowest_log_odds == lowest_true_log_odds([scored["b"]])
    each = scored["b"]
    sequence = each.chromosome.sequence

    def odds_used(decoder: HmmDecoder) -> list[float]:
        genes = decoder.decode(each.forward, each.reverse, sequence, "b")
        found = []
        for gene in genes:
            forward = gene.strand == "+"
            scores = each.forward if forward else each.reverse
            for left, right in gene.cds_introns:
                position = left if forward else len(sequence) - right
                place = np.searchsorted(scores.positions["donor"], position)
                assert scores.positions["donor"][place] == position
                found.append(float(scores.log_odds["donor"][place]))
        return found

    limit = float(np.median(odds_used(hmm_decoder)))
    strict = HmmDecoder()
    strict.lengths, strict.weights = hmm_decoder.lengths, hmm_decoder.weights
    strict.lowest_log_odds = at_least(-np.inf) | {"donor": limit}
    assert min(odds_used(hmm_decoder)) < limit <= min(odds_used(strict))


def test_fit_needs_validation_chromosomes(chromosomes: dict[str, LabelledChromosome]) -> None:
    with pytest.raises(TrainingError, match="no coding gene.*Name other validation"):
        HmmDecoder().fit([chromosomes["a"]], [])


def test_an_unfitted_decoder_says_so(tmp_path: Path) -> None:
    nothing = random_scores(np.zeros(5, np.uint8), np.random.default_rng(0))
    with pytest.raises(ModelError, match="not fitted"):
        HmmDecoder().decode(nothing, nothing, np.zeros(5, np.uint8), "c")
    with pytest.raises(ModelError, match="not fitted"):
        HmmDecoder().save(tmp_path)


@pytest.mark.parametrize("text", ["", "A", "ATGGTAAGAG", "N" * 5000])
def test_short_and_blank_sequences(
    xgb_scorer: XgbScorer, hmm_decoder: HmmDecoder, text: str
) -> None:
    codes = encode(text)
    forward, reverse = xgb_scorer.score(codes), xgb_scorer.score(reverse_complement(codes))
    assert hmm_decoder.decode(forward, reverse, codes, "c") == []


def test_what_is_left_out_has_no_weight(
    few_rounds: None,
    chromosomes: dict[str, LabelledChromosome],
    scored: dict[str, ScoredChromosome],
) -> None:
    decoder = HmmDecoder(threads=1, without="lengths,content,least-confidence")
    decoder.fit([chromosomes["a"]], [scored["b"]])
    weights = decoder.weights
    assert weights.exon_length == weights.intron_length == weights.coding == weights.intron == 0
    assert decoder.confidence.least == 0
    each = scored["c"]
    found = decoder.decode(each.forward, each.reverse, each.chromosome.sequence, "c")
    assert found
    # What is impossible stays so without a weight.
    assert all(end - start >= 3 for gene in found for start, end in gene.cds)
    unsearched = HmmDecoder(threads=1, without="search")
    unsearched.fit([chromosomes["a"]], [scored["b"]])
    assert unsearched.weights == Weights()


def test_an_ingredient_that_there_is_not_is_told() -> None:
    with pytest.raises(ModelError, match="no ingredient 'salt'"):
        HmmDecoder(without="salt")
