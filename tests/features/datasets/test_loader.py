from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.datasets import Dataset, dataset_from_files, dataset_names, load_dataset
from features.datasets.simulator import write_simulation
from features.errors import DatasetError, InputFileError

REAL = ("pombe", "falciparum", "worm", "human")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files") / "toy"
    lengths = {"chr1": 60_000, "chr2": 50_000, "chr3": 40_000, "chr4": 30_000}
    write_simulation(folder, lengths, 3)
    return {"genome": folder / "genome.fa", "annotation": folder / "annotation.gff3"}


def load(files: dict[str, Path], **options: object) -> Dataset:
    return dataset_from_files(**files, **{"test": ["chr1"], **options})  # type: ignore[arg-type]


def test_the_demo_needs_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENESTRUCT_DATA", raising=False)
    demo = load_dataset("demo")
    assert "demo" in dataset_names()
    assert demo.simulated
    assert [each.name for each in demo.labelled("train")] == ["chr1", "chr2", "chr3"]
    assert [each.name for each in demo.labelled("test")] == ["chr5"]
    chromosome = demo.labelled("validation")[0]
    assert len(chromosome.sequence) == demo.genome.length("chr4")
    assert chromosome.site_count("donor") > 300
    assert chromosome.mask.shape == (0, 2)
    assert {transcript.chromosome for transcript in chromosome.transcripts} == {"chr4"}
    assert load_dataset("demo").data_hash == demo.data_hash


def test_anybodys_files(files: dict[str, Path], tmp_path: Path) -> None:
    mask = tmp_path / "mask.bed"
    mask.write_text("chr2\t100\t200\n")
    dataset = load(files, mask=mask)
    assert not dataset.simulated
    assert dataset.name == "genome"
    assert dataset.split.test == ("chr1",)
    assert dataset.split.validation == ("chr4",)
    assert dataset.split.train == ("chr2", "chr3")
    assert dataset.chromosome("chr2").mask.tolist() == [[100, 200]]
    assert dataset.chromosome("chr3").mask.shape == (0, 2)


def test_the_hash_covers_split_mask_and_content(files: dict[str, Path], tmp_path: Path) -> None:
    mask = tmp_path / "mask.bed"
    mask.write_text("chr2\t100\t200\n")
    longer = tmp_path / "genome.fa"
    longer.write_bytes(files["genome"].read_bytes() + b">extra\nACGT\n")
    hashes = [
        load(files).data_hash,
        load(files, test=["chr2"]).data_hash,
        load(files, validation=["chr3"]).data_hash,
        load(files, mask=mask).data_hash,
        load({**files, "genome": longer}).data_hash,
    ]
    assert len(set(hashes)) == len(hashes)
    assert all(len(each) == 12 and int(each, 16) >= 0 for each in hashes)
    assert load(files).data_hash == hashes[0]


def test_names_of_the_annotation_are_understood(files: dict[str, Path], tmp_path: Path) -> None:
    annotation = tmp_path / "annotation.gff3"
    annotation.write_text(files["annotation"].read_text().replace("chr", "LG"))
    names = tmp_path / "names.tsv"
    names.write_text("".join(f"LG{i}\tchr{i}\n" for i in range(1, 5)))
    renamed = {**files, "annotation": annotation}
    dataset = load(renamed, test=["LG1"], chromosome_names=names)
    assert dataset.split.test == ("chr1",)
    truth = load(files)
    assert [t.exons for t in dataset.transcripts] == [t.exons for t in truth.transcripts]
    with pytest.raises(InputFileError, match=r"LG1.*chr1"):
        load(renamed)


def test_transcripts_left_out_are_counted(files: dict[str, Path], tmp_path: Path) -> None:
    annotation = tmp_path / "annotation.gff3"
    more = "".join(f"chrM\tx\texon\t1\t{end}\t.\t+\t.\tID=m{end}\n" for end in (8, 9))
    annotation.write_text(files["annotation"].read_text() + more)
    assert load({**files, "annotation": annotation}).left_out == {"chrM": 2}
    assert load(files).left_out == {}


@pytest.mark.parametrize("role", ["genome", "annotation", "mask"])
def test_a_missing_file_is_named(files: dict[str, Path], tmp_path: Path, role: str) -> None:
    with pytest.raises(DatasetError, match=f"nowhere: no such {role} file"):
        load({**files, role: tmp_path / "nowhere"})


def test_an_absent_test_chromosome(files: dict[str, Path]) -> None:
    with pytest.raises(DatasetError, match=r"no chromosome '1' for --test. Did you mean chr1\?"):
        load(files, test=["1"])


def test_a_role_or_record_that_does_not_exist(files: dict[str, Path]) -> None:
    dataset = load(files)
    with pytest.raises(ValueError, match="no role 'training'"):
        dataset.labelled("training")
    with pytest.raises(DatasetError, match="no record 'chr9'"):
        dataset.chromosome("chr9")


def test_a_missing_data_root_says_how_to_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENESTRUCT_DATA", raising=False)
    with pytest.raises(
        DatasetError, match="Point --data or GENESTRUCT_DATA at the folder that holds"
    ):
        load_dataset("pombe")


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_the_real_genomes(name: str, data_root: Path) -> None:
    dataset = load_dataset(name, data_root)
    used = [*dataset.split.train, *dataset.split.validation, *dataset.split.test]
    assert len(used) == len(set(used))
    unused = set(dataset.genome.names) - set(used)
    assert unused == {"worm": {"MtDNA"}, "pombe": {"NC_088682.1"}}.get(name, set())
    coding = [transcript for transcript in dataset.transcripts if transcript.coding]
    complete = {t.gene for t in coding if t.start_complete and t.end_complete}
    stated = {"pombe": 5156, "falciparum": 4608, "worm": 19741, "human": 1822}[name]
    assert len({transcript.gene for transcript in coding}) >= 0.99 * stated
    assert len(complete) == pytest.approx(stated, rel=0.02)
    smallest = min(dataset.split.test, key=dataset.genome.length)
    assert len(dataset.chromosome(smallest).sequence) == dataset.genome.length(smallest)


@pytest.mark.real_data
def test_masks_of_the_real_genomes(data_root: Path) -> None:
    human = load_dataset("human", data_root)
    assert len(human.mask) == 8
    assert all(np.array_equal(regions, [[0, 100_000]]) for regions in human.mask.values())
