from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from baselines.protein_symbols import WordCentroid, WordContainment, WordLinear
from baselines.protein_symbols.kernels import rank_proteins
from baselines.protein_symbols.postings import collect_postings, rank_symbols
from benchmarks.contracts import SymbolModel
from features.errors import ModelError, TrainingError
from features.proteins import Proteins, ProteinSet
from features.proteins.alphabet import encode_protein
from features.proteins.words import Words, pack
from features.storage import read_arrays, write_arrays
from tests.protein_families import families

MODELS = {
    "containment": lambda: WordContainment(1, 1, k=3),
    "centroid": lambda: WordCentroid(1, 1, k=3),
    "linear": lambda: WordLinear(1, 1, k=4, bits=12),
}


@pytest.fixture(scope="module")
def proteins(tmp_path_factory: pytest.TempPathFactory) -> ProteinSet:
    return families(tmp_path_factory.mktemp("families"), symbols=30)


def told(*texts: str) -> Proteins:
    return Proteins([encode_protein(text) for text in texts], np.full(len(texts), ""))


@pytest.mark.parametrize("name", MODELS)
def test_the_symbols_of_a_new_species_are_told(
    name: str, proteins: ProteinSet, tmp_path: Path
) -> None:
    model = MODELS[name]()
    assert isinstance(model, SymbolModel)
    fold = proteins.fold("held-out-species")
    model.fit(proteins.take(fold.train), proteins.take(fold.validation))
    tested = proteins.take(fold.test)
    found = model.assign(tested._replace(symbols=np.empty(0, "U1")))
    assert (found.symbols == tested.symbols).mean() > 0.95
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    rng = np.random.default_rng(1)
    strange = [rng.integers(0, 20, 90).astype(np.uint8) for _ in range(30)]
    other = model.assign(Proteins(strange, np.full(30, "")))
    assert np.median(other.probability) < np.quantile(found.probability, 0.05)
    assert (other.probability >= 0.9).mean() < 0.05
    model.save(tmp_path)
    again = type(model).load(tmp_path, 2)
    for one, two in zip(found, again.assign(tested), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("name", MODELS)
def test_two_fits_are_the_same_and_threads_do_not_matter(name: str, proteins: ProteinSet) -> None:
    everything = proteins.take(np.arange(len(proteins.ids)))
    one, other = (MODELS[name]() for _ in range(2))
    other.threads = 3
    for model in (one, other):
        model.fit(everything)
    for first, second in zip(one.assign(everything), other.assign(everything), strict=True):
        np.testing.assert_array_equal(first, second)


def test_a_protein_without_words_has_no_symbol(proteins: ProteinSet) -> None:
    model = WordContainment(1, 1, k=3)
    model.fit(proteins.take(np.arange(len(proteins.ids))))
    found = model.assign(told("XXXXXX", "MA", "XX*XX"))
    assert found.symbols.tolist() == ["", "", ""]
    assert found.probability.tolist() == [0, 0, 0]
    assert model.assign(told()).symbols.tolist() == []


def test_the_kernel_sums_as_the_plain_definition_does(proteins: ProteinSet) -> None:
    words = Words(3)
    training = proteins.take(np.arange(len(proteins.ids)))
    names, numbers = np.unique(training.symbols, return_inverse=True)
    postings, proteins_with = collect_postings(training, numbers, words)
    holders: dict[tuple[int, int], int] = {}
    for residues, number in zip(training.sequences, numbers.tolist(), strict=True):
        for word in set(words.of(residues).tolist()):
            holders[word, number] = holders.get((word, number), 0) + 1
    filed = np.repeat(np.arange(words.size), postings.holders)
    assert holders == {
        (word, symbol): count
        for word, symbol, count in zip(
            filed.tolist(), postings.symbols.tolist(), proteins_with.tolist(), strict=True
        )
    }
    importance = np.random.default_rng(0).random(words.size).astype(np.float32)
    chosen = training.take(np.arange(10))
    hidden = numbers[:10].astype(np.int64)
    for left_out in (None, hidden):
        ranks = rank_symbols(chosen, words, postings, importance, len(names), left_out)
        for row, residues, own in zip(ranks, chosen.sequences, hidden.tolist(), strict=True):
            held = set(words.of(residues).tolist())
            sums = {
                number: sum(float(importance[w]) for w in held if (w, number) in holders)
                for number in range(len(names))
                if left_out is None or number != own
            }
            best, second = sorted(sums.values(), reverse=True)[:2]
            assert row[1] == pytest.approx(best)
            assert row[2] == pytest.approx(second)
            assert best == 0 or sums[int(row[0])] == pytest.approx(best)
            assert row[4] == len(held)
        plain = np.empty_like(ranks)
        shape = words.groups, words.letters, words.k, words.bits
        none = np.full(10, -1) if left_out is None else left_out
        packed = pack(chosen.sequences)
        rank_proteins.py_func(*packed, *shape, *postings, importance, len(names), none, plain)
        np.testing.assert_allclose(plain, ranks, rtol=1e-6)


def test_what_cannot_be_learnt_is_told(proteins: ProteinSet, tmp_path: Path) -> None:
    everything = proteins.take(np.arange(len(proteins.ids)))
    same = everything._replace(symbols=np.full(len(everything.symbols), "A"))
    with pytest.raises(TrainingError, match="fewer than two symbols"):
        WordContainment().fit(same, same)
    with pytest.raises(TrainingError, match="no validation protein has a symbol"):
        WordContainment(k=3).fit(everything, same)
    short = everything._replace(sequences=[each[:2] for each in everything.sequences])
    with pytest.raises(TrainingError, match="no training protein has 3 known amino acids"):
        WordContainment(k=3).fit(short, everything)
    with pytest.raises(ModelError, match="word-containment: not fitted"):
        WordContainment().assign(everything)
    with pytest.raises(ModelError, match="not fitted"):
        WordContainment().save(tmp_path)
    with pytest.raises(ModelError, match="passes must be 1 or more"):
        WordLinear(passes=0)


def test_a_damaged_folder_is_told(proteins: ProteinSet, tmp_path: Path) -> None:
    model = WordContainment(1, 1, k=3)
    model.fit(proteins.take(np.arange(len(proteins.ids))))
    model.save(tmp_path)
    card = tmp_path / "model.json"
    card.write_text(card.read_text().replace('"k": 3', '"k": 4'))
    with pytest.raises(ModelError, match="damaged .of other words"):
        WordContainment.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("symbols", lambda found: found + 1000, "symbols that have no name"),
        ("symbols", lambda found: -found - 1, "symbols that have no name"),
        ("starts", lambda found: found + 1, "words that begin outside"),
        ("starts", lambda found: found[::-1], "words that begin outside"),
        ("starts", lambda found: np.roll(found[1:-1], 1), "of other words"),
        ("weights", lambda found: np.zeros(3, np.float32), "weights that do not fit"),
        ("importance", lambda found: found[1:], "of other words"),
    ],
)
def test_arrays_that_would_lead_kernels_astray_are_told(
    proteins: ProteinSet, tmp_path: Path, name: str, change: Callable, message: str
) -> None:
    model = WordContainment(1, 1, k=3)
    model.fit(proteins.take(np.arange(len(proteins.ids))))
    model.save(tmp_path)
    path = tmp_path / "postings.npz"
    arrays = read_arrays(path)
    write_arrays(path, {**arrays, name: change(arrays[name])})
    with pytest.raises(ModelError, match=f"damaged .{message}"):
        WordContainment.load(tmp_path)
