"""The decoder's kernel against its plain-Python reference and against hmmlearn, and what every path must satisfy."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.hmm import HmmDecoder, topology
from baselines.hmm.kernels import NOTHING, exon_type, sweep
from baselines.hmm.lengths import EXON_TYPES, LengthModel, Lengths
from baselines.hmm.path import (
    Segment,
    Weights,
    find_path,
    path_transcripts,
    solve,
    trace,
    weigh,
    weighted_tables,
)
from baselines.hmm.reference import reference_path
from baselines.hmm.topology import Events, build_events
from baselines.hmm.training import lowest_true_log_odds
from baselines.xgb import XgbScorer
from features.annotation import read_annotation, write_gff3, write_gtf
from features.datasets import Dataset
from features.errors import ModelError, TrainingError
from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import KINDS, SiteScores, candidate_sites
from features.transcripts import Transcript, cds_codes, translate


def flat_lengths(shortest_intron: int = 4, window: int = 60) -> Lengths:
    """Arbitrary but uneven length tables."""
    rng = np.random.default_rng(5)

    def model(size: int, shortest: int) -> LengthModel:
        table = np.log(rng.uniform(0.001, 0.02, size))
        table[:shortest] = -np.inf
        return LengthModel(table, 0.05)

    def survival(size: int, rate: float) -> LengthModel:
        return LengthModel(np.log(np.sort(rng.uniform(0.01, 1, size))[::-1]), rate)

    exons = tuple(model(size, 3) for size in (80, 50, 40, 30))
    introns = model(window, shortest_intron)
    return Lengths((*exons, survival(35, 0.03)), introns, survival(45, 0.02))


def at_least(log_odds: float) -> dict[str, float]:
    """The same lowest log odds for every site kind."""
    return dict.fromkeys(KINDS, log_odds)


def random_scores(codes: np.ndarray, rng: np.random.Generator, share: float = 1.0) -> SiteScores:
    positions = {}
    for kind, found in candidate_sites(codes).items():
        positions[kind] = found[rng.random(len(found)) < share]
    log_odds = {kind: rng.normal(1.5, 2, len(positions[kind])).astype(np.float32) for kind in KINDS}
    return SiteScores.from_dense_content(positions, log_odds, rng.normal(0, 0.4, (len(codes), 4)))


def run_kernel(events: Events, lengths: Lengths, weights: Weights) -> tuple[float, list[Segment]]:
    """Score and exons of the kernel's best path."""
    solution = solve(events, lengths, weights)
    best = 0.0 if solution.last == NOTHING else float(solution.score[solution.last, solution.phase])
    return best, trace(events, solution, solution.last, solution.phase)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    length=st.integers(1, 350),
    edge=st.sampled_from([0.7, -1.0, -8.0]),
    gc_poor=st.booleans(),
)
def test_kernel_equals_reference(seed: int, length: int, edge: float, gc_poor: bool) -> None:
    rng = np.random.default_rng(seed)
    weights = [0.32, 0.15, 0.2, 0.32, 0.01] if gc_poor else [0.22, 0.27, 0.27, 0.22, 0.02]
    codes = rng.choice(5, length, p=weights).astype(np.uint8)
    forward = random_scores(codes, rng)
    reverse = random_scores(reverse_complement(codes), rng)
    balance = Weights(edge=edge, donor_bias=1.0, start_bias=1.5, coding=0.7)
    events = build_events(forward, reverse, codes, at_least(-3.0))
    lengths = flat_lengths()
    expected_score, expected_path = reference_path(events, lengths, balance, codes)
    found_score, found_path = run_kernel(events, lengths, balance)
    assert found_score == pytest.approx(expected_score, abs=1e-6)
    assert [segment[:3] for segment in found_path] == [segment[:3] for segment in expected_path]


def test_compiled_kernel_equals_plain_python() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, 300).astype(np.uint8)
    events = build_events(
        random_scores(codes, rng),
        random_scores(reverse_complement(codes), rng),
        codes,
        at_least(-3.0),
    )
    lengths, weights = flat_lengths(), Weights()
    results = []
    for function in (sweep, sweep.py_func):
        score = np.empty((len(events.boundary), 3))
        back = np.empty((len(events.boundary), 3), np.int64)
        tail, tail_event = np.empty((2, 6)), np.empty((2, 6), np.int64)
        function(
            *weigh(events, weights),
            *weighted_tables(lengths, weights),
            *(-5.0, 0.0, False, score, back, tail, tail_event),
        )
        results.append((score, back))
    np.testing.assert_allclose(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_complete_genes_translate_without_stops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, 3000).astype(np.uint8)
    forward = random_scores(codes, rng)
    reverse = random_scores(reverse_complement(codes), rng)
    events = build_events(forward, reverse, codes, at_least(-9.0))
    weights = Weights(start_bias=4.0, stop_bias=4.0)
    genes = path_transcripts(events, find_path(events, flat_lengths(), weights), "c")
    assert genes
    end = 0
    for gene in genes:
        assert gene.start >= end
        end = gene.end
        assert all(right - left >= 4 for left, right in gene.introns)
        if gene.start_complete and gene.end_complete:
            protein = translate(cds_codes(gene, codes))
            assert gene.cds_length % 3 == 0
            assert protein[0] == "M"
            assert protein.index("*") == len(protein) - 1


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_reverse_complement_symmetry(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, 800).astype(np.uint8)
    forward = random_scores(codes, rng)
    reverse = random_scores(reverse_complement(codes), rng)
    lengths, weights = flat_lengths(), Weights(start_bias=2.0)
    here = build_events(forward, reverse, codes, at_least(-3.0))
    there = build_events(reverse, forward, reverse_complement(codes), at_least(-3.0))
    genes = path_transcripts(here, find_path(here, lengths, weights), "c")
    mirrored = path_transcripts(there, find_path(there, lengths, weights), "c")
    n = len(codes)
    flipped = [
        ("+-"[gene.strand == "+"], tuple((n - b, n - a) for a, b in gene.cds[::-1]))
        for gene in mirrored[::-1]
    ]
    assert [(gene.strand, gene.cds) for gene in genes] == flipped


# The ordinary HMM below: intergenic, then per strand an exon state per codon position and an intron state per codon
# position that follows it, both counted from the left.
STATES = [
    "intergenic",
    *(f"{strand}{kind}{i}" for strand in "+-" for kind in "EN" for i in range(3)),
]
STATE = {name: number for number, name in enumerate(STATES)}
LEAVE, END, DONOR, ACCEPTOR = 0.02, 0.02, 0.03, 0.05


def ordinary_transitions() -> np.ndarray:
    """Transition probabilities of ``STATES``, shape (13, 13); only a finished codon ends a gene: some rows lack END."""
    matrix = np.zeros((len(STATES), len(STATES)))
    matrix[0, 0] = 1 - 2 * LEAVE
    for strand in "+-":
        matrix[0, STATE[f"{strand}E0"]] = LEAVE
        matrix[STATE[f"{strand}E2"], 0] = END
        for i in range(3):
            exon, intron = STATE[f"{strand}E{i}"], STATE[f"{strand}N{i}"]
            matrix[exon, STATE[f"{strand}E{(i + 1) % 3}"]] = 1 - DONOR - END
            matrix[exon, STATE[f"{strand}N{(i + 1) % 3}"]] = DONOR
            matrix[intron, intron] = 1 - ACCEPTOR
            matrix[intron, exon] = ACCEPTOR
    return matrix


def planted_emissions(transitions: np.ndarray, length: int, rng: np.random.Generator) -> np.ndarray:
    """P(symbol | state), shape (13, length), in favour of a path drawn from the model.

    Every base has a symbol of its own, which leaves no two paths of the same probability.
    """
    emissions = rng.uniform(0.5, 1.5, (len(STATES), length))
    state = 0
    for base in range(length):
        emissions[state, base] *= 3
        row = transitions[state]
        state = rng.choice(len(STATES), p=row / row.sum())
    for strand in "+-":
        # The decoder has one intron score per strand.
        introns = [STATE[f"{strand}N{i}"] for i in range(3)]
        emissions[introns] = emissions[introns].max(axis=0)
    emissions[1:, [0, -1]] = 0
    return emissions / emissions.sum(axis=1, keepdims=True)


def hmmlearn_path(transitions: np.ndarray, emissions: np.ndarray) -> tuple[float, np.ndarray]:
    """(log probability, states) of hmmlearn's best path; what rows lack leads into a state that emits nothing seen."""
    states, length = emissions.shape
    model = CategoricalHMM(states + 1, init_params="", params="")
    model.n_features = length + 1
    model.startprob_ = np.eye(states + 1)[0]
    model.transmat_ = np.eye(states + 1)
    model.transmat_[:states, :states] = transitions
    model.transmat_[:states, states] = 1 - transitions.sum(axis=1)
    model.emissionprob_ = np.zeros((states + 1, length + 1))
    model.emissionprob_[:states, :length] = emissions
    model.emissionprob_[states, length] = 1
    probability, path = model.decode(np.arange(length)[:, None], algorithm="viterbi")
    return float(probability), path


def homogeneous_scores(emissions: np.ndarray, strand: str) -> SiteScores:
    """Sites everywhere, all alike; the content score is the log ratio of a state to intergenic."""
    length = emissions.shape[1]
    stay = np.log(1 - 2 * LEAVE)
    with np.errstate(divide="ignore"):
        ratio = np.maximum(np.log(emissions) - np.log(emissions[0]), -1e6)
    own = np.arange(length) if strand == "+" else np.arange(length)[::-1]
    content = np.empty((length, 4))
    for frame in range(3):
        position = (np.arange(length) - frame) % 3
        # States count codon positions from the left, the reverse strand counts them from the right.
        position = position if strand == "+" else 2 - position
        states = np.array([STATE[f"{strand}E{i}"] for i in range(3)])[position]
        content[:, frame] = ratio[states, own] + np.log(1 - DONOR - END) - stay
    content[:, 3] = ratio[STATE[f"{strand}N0"], own] + np.log(1 - ACCEPTOR) - stay
    positions = {kind: np.arange(1, length) for kind in KINDS}
    positions["stop"] = np.arange(1, length - 3)
    log_odds = {kind: np.zeros(len(found), np.float32) for kind, found in positions.items()}
    return SiteScores.from_dense_content(positions, log_odds, content)


def painted(genes: list[Transcript], length: int) -> np.ndarray:
    """State of every base, codon positions taken from the phases of the transcripts."""
    states = np.zeros(length, np.int64)
    for gene in genes:
        entering = []
        for (start, end), phase in zip(gene.cds, gene.phases, strict=True):
            own = np.arange(end - start) if gene.strand == "+" else np.arange(end - start)[::-1]
            position = (own - phase) % 3
            position = position if gene.strand == "+" else 2 - position
            states[start:end] = STATE[f"{gene.strand}E0"] + position
            entering.append(int(position[0]))
        for (start, end), position in zip(gene.cds_introns, entering[1:], strict=True):
            states[start:end] = STATE[f"{gene.strand}N{position}"]
    return states


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equals_hmmlearn_on_a_homogeneous_model(seed: int) -> None:
    """Constant site scores, geometric lengths and sequence without stop codons make the decoder an ordinary HMM."""
    rng = np.random.default_rng(seed)
    transitions = ordinary_transitions()
    emissions = planted_emissions(transitions, 1000, rng)
    probability, expected = hmmlearn_path(transitions, emissions)
    codes = rng.integers(1, 3, 1000).astype(np.uint8)  # C and G only
    stay, inside = np.log(1 - 2 * LEAVE), np.log(1 - DONOR - END)
    weights = Weights(
        donor_bias=np.log(DONOR) - np.log(1 - ACCEPTOR),
        acceptor_bias=np.log(ACCEPTOR) - inside,
        start_bias=np.log(LEAVE) - inside,
        stop_bias=np.log(END) - stay,
        coding=1.0,
        intron=1.0,
        exon_length=1.0,
        intron_length=1.0,
        edge=-1e9,
    )
    any_length = LengthModel(np.array([-np.inf, 0.0]), 0.0)
    lengths = Lengths((any_length,) * 5, any_length, any_length)
    forward, reverse = (homogeneous_scores(emissions, strand) for strand in "+-")
    events = build_events(forward, reverse, codes, at_least(-1.0))

    score, path = run_kernel(events, lengths, weights)
    genes = path_transcripts(events, path, "c")
    np.testing.assert_array_equal(painted(genes, len(codes)), expected)
    assert score == pytest.approx(probability - np.log(emissions[0]).sum() - 999 * stay, abs=1e-6)
    assert {gene.strand for gene in genes} == {"+", "-"}
    assert any(gene.introns for gene in genes)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), length=st.integers(1, 120))
def test_partial_genes_keep_their_frame(seed: int, length: int) -> None:
    """Whatever runs off the ends, translation by the transcript's own phases meets no stop codon before the end."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(5, length, p=[0.3, 0.1, 0.3, 0.29, 0.01]).astype(np.uint8)
    scores = [random_scores(sequence, rng) for sequence in (codes, reverse_complement(codes))]
    events = build_events(*scores, codes, at_least(-3.0))
    weights = Weights(edge=2.0, donor_bias=1.0, acceptor_bias=1.0)
    for gene in path_transcripts(events, find_path(events, flat_lengths(), weights), "c"):
        assert all(0 <= start < end <= length for start, end in gene.cds)
        assert len(gene.cds_scores) == len(gene.cds)
        first_phase = gene.phases[0 if gene.strand == "+" else -1]
        if gene.start_complete or not gene.end_complete:
            assert first_phase == 0
        protein = translate(cds_codes(gene, codes)[first_phase:])
        assert "*" not in protein[: len(protein) - gene.end_complete]
        if gene.start_complete:
            assert protein.startswith("M")
        if gene.end_complete:
            assert protein.endswith("*")


def one_site(length: int, kind: str | None, position: int) -> SiteScores:
    """A strand of one certain site of ``kind``, or of none, and of content that says nothing."""
    positions = {name: np.array([position] if name == kind else [], np.int64) for name in KINDS}
    log_odds = {name: np.full(len(found), 9, np.float32) for name, found in positions.items()}
    return SiteScores.from_dense_content(positions, log_odds, np.zeros((length, 4)))


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


def test_an_edge_exon_of_any_two_events_is_cut() -> None:
    expected = {
        (topology.START, topology.STOP): "single",
        (topology.STOP, topology.START): "single",
        (topology.START, topology.DONOR): "initial",
        (topology.DONOR, topology.START): "initial",
        (topology.ACCEPTOR, topology.DONOR): "internal",
        (topology.DONOR, topology.ACCEPTOR): "internal",
        (topology.ACCEPTOR, topology.STOP): "terminal",
        (topology.STOP, topology.ACCEPTOR): "terminal",
        **{(topology.EDGE, kind): "cut" for kind in range(5)},
        **{(kind, topology.EDGE): "cut" for kind in range(5)},
    }
    for function in (exon_type, exon_type.py_func):
        assert {pair: EXON_TYPES[function(*pair)] for pair in expected} == expected


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(
    ("site", "exons", "introns"),
    # A lone splice site: an exon runs off on one side and the intron beside it on the other.
    [("start", 1, 0), ("stop", 1, 0), ("donor", 1, 1), ("acceptor", 1, 1)],
)
def test_what_runs_off_an_end_is_weighed_by_the_share_of_longer_lengths(
    strand: str, site: str, exons: int, introns: int
) -> None:
    codes = np.random.default_rng(1).integers(1, 3, 120).astype(np.uint8)
    scores = [one_site(120, site, 57), one_site(120, None, 57)]
    events = build_events(*scores[:: 1 if strand == "+" else -1], codes, at_least(-np.inf))
    lengths, weights = flat_lengths(), Weights(edge=4.0, exon_length=0.3, intron_length=0.7)

    def lowered(model: LengthModel) -> LengthModel:
        return model._replace(table=model.table - 1)

    fewer_exons = lengths._replace(exons=(*lengths.exons[:4], lowered(lengths.exons[4])))
    fewer_introns = lengths._replace(cut_introns=lowered(lengths.cut_introns))
    score, path = run_kernel(events, lengths, weights)
    assert len(path) == 1
    assert score - run_kernel(events, fewer_exons, weights)[0] == pytest.approx(0.3 * exons)
    assert score - run_kernel(events, fewer_introns, weights)[0] == pytest.approx(0.7 * introns)


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
