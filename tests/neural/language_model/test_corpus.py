from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from features.errors import InputFileError, TrainingError
from features.genome import encode, reverse_complement
from neural.language_model import corpus as module
from neural.language_model.corpus import Corpus, corpus_from_files, corpus_from_sequences
from neural.language_model.reader import SPAN, UNPREDICTED, Reader
from neural.sequences.tokens import Tokeniser

from .conftest import random_bases


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.setenv("GENESTRUCT_CACHE", str(tmp_path / "cache"))
    one, two = tmp_path / "one.fa", tmp_path / "two.fa.gz"
    letters = ["".join("ACGT"[c] for c in codes) for codes in random_bases(3, 2000)]
    one.write_text(f">a\n{letters[0]}NNN{letters[1]}\n>b\nNN\n")
    with gzip.open(two, "wt") as stream:
        stream.write(f">c\n{letters[2].lower()}\n")
    return [one, two]


def texts(corpus: Corpus) -> list[bytes]:
    found = []
    for part in (corpus.training, corpus.validation):
        for start, length, reverse in zip(*part, strict=True):
            codes = corpus.codes[start : start + length]
            found.append((reverse_complement(codes) if reverse else codes).tobytes())
    return found


def test_documents_are_known_bases_of_one_record(files: list[Path]) -> None:
    corpus = corpus_from_files(files, document=300, held_out=0.2)
    found = texts(corpus)
    assert len(found) == 21
    assert sorted(map(len, found)) == [200] * 3 + [300] * 18
    whole = b"".join(codes.tobytes() for codes in random_bases(3, 2000))
    assert all(each in whole for each in found)
    assert sum(map(len, found)) == 6000
    assert len(corpus.validation.starts) == 4
    assert corpus.description["bases"] == 6000
    assert [each["bases"] for each in corpus.description["files"]] == [4005, 2000]


def test_a_large_corpus_is_mapped_and_the_same(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = corpus_from_files(files, document=300)
    monkeypatch.setattr(module, "HELD", 100)
    for _ in range(2):
        mapped = corpus_from_files(files, document=300)
        assert isinstance(mapped.codes, np.memmap)
        assert mapped.digest() == held.digest()


def test_other_strands_stay_with_their_documents() -> None:
    corpus = corpus_from_sequences(random_bases(10, 50), both_strands=True)
    forward = corpus_from_sequences(random_bases(10, 50))
    assert len(texts(corpus)) == 2 * len(texts(forward))
    held = corpus.validation
    assert held.reverse.tolist() == [False, True]
    assert held.starts[0] == held.starts[1]
    one, other = texts(corpus)[-2:]
    assert reverse_complement(np.frombuffer(one, np.uint8)).tobytes() == other


def test_another_seed_holds_out_other_documents() -> None:
    parts = [corpus_from_sequences(random_bases(50, 20), seed=s).validation for s in (1, 1, 2)]
    assert parts[0].starts.tolist() == parts[1].starts.tolist() != parts[2].starts.tolist()


@pytest.mark.parametrize("sequences", [[], ["ACGT" * 50], ["NNNN"] * 9, ["N", "ACGT"]])
def test_too_few_documents_are_told(sequences: list[str]) -> None:
    with pytest.raises(TrainingError, match="too few documents to learn from"):
        corpus_from_sequences([encode(each) for each in sequences])


def test_a_protein_is_told(tmp_path: Path) -> None:
    path = tmp_path / "protein.fa"
    path.write_text(">p\nMSLEQ\n")
    with pytest.raises(InputFileError, match="no nucleotide code"):
        corpus_from_files([path])


@pytest.mark.parametrize(("k", "stride"), [(5, 2), (3, 1), (1, 1)])
@pytest.mark.parametrize("streams", [1, 3])
def test_pages_are_the_documents_in_order(k: int, stride: int, streams: int) -> None:
    """Streams joined again are the tokens of every document, each once, its first token not to be told."""
    sequences = [codes[: 40 + 3 * i] for i, codes in enumerate(random_bases(20, 100))]
    corpus = corpus_from_sequences(sequences, both_strands=True)
    tokeniser = Tokeniser(k, stride)
    reader = Reader(corpus.codes, corpus.training, tokeniser, streams, 5)
    pages = [reader.read(0, number) for number in range(reader.pages)]
    read = np.concatenate([page.tokens.numpy() for page in pages])
    targets = np.concatenate([page.targets.numpy() for page in pages])
    assert read.shape == (reader.length - 1, streams)
    assert all(len(page.tokens) == SPAN for page in pages[:-1])
    told = targets != UNPREDICTED
    np.testing.assert_array_equal(targets[:-1][told[:-1]] + 1, read[1:][told[:-1]])
    expected = sorted(
        tokeniser.encode(np.frombuffer(text, np.uint8)).tolist()
        for text in texts(corpus)[: len(corpus.training.starts)]
    )
    whole = np.concatenate([np.r_[read[:, s], targets[-1:, s] + 1] for s in range(streams)])
    first = np.concatenate([np.r_[False, ~told[:, s]] for s in range(streams)])
    if streams == 1:
        found = np.split(whole, np.flatnonzero(first))
        assert sorted(each.tolist() for each in found) == expected
    assert (~told).sum() <= len(expected)
    again = Reader(corpus.codes, corpus.training, tokeniser, streams, 5)
    assert again.read(0, 0).tokens.equal(pages[0].tokens)
    assert not again.read(1, 0).tokens.equal(pages[0].tokens)


def test_documents_shorter_than_two_tokens_are_told() -> None:
    corpus = corpus_from_sequences(random_bases(20, 6))
    with pytest.raises(TrainingError, match="no stretch of 7 known bases"):
        Reader(corpus.codes, corpus.training, Tokeniser(5, 2), 4, 0)
