from __future__ import annotations

import gzip
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import InputFileError
from features.genome import Genome, cache_folder, encode, reverse_complement

IUPAC = "ACGTRYKMSWBDHVNacgtryn"
sequences = st.text(IUPAC, min_size=1, max_size=60)


def naive_codes(letters: str) -> list[int]:
    return ["ACGT".find(letter.upper()) if letter.upper() in "ACGT" else 4 for letter in letters]


def wrap(letters: str, width: int, end: str) -> str:
    return end.join(letters[i : i + width] for i in range(0, len(letters), width))


@given(st.lists(sequences, min_size=1, max_size=4), st.integers(1, 70), st.sampled_from(["\n", "\r\n"]),
       st.booleans(), st.booleans(), st.data())  # fmt: skip
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_slice_is_what_was_written(
    tmp_path, records, width, end, packed, last_end, data
) -> None:
    text = end.join(
        f">r{i} some text|{i}{end}{wrap(record, width, end)}" for i, record in enumerate(records)
    )
    raw = (text + (end if last_end else "")).encode()
    path = tmp_path / f"{time.monotonic_ns()}.fa"
    path.write_bytes(gzip.compress(raw) if packed else raw)
    with Genome(path, tmp_path / "cache") as genome:
        assert genome.names == tuple(f"r{i}" for i in range(len(records)))
        assert genome.total_length == sum(map(len, records))
        for i, record in enumerate(records):
            assert genome.length(f"r{i}") == len(record)
            start = data.draw(st.integers(0, len(record)))
            stop = data.draw(st.integers(start, len(record)))
            assert genome.fetch(f"r{i}").tolist() == naive_codes(record)
            assert genome.fetch(f"r{i}", start, stop).tolist() == naive_codes(record[start:stop])
            lower = [letter.islower() for letter in record[start:stop]]
            assert genome.soft_mask(f"r{i}", start, stop).tolist() == lower


@pytest.mark.parametrize(
    "text",
    [
        ">a\nACGT\nAC\nACGT\n>b\nGG\n",
        ">a\nAC\nACGTACGT\n>b\nGG\n",
        ">a\nACGT\n\nACACGT\n>b\nGG\n",
        ">a\nACGTAC \nACGT \n>b\nGG\n",
        ">a\n\nACGTACGTAC\nGGGGTTTTAA\nCC\n>b\nGG\n",
        ">a\r\n\r\nACGTACGTAC\r\nGGGGTTTTAA\r\nCC\r\n>b\r\nGG\r\n",
        ">a\n\n\nACGTAC\n>b\n\nGG\n",
        "\n>a\r\nACGT\nACAC\r\nGT\r\n\r\n>b\nGG",
    ],
)
def test_uneven_lines_are_read_through_a_copy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.fa"
    path.write_bytes(text.encode())
    before = path.read_bytes()
    wanted = "".join(text.split(">b")[0].split(">a")[1].split())
    genome = Genome(path, tmp_path / "cache")
    assert genome.fetch("a").tolist() == naive_codes(wanted)
    assert genome.fetch("a", 3, 6).tolist() == naive_codes(wanted[3:6])
    assert genome.fetch("b").tolist() == [2, 2]
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cache", "x.fa"]


def test_plain_regular_file_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a\nACGT\nAC\n")
    Genome(path, tmp_path / "cache")
    assert [p.suffix for p in (tmp_path / "cache" / "genomes").iterdir()] == [".fai"]


def test_second_reading_uses_the_cache_and_a_changed_file_does_not(tmp_path: Path) -> None:
    path = tmp_path / "x.fa.gz"
    path.write_bytes(gzip.compress(b">a\nACGT\n"))
    Genome(path, tmp_path / "cache")
    copy = next((tmp_path / "cache" / "genomes").glob("*.fa"))
    made = copy.stat().st_mtime_ns
    assert Genome(path, tmp_path / "cache").length("a") == 4
    assert copy.stat().st_mtime_ns == made
    path.write_bytes(gzip.compress(b">a\nACGTACGT\n"))
    os.utime(path, ns=(1, made + 10**9))
    assert Genome(path, tmp_path / "cache").length("a") == 8


def test_fetched_codes_are_writable_and_independent(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a\nACGT\n")
    genome = Genome(path, tmp_path / "cache")
    genome.fetch("a")[:] = 4
    assert genome.fetch("a").tolist() == [0, 1, 2, 3]
    assert genome.fetch("a").dtype == np.uint8


def test_names_slices_and_membership(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a\nACGT\n")
    genome = Genome(path, tmp_path / "cache")
    assert "a" in genome
    assert "b" not in genome
    with pytest.raises(InputFileError, match=r"no sequence named 'b'. It holds: a"):
        genome.fetch("b")
    for start, end in [(-1, 2), (0, 5), (3, 2)]:
        with pytest.raises(ValueError, match="of a sequence of 4 bases"):
            genome.fetch("a", start, end)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "an empty file"),
        (b"\n\n", "an empty file"),
        (b"ACGT\n", "line 1: not FASTA"),
        (b"@r1\nACGT\n+\nIIII\n", "line 1: not FASTA"),
        (b">a\nACGT\n>b\n>c\nAC\n", "line 3: sequence 'b' has no bases"),
        (b">a\nACGT\n>b", "line 3: sequence 'b' has no bases"),
        (b">a x\nACGT\n>a y\nAC\n", "line 3: sequence 'a' is already at line 1"),
        (b">\nACGT\n", "line 1: a header without a name"),
        (b">p\nACGT\nMKVLEF\n", "line 3: 'L' in sequence 'p' is no nucleotide code"),
        (b">p\nAC GT\n", "line 2: ' ' in sequence 'p' is no nucleotide code"),
        (gzip.compress(b">a\n" + b"ACGTTGCA" * 5000, mtime=0)[:-20], "truncated or damaged gzip"),
    ],
)  # fmt: skip
def test_bad_files_are_named_and_leave_nothing_behind(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "x.fa"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=problem) as caught:
        Genome(path, tmp_path / "cache")
    assert caught.value.path == path
    assert not list((tmp_path / "cache").rglob("*.f*"))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no such file"):
        Genome(tmp_path / "absent.fa", tmp_path / "cache")


def test_cache_that_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a\nACGT\n")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(InputFileError, match="GENESTRUCT_CACHE"):
        Genome(path, blocked)


def test_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GENESTRUCT_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("GENESTRUCT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "genestruct"


def test_threads_share_one_genome(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    letters = "".join(np.random.default_rng(1).choice(list("ACGTN"), 20_000))
    path.write_text(">a\n" + wrap(letters, 60, "\n") + "\n")
    genome = Genome(path, tmp_path / "cache")
    starts = range(0, 19_000, 37)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda start: genome.fetch("a", start, start + 1000), starts))
    for start, codes in zip(starts, found, strict=True):
        assert codes.tolist() == naive_codes(letters[start : start + 1000])


@given(st.text("ACGTN", max_size=50))
def test_reverse_complement_is_its_own_inverse(letters: str) -> None:
    codes = encode(letters)
    pairs = dict(zip("ACGTN", "TGCAN", strict=True))
    assert reverse_complement(codes).tolist() == naive_codes(
        "".join(pairs[x] for x in reversed(letters))
    )
    assert np.array_equal(reverse_complement(reverse_complement(codes)), codes)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("dataset", "records", "bases"),
    [("worm", 7, 100.3), ("pombe", 4, 12.6), ("falciparum", 13, 20.4), ("human", 699, 140.9)],
)
def test_real_genomes(data_root: Path, dataset: str, records: int, bases: float) -> None:
    genome = Genome(data_root / dataset / "genome.fa.gz")
    assert len(genome.names) == records
    assert round(genome.total_length / 1e6, 1) == bases
    longest = max(genome.names, key=genome.length)
    begin = time.perf_counter()
    codes = genome.fetch(longest)
    assert time.perf_counter() - begin < 0.5
    assert len(codes) == genome.length(longest)
    assert np.array_equal(codes[1000:2000], genome.fetch(longest, 1000, 2000))
