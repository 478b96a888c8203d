"""The composition HMM: supervised counts, recovery of a simulated structure, chunked decoding, storage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from baselines.hmm import composition
from baselines.hmm.composition import CompositionHmm
from baselines.hmm.composition_path import ALLOWED, STATES, label_states
from features.annotation import read_annotation
from features.errors import ModelError, TrainingError
from features.genome import Genome, encode, reverse_complement
from features.labelled import LabelledChromosome
from features.storage import read_arrays, write_arrays
from features.transcripts import Transcript, group_by_chromosome

GENE_PERIOD = 2000


def simulate(genes: int, seed: int, name: str = "I") -> LabelledChromosome:
    """Genes on alternating strands: A and T between them, codons GCA, GCC, GCT and ATG, introns of C and T.

    Per gene 700 intergenic bases, 300 of exon, 400 of intron inside a codon, 300 of exon, 300 intergenic.
    """
    generator = np.random.default_rng(seed)
    sequence, transcripts = [], []
    for number in range(genes):
        codons = generator.choice(["GCA", "GCC", "GCT", "ATG"], 198)
        coding = encode("ATG" + "".join(codons) + "TAA")
        intron = generator.choice(np.array([1, 3], np.uint8), 400)
        gene = np.concatenate([coding[:301], intron, coding[301:]])
        begin = 700 + GENE_PERIOD * number
        cds = ((begin, begin + 301), (begin + 701, begin + 1000))
        strand = "+" if number % 2 == 0 else "-"
        if strand == "-":
            gene = reverse_complement(gene)
            cds = ((begin, begin + 299), (begin + 699, begin + 1000))
        around = generator.choice(np.array([0, 3], np.uint8), GENE_PERIOD - len(gene))
        sequence += [around[:700], gene, around[700:]]
        transcripts.append(Transcript(name, strand, f"g{number}", f"g{number}.1", cds, cds=cds))
    return LabelledChromosome(name, np.concatenate(sequence), transcripts)


@pytest.fixture(scope="module")
def trained() -> CompositionHmm:
    model = CompositionHmm(k=3)
    model.fit([simulate(30, seed=1)], [])
    return model


def test_a_separable_structure_is_recovered(trained: CompositionHmm) -> None:
    truth = simulate(10, seed=2, name="II")
    found = trained.predict(truth.sequence, "II")
    assert [t.strand for t in found] == [t.strand for t in truth.transcripts]
    for predicted, true in zip(found, truth.transcripts, strict=True):
        ends = np.abs(np.array(predicted.cds) - np.array(true.cds))
        assert ends.max() <= 30
        assert predicted.chromosome == "II"


def test_probabilities_are_the_smoothed_counts_of_the_annotation() -> None:
    chromosome = simulate(3, seed=4)
    model = CompositionHmm(k=2)
    model.fit([chromosome], [])
    fitted = model.model
    states, codes = label_states(chromosome).astype(int), chromosome.sequence.astype(int)
    transitions = ALLOWED.astype(float)
    emissions = np.ones((len(STATES), 4, 4))
    for p in range(1, len(codes)):
        transitions[states[p - 1], states[p]] += 1
        emissions[states[p], codes[p - 1], codes[p]] += 1
    transitions /= transitions.sum(axis=1, keepdims=True)
    start = emissions.sum(axis=(1, 2))
    emissions /= 4 * emissions.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(fitted.transmat_, transitions)
    np.testing.assert_allclose(fitted.emissionprob_, emissions.reshape(len(STATES), 16))
    np.testing.assert_allclose(fitted.startprob_, start / start.sum())


def test_masked_and_unknown_bases_are_not_counted() -> None:
    chromosome = simulate(4, seed=4)
    alone, masked = CompositionHmm(k=2), CompositionHmm(k=2)
    alone.fit([chromosome], [])
    foreign = np.concatenate(
        [chromosome.sequence, np.full(500, 4, np.uint8), np.full(500, 2, np.uint8)]
    )
    end = len(chromosome.sequence)
    mask = np.array([[end, end + 1000]])
    masked.fit([LabelledChromosome("I", foreign, chromosome.transcripts, mask)], [])
    np.testing.assert_array_equal(alone.model.emissionprob_, masked.model.emissionprob_)
    np.testing.assert_array_equal(alone.model.transmat_, masked.model.transmat_)


def test_a_path_keeps_to_the_allowed_transitions(trained: CompositionHmm) -> None:
    codes = np.random.default_rng(3).integers(0, 4, 20_000).astype(np.uint8)
    path = trained.decode(codes)
    assert ALLOWED[path[2:-1], path[3:]].all()
    assert len(set(path.tolist())) > 3


def test_chunks_give_the_path_of_the_whole(
    trained: CompositionHmm, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = simulate(12, seed=5).sequence
    whole = trained.decode(codes)
    monkeypatch.setattr(composition, "CHUNK", 5000)
    monkeypatch.setattr(composition, "OVERLAP", 2500)
    np.testing.assert_array_equal(trained.decode(codes), whole)


def test_chunks_that_disagree_are_parted_by_an_intergenic_base(
    trained: CompositionHmm, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Alternating:
        calls = 0

        def decode(self, symbols: np.ndarray) -> tuple[float, np.ndarray]:
            self.calls += 1
            return 0.0, np.full(len(symbols), 1 + 6 * (self.calls % 2))

    monkeypatch.setattr(composition, "CHUNK", 100)
    monkeypatch.setattr(composition, "OVERLAP", 20)
    model = CompositionHmm(k=3)
    model.model = Alternating()
    path = model.decode(np.zeros(180, np.uint8))
    assert path.tolist() == [0] * 2 + [7] * 89 + [0] + [1] * 88


def test_unknown_bases_split_the_sequence(trained: CompositionHmm) -> None:
    left, right = simulate(2, seed=6).sequence, simulate(3, seed=7).sequence
    split = np.concatenate([left, np.full(50, 4, np.uint8), encode("AC"), [4], right]).astype(
        np.uint8
    )
    path = trained.decode(split)
    np.testing.assert_array_equal(path[: len(left)], trained.decode(left))
    np.testing.assert_array_equal(path[-len(right) :], trained.decode(right))
    assert not path[len(left) : -len(right)].any()


@pytest.mark.parametrize("letters", ["", "A", "AC", "NNNN", "ACNGTN"])
def test_a_sequence_shorter_than_a_symbol_is_intergenic(
    trained: CompositionHmm, letters: str
) -> None:
    assert trained.predict(encode(letters), "I") == []
    assert not trained.decode(encode(letters)).any()


def test_baum_welch_raises_the_likelihood_and_keeps_the_topology() -> None:
    chromosome = simulate(6, seed=8)
    symbols = composition.kmer_indices(chromosome.sequence, 2)[:, None]
    likelihoods = []
    for iterations in range(3):
        model = CompositionHmm(k=2, baum_welch_iterations=iterations)
        model.fit([chromosome], [])
        likelihoods.append(model.model.score(symbols))
        assert not model.model.transmat_[~ALLOWED].any()
        contexts = model.model.emissionprob_.reshape(-1, 4, 4).sum(axis=2)
        np.testing.assert_allclose(contexts, 1 / 4)
    assert likelihoods[0] < likelihoods[1] < likelihoods[2]


def test_training_without_introns_or_genes_is_a_typed_error() -> None:
    single = ((100, 160),)
    gene = Transcript("I", "+", "g", "g.1", single, cds=single)
    for transcripts, missing in (([], "exon"), ([gene], "intron")):
        with pytest.raises(TrainingError, match=f"no coding {missing}"):
            CompositionHmm().fit(
                [LabelledChromosome("I", np.zeros(400, np.uint8), transcripts)], []
            )


def test_predict_before_fit_is_a_typed_error() -> None:
    with pytest.raises(ModelError, match="before fit"):
        CompositionHmm().predict(np.zeros(10, np.uint8), "I")


def test_a_saved_model_comes_back_and_two_saves_have_the_same_bytes(
    trained: CompositionHmm, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    trained.save(first)
    loaded = CompositionHmm.load(first)
    loaded.save(second)
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()
    codes = simulate(4, seed=9).sequence
    assert loaded.predict(codes, "I") == trained.predict(codes, "I")


def test_a_damaged_model_is_a_typed_error(trained: CompositionHmm, tmp_path: Path) -> None:
    trained.save(tmp_path)
    (tmp_path / "parameters.npz").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="Train the model again"):
        CompositionHmm.load(tmp_path)
    (tmp_path / "parameters.npz").unlink()
    with pytest.raises(ModelError, match="Train the model again|train it again"):
        CompositionHmm.load(tmp_path)


def test_a_model_without_one_of_its_arrays_is_a_typed_error(
    trained: CompositionHmm, tmp_path: Path
) -> None:
    trained.save(tmp_path)
    arrays = read_arrays(tmp_path / "parameters.npz")
    del arrays["transitions"]
    write_arrays(tmp_path / "parameters.npz", arrays)
    with pytest.raises(ModelError, match="lacks 'transitions'"):
        CompositionHmm.load(tmp_path)


@pytest.mark.real_data
def test_real_coding_sequence_is_told_from_the_rest(data_root: Path) -> None:
    folder = data_root / "pombe"
    with Genome(folder / "genome.fa.gz") as genome:
        annotated = group_by_chromosome(read_annotation(folder / "annotation.gff3.gz", genome))
        training, held_out = (
            LabelledChromosome(name, genome.fetch(name), annotated[name])
            for name in ("NC_003424.3", "NC_003421.2")
        )
    model = CompositionHmm()
    model.fit([training], [])
    painted = {}
    for source, transcripts in (
        ("true", held_out.transcripts),
        ("predicted", model.predict(held_out.sequence, held_out.name)),
    ):
        painted[source] = np.zeros((2, len(held_out.sequence)), np.bool_)
        for transcript in transcripts:
            for start, end in transcript.cds:
                painted[source]["+-".index(transcript.strand), start:end] = True
    both = (painted["true"] & painted["predicted"]).sum()
    f1 = 2 * both / (painted["true"].sum() + painted["predicted"].sum())
    assert f1 > 0.88
