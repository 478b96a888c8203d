from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from features.errors import DatasetError, InputFileError
from features.sequence_sets import (
    SequenceSet,
    load_sequence_set,
    sequence_set_from_files,
    sequence_set_names,
)
from features.sequence_sets.manifest import read_sequence_manifest
from features.sequence_sets.splits import drop_leaks


def bases(number: int, length: int = 60) -> str:
    letters = np.array(list("ACGT"))
    return "".join(letters[np.random.default_rng(number).integers(0, 4, length)])


def fasta(path: Path, numbers: range, header: str = "s{}", length: int = 60) -> Path:
    text = "".join(f">{header.format(n)}\n{bases(n, length)}\n" for n in numbers)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def table(path: Path, rows: list[str]) -> Path:
    path.write_text("".join(f"{row}\n" for row in rows))
    return path


def without_leaks(made: SequenceSet, split: str, word: int) -> bool:
    return all(
        len(drop_leaks(made.take(fold.test)[0], made.take(fold.train)[0], word)) == len(fold.test)
        for fold in made.folds[split]
    )


def test_a_fasta_of_each_class(tmp_path: Path) -> None:
    classes = {
        "yes": fasta(tmp_path / "yes.fa.gz", range(20)),
        "no": fasta(tmp_path / "no.fa", range(20, 50)),
    }
    made = sequence_set_from_files(classes=classes)
    assert Counter(made.labels.tolist()) == {"yes": 20, "no": 30}
    assert (made.name, made.positive, made.source) == ("yes", "yes", "yes.fa.gz, no.fa")
    assert {name: len(folds) for name, folds in made.folds.items()} == {"clean": 5}
    assert without_leaks(made, "clean", 20)
    again = sequence_set_from_files(classes=classes, positive="no", folds=3, seed=1)
    assert again.positive == "no"
    assert len(again.folds["clean"]) == 3
    assert again.data_hash != made.data_hash


def test_near_copies_stay_together(tmp_path: Path) -> None:
    lines = [f">s{n}\n{bases(n % 20)}{bases(n, 20)}\n" for n in range(40)]
    path = tmp_path / "a.fa"
    path.write_text("".join(lines))
    made = sequence_set_from_files(
        classes={"a": path, "b": fasta(tmp_path / "b.fa", range(50, 90))}
    )
    assert made.groups[:20].tolist() == made.groups[20:40].tolist()
    assert len(set(made.groups.tolist())) == 60
    assert without_leaks(made, "clean", 20)


def test_a_table_without_a_split(tmp_path: Path) -> None:
    rows = [f"{bases(n)},{n % 2}" for n in range(20)]
    made = sequence_set_from_files(table(tmp_path / "mine.csv", ["sequence,label", *rows]))
    assert made.positive == "1"
    assert made.ids[:2] == ["1", "2"]
    assert list(made.folds) == ["clean"]


def test_a_table_with_its_own_split_and_groups(tmp_path: Path) -> None:
    rows = [
        f"{bases(n)}\tc{n % 3}\tn{n}\t{'test' if n > 40 else 'train'}\tg{n // 4}" for n in range(60)
    ]
    # The first test sequence copies a piece of a training one.
    rows[41] = f"{bases(7)[10:40]}{rows[41]}"
    path = table(tmp_path / "mine.tsv", ["sequence\tlabel\tid\tset\tgroup", *rows])
    made = sequence_set_from_files(path)
    assert (made.positive, made.ids[3]) == ("", "n3")
    assert list(made.folds) == ["stated"]
    assert made.groups.tolist()[:5] == [made.groups[0]] * 4 + [made.groups[4]]
    (fold,) = made.folds["stated"]
    assert fold.test.tolist() == list(range(41, 60))
    assert not without_leaks(made, "stated", 20)
    assert made.notes[0].startswith(
        "3 of 19 test sequences share 20 bases or a group with, or are copies of, a training"
    )
    both = sequence_set_from_files(path, word=20)
    assert list(both.folds) == ["stated", "clean"]
    with pytest.raises(DatasetError, match=r"--folds: column 'set' of .*mine.tsv says who is test"):
        sequence_set_from_files(path, folds=5)
    assert without_leaks(both, "clean", 20)
    assert 7 not in np.concatenate(both.folds["clean"][0])
    assert both.explained == {
        "stated": "As the column `set` of the data says.",
        "clean": "The stated split, without the training or validation sequences that share a word of 20 bases, on "
        "either strand, with a test one.",
    }


def test_a_few_short_sequences_do_not_shorten_the_word(tmp_path: Path) -> None:
    rows = [f"{bases(n)}\tc{n % 2}\t{'test' if n > 40 else 'train'}" for n in range(60)]
    # Two copies of a short one, the second of the other strand.
    rows[3], rows[50] = "ACGGA\tc1\ttrain", "TCCGT\tc0\ttest"
    path = table(tmp_path / "mine.tsv", ["sequence\tlabel\tset", *rows])
    made = sequence_set_from_files(path)
    assert made.word == 20
    assert made.groups[3] == made.groups[50]
    assert len(set(made.groups.tolist())) == 59
    assert made.notes == (
        "1 of 19 test sequences share 20 bases or a group with, or are copies of, a training or validation one; --word "
        "adds a split without such",
    )
    clean = sequence_set_from_files(path, word=20)
    assert 3 not in np.concatenate(clean.folds["clean"][0])


def test_many_short_sequences_are_named_as_the_trouble(tmp_path: Path) -> None:
    rows = [f"{bases(n, 3 if n % 10 == 0 else 60)}\tc{n % 2}\tg{n // 2}" for n in range(60)]
    path = table(tmp_path / "mine.tsv", ["sequence\tlabel\tother", *rows])
    said = (
        "mine.tsv: 6 of 60 sequences have no 20 known bases in a row, and by words of 3 more than"
    )
    with pytest.raises(DatasetError, match=f"{said}.*Leave the short ones out, or give a table"):
        sequence_set_from_files(path)
    path = table(tmp_path / "mine.tsv", ["sequence\tlabel\tgroup", *rows])
    assert list(sequence_set_from_files(path).folds) == ["clean"]
    # Copies are one group by words of any length.
    copied = [*rows, *(f"{bases(99)}\tc{n % 2}\tg{n}" for n in range(70))]
    path = table(tmp_path / "mine.tsv", ["sequence\tlabel\tother", *copied])
    with pytest.raises(DatasetError, match="sequences are one group of sequences that are alike"):
        sequence_set_from_files(path)
    stated = [f"{row}\t{'test' if n > 40 else 'train'}" for n, row in enumerate(rows)]
    path = table(tmp_path / "mine.tsv", ["sequence\tlabel\tother\tset", *stated])
    assert list(sequence_set_from_files(path).folds) == ["stated"]


def test_odd_sequences_are_told(tmp_path: Path) -> None:
    rows = [f"{bases(n)}\tc{n % 2}" for n in range(60)]
    rows[8], rows[9] = f"{'N' * 60}\tc0", f"{bases(4)}\tc1"
    made = sequence_set_from_files(table(tmp_path / "mine.tsv", ["sequence\tlabel", *rows]))
    assert made.notes == (
        "1 of 60 sequences have no known base; a model can tell their class from nothing else, so leave them out",
        "2 of 60 sequences are also there with another class",
    )
    rows[0::2] = [f"{'N' * 60}\tc0"] * 30
    with pytest.raises(
        DatasetError, match=r"class c0 has a known base; the first is in .*, line 2"
    ):
        sequence_set_from_files(table(tmp_path / "mine.tsv", ["sequence\tlabel", *rows]))


def test_sequences_that_are_all_alike_need_groups(tmp_path: Path) -> None:
    alike = bases(0, 400)
    rows = [f"{alike}{bases(n)}\t{n % 2}\tg{n}" for n in range(20)]
    with pytest.raises(DatasetError, match=r"mine\.tsv, split clean: class 0 is all in one group"):
        sequence_set_from_files(table(tmp_path / "mine.tsv", ["sequence\tlabel\tother", *rows]))
    made = sequence_set_from_files(table(tmp_path / "mine.tsv", ["sequence\tlabel\tgroup", *rows]))
    assert len(set(made.groups.tolist())) == 20


def test_bad_input_says_what_is_wrong(tmp_path: Path) -> None:
    good, few = fasta(tmp_path / "a.fa", range(20)), fasta(tmp_path / "b.fa", range(50, 53))
    protein, empty = tmp_path / "p.fa", tmp_path / "e.fa"
    protein.write_text(">p\nMEFLK\n")
    empty.write_text("")
    for classes, error, said in (
        (None, DatasetError, "Give either a table or a FASTA file for each class"),
        ({"a": good}, DatasetError, "20 sequences of 1 class"),
        ({"a": good, "b": few}, DatasetError, "5 folds, where class b has 3 sequences"),
        ({"a": good, "b": protein}, InputFileError, "p.fa, line 2: .* looks like protein"),
        ({"a": good, "b": empty}, InputFileError, "e.fa: an empty file"),
        ({"a": good, "b": tmp_path / "none.fa"}, InputFileError, "none.fa: no such file"),
    ):
        with pytest.raises(error, match=said):
            sequence_set_from_files(classes=classes)
    pair = {"a": good, "b": fasta(tmp_path / "c.fa", range(60, 80))}
    with pytest.raises(DatasetError, match=r"no class 'z'. There are a, b"):
        sequence_set_from_files(classes=pair, positive="z")
    three = {**pair, "d": fasta(tmp_path / "d.fa", range(80, 99))}
    with pytest.raises(DatasetError, match="--positive: one of two classes, and there are 3"):
        sequence_set_from_files(classes=three, positive="a")
    with pytest.raises(DatasetError, match="A word has at least 1 base, not 0"):
        sequence_set_from_files(classes=pair, word=0)
    with pytest.raises(DatasetError, match="Give either"):
        sequence_set_from_files(good, pair)
    shortest = min(len(line) for line in good.read_text().split() if line[0] != ">")
    sequence_set_from_files(classes=pair, word=shortest)
    with pytest.raises(DatasetError, match="40 of 40 sequences have no 61 known bases in a row"):
        sequence_set_from_files(classes=pair, word=shortest + 1)
    for rows, said in (
        (["sequence,kind", "ACG,1"], "line 1: no column 'label'"),
        (["sequence,label", "ACG,1", "ACG,"], "line 3: a sequence without label"),
        (["sequence,label,set", "ACG,1,train", "ACG,0,tset"], "line 3: set 'tset' is no role"),
        (["sequence,label", "ACG,1", ",0"], "line 3: a sequence without bases"),
        ([], "an empty file"),
        (["sequence,label,label", "ACG,1,0"], "line 1: two columns 'label' in the header"),
        (["sequence,label", 'ACG,"a\tb"'], r"label 'a\\tb' holds a tab"),
    ):
        with pytest.raises(InputFileError, match=said):
            sequence_set_from_files(table(tmp_path / "mine.csv", rows))
    with pytest.raises(DatasetError, match="0 sequences of 0 class"):
        sequence_set_from_files(table(tmp_path / "mine.csv", ["sequence,label"]))


def test_an_unknown_name_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Did you mean vista-mouse"):
        load_sequence_set("vista-mice")
    with pytest.raises(DatasetError, match="no elements file .*Point --data"):
        load_sequence_set("vista-mouse", tmp_path)
    with pytest.raises(DatasetError, match="python -m benchmarks fetch human-promoters-original"):
        load_sequence_set("human-promoters-original", tmp_path)


def test_upstream_files_in_miniature(tmp_path: Path) -> None:
    fasta(tmp_path / "cnn-promoter-data" / "human_non_tata.fa", range(30), "FP{} A1 :+U", 251)
    fasta(tmp_path / "cnn-promoter-data" / "human_nonprom_big.fa", range(40, 80), "{} [X ]", 251)
    made = load_sequence_set("human-promoters-original", tmp_path)
    assert Counter(made.labels.tolist()) == {"promoter": 30, "other": 40}
    assert list(made.folds) == ["clean", "published"]

    for kind in ("mRNAs", "lncRNAs"):
        for part, first in (("train16K", 0), ("TEST500", 100), ("CHALLENGE500", 200)):
            start = first + (50 if kind == "mRNAs" else 0)
            fasta(tmp_path / "mrnn" / f"{kind}.{part}.fa", range(start, start + 20), "ENST{}", 300)
    for name in ("mrna-lncrna-mrnn", "mrna-lncrna-mrnn-challenge"):
        made = load_sequence_set(name, tmp_path)
        assert [len(part) for part in made.folds["clean"][0]] == [36, 4, 40]

    for species in ("human", "mouse", "dog", "opossum"):
        folder = tmp_path / "enhancers-cohn" / species
        folder.mkdir(parents=True)
        for first, name in ((0, "positive_samples"), (50, "negative_samples")):
            table(folder / name, [bases(n, 500) for n in range(first, first + 20)])
        made = load_sequence_set(f"enhancers-cohn-{species}", tmp_path)
        assert [len(part) for part in made.folds["published"][0]] == [32, 4, 4]

    folder = tmp_path / "human-promoters-long"
    fasta(folder / "hg38.fa.gz", range(6), "chr{}", 20_000)
    rows = [
        f"chr{chromosome} {place} {place + 60} G{place}_1 900 {'+-'[number % 2]} {place + 49} {place + 60}"
        for chromosome in range(6)
        for number, place in enumerate(range(1000, 19_000, 3000))
    ]
    table(folder / "Hs_EPDnew_006_hg38.bed", rows)
    made = load_sequence_set("human-promoters-long", tmp_path)
    assert Counter(made.labels.tolist()) == {"promoter": 36, "background": 60}
    assert {len(codes) for codes in made.sequences} == {1000}
    assert len(set(made.groups.tolist())) == 6


COUNTS = {
    "arabidopsis-promoters-non-tata": {"promoter": 5905, "other": 11457},
    "arabidopsis-promoters-tata": {"promoter": 1497, "other": 11457},
    "bacterial-promoters-bsubtilis": {"promoter": 373, "other": 1000},
    "bacterial-promoters-ecoli": {"promoter": 839, "other": 3000},
    "ecoli-promoters": {"promoter": 4315, "coding": 3940},
    "ecoli-promoters-folds": {"promoter": 4315, "coding": 3940},
    "enhancers-ienhancer": {"enhancer": 1484, "other": 1484},
    "enhancers-strength": {"strong": 742, "weak": 742},
    "human-promoters-all": {"promoter": 5926, "other": 5914},
    "human-promoters-core": {"promoter": 29598, "other": 29598},
    "human-promoters-tata": {"promoter": 3065, "other": 3065},
    "mouse-promoters": {"promoter": 1255 + 1354, "other": 3530},
    "mrna-lncrna": {"coding": 6500 + 4000, "noncoding": 6500 + 4000},
    "mrna-lncrna-human": {"coding": 4000, "noncoding": 4000},
    "mrna-lncrna-mouse": {"coding": 6500, "noncoding": 6500},
    "regulondb-promoters": {"promoter": 2860, "other": 2860},
    "regulondb-sigma": {
        "sigma24": 484,
        "sigma28": 134,
        "sigma32": 291,
        "sigma38": 163,
        "sigma54": 94,
        "sigma70": 1694,
    },
    "splice-hs3d-acceptor": {"true": 2880, "false": 90915},
    "splice-hs3d-donor": {"true": 2796, "false": 90923},
    "splice-uci": {"donor": 767, "acceptor": 768, "neither": 1655},
    "vista-cross": {"enhancer": 882 + 244, "inactive": 817 + 177},
    "vista-human": {"enhancer": 882, "inactive": 817},
    "vista-mouse": {"enhancer": 244, "inactive": 177},
}
NO_SHARED_WORD = {
    "arabidopsis-promoters-non-tata": 20,
    "arabidopsis-promoters-tata": 20,
    "bacterial-promoters-bsubtilis": 16,
    "bacterial-promoters-ecoli": 16,
    "ecoli-promoters": 15,
    "ecoli-promoters-folds": 16,
    "enhancers-ienhancer": 20,
    "enhancers-strength": 20,
    "human-promoters-all": 20,
    "human-promoters-core": 20,
    "human-promoters-tata": 20,
    "mouse-promoters": 25,
    "mrna-lncrna": 30,
    "mrna-lncrna-human": 100,
    "mrna-lncrna-mouse": 100,
    "regulondb-promoters": 16,
    "regulondb-sigma": 16,
    "splice-hs3d-acceptor": 100,
    "splice-hs3d-donor": 100,
    "splice-uci": 30,
    "vista-cross": 30,
    "vista-human": 50,
    "vista-mouse": 50,
}
TAXONOMY = {
    "taxonomy-16s-amplicon": (914 * 30, 96),
    "taxonomy-16s-full": (1000, 100),
    "taxonomy-16s-shotgun": (28_000, 100),
}


def test_every_set_of_the_data_root_is_checked() -> None:
    at_hand = {
        name
        for name in sequence_set_names()
        if all(entry.sha256 for entry in read_sequence_manifest(name).files.values())
    }
    assert at_hand == COUNTS.keys() | TAXONOMY.keys()
    assert COUNTS.keys() == NO_SHARED_WORD.keys()


@pytest.mark.real_data
@pytest.mark.parametrize("name", COUNTS)
def test_real_sets(data_root: Path, name: str) -> None:
    made = load_sequence_set(name, data_root)
    assert Counter(made.labels.tolist()) == COUNTS[name]
    assert len(set(made.ids)) == len(made.ids) == len(made.sequences)
    fold = made.folds["clean"][0]
    tested, trained = made.take(fold.test)[0], made.take(fold.train)[0]
    assert len(drop_leaks(tested, trained, NO_SHARED_WORD[name])) == len(tested)
    assert made.positive in {*COUNTS[name], ""}


@pytest.mark.real_data
@pytest.mark.parametrize("name", TAXONOMY)
def test_real_taxonomy(data_root: Path, name: str) -> None:
    made = load_sequence_set(name, data_root)
    assert (len(made.sequences), len(set(made.labels.tolist()))) == TAXONOMY[name]
    taxa = {rank: len(set(of.values())) for rank, of in made.ranks.items()}
    if name != "taxonomy-16s-amplicon":
        assert taxa == {"class": 3, "order": 21, "family": 39, "genus": 100}
    for fold in made.folds["by-gene"]:
        assert not np.isin(made.groups[fold.test], made.groups[fold.train]).any()
    for fold in made.folds.get("by-read", ()):
        assert np.isin(made.groups[fold.test], made.groups[fold.train]).mean() > 0.99


@pytest.mark.real_data
def test_the_leak_of_the_published_split(data_root: Path) -> None:
    made = load_sequence_set("ecoli-promoters", data_root)
    assert made.explained["clean"] == "As the column `set_no15mer_leak` of the data says."
    (fold,) = made.folds["published"]
    assert len(fold.test) == 830
    clean = drop_leaks(made.take(fold.test)[0], made.take(fold.train)[0], 15)
    assert 830 - len(clean) >= 299


@pytest.mark.real_data
def test_subsets_of_transcripts(data_root: Path) -> None:
    made = load_sequence_set("mrna-lncrna-human", data_root)
    matched, challenge = (made.subsets[name] for name in ("length-matched", "challenge"))
    assert Counter(made.labels[matched].tolist()) == {"coding": 1401, "noncoding": 1401}
    lengths = np.array([len(codes) for codes in made.sequences])
    coding = made.labels[matched] == "coding"
    medians = [np.median(lengths[matched][which]) for which in (coding, ~coding)]
    assert abs(np.log2(medians[0] / medians[1])) < 1 / 8
    assert Counter(made.labels[challenge].tolist()) == {"coding": 122, "noncoding": 488}


@pytest.mark.parametrize("length", [18, 60, 150])
def test_copies_are_on_one_side_whatever_their_length(tmp_path: Path, length: int) -> None:
    def copied(name: str, numbers: range) -> Path:
        path = tmp_path / f"{name}.fa"
        # One sequence is a quarter of the set, more than a group should be.
        shown = [numbers[0] if n % 4 == 0 else n for n in numbers]
        path.write_text("".join(f">{name}{i}\n{bases(n, length)}\n" for i, n in enumerate(shown)))
        return path

    made = sequence_set_from_files(
        classes={"a": copied("a", range(40)), "b": copied("b", range(100, 140))}
    )
    assert 0 < made.word <= length
    for fold in made.folds["clean"]:
        trained = {codes.tobytes() for codes in made.take(fold.train)[0]}
        assert not any(codes.tobytes() in trained for codes in made.take(fold.test)[0])
