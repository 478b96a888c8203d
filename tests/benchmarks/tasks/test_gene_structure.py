import json

import numpy as np
import pytest

from baselines.gene_finders.program import MissingProgramError, Usage
from benchmarks.registry import resolve_model
from benchmarks.results import ResultsStore
from benchmarks.tasks.gene_structure import run_gene_structure
from features.errors import DatasetError, ModelError
from features.sites import KINDS

NAMES = ["toys:EveryCandidate", "toys:EveryCandidate+hmm", "toys:FrameFinder"]


@pytest.fixture
def outcomes(toys, dataset, tmp_path):
    def start(names=NAMES, **options):
        store = ResultsStore(tmp_path, dataset.name, dataset.data_hash)
        specs = [resolve_model(name) for name in names]
        return run_gene_structure(dataset, specs, store, **options)

    return start


@pytest.fixture
def run(outcomes):
    return lambda *args, **options: [each.folder for each in outcomes(*args, **options)]


def contents(folders):
    return [
        (folder / name).read_bytes()
        for folder in folders
        for name in ("predictions.gff3", "sites.parquet")
        if (folder / name).exists()
    ]


def test_one_fit_serves_both_rows(run, toys):
    plain, decoded, finder = run(seed=4)
    assert toys.EveryCandidate.fitted == 1
    assert (plain / "sites.parquet").exists()
    assert not (decoded / "sites.parquet").exists()
    assert (decoded / "predictions.gff3").read_text() == (finder / "predictions.gff3").read_text()
    gff = (decoded / "validation_predictions.gff3").read_text()
    assert "##sequence-region b 1" in gff
    assert not (finder / "validation_predictions.gff3").exists()
    record = json.loads((plain / "run.json").read_text())
    assert record["validation_transcripts"] > 0
    assert record["split"] == {"train": ["a"], "validation": ["b"], "test": ["c"]}
    assert set(record["thresholds"]) == set(KINDS)
    assert set(record["seconds"]) >= {"fit", "score_validation", "score", "fit_decoder", "decode"}
    assert record["test_bases"] == 4000
    assert record["seed"] == 4
    assert record["peak_gib"] > 0
    assert record["options"]["model"] == {"class": "toys:EveryCandidate", "span": 6}


def test_only_what_is_missing_is_computed(run, toys):
    first = run(NAMES[:1])
    again = run(NAMES[:2])
    assert toys.EveryCandidate.fitted == 2
    assert again[0] == first[0]
    run(rerun="missing")
    assert toys.EveryCandidate.fitted == 2
    run(rerun="never")
    run(rerun="always")
    assert toys.EveryCandidate.fitted == 3
    with pytest.raises(DatasetError, match="no stored run"):
        run(seed=9, rerun="never")


class UsesPrograms:
    """A gene finder that says what its programs took."""

    def __init__(self, species):
        self.species = species
        self.usage = Usage(1.5, 100.0)

    def fit(self, training, validation):
        if self.species == "absent":
            raise MissingProgramError("not installed: finder (package finder)")

    def predict(self, sequence, chromosome):
        return []


class Odd(UsesPrograms):
    def __init__(self):
        super().__init__("odd")

    def predict(self, sequence, chromosome):
        return [(1, 2)]


def test_only_transcripts_can_be_predicted(outcomes, toys):
    toys.Odd = Odd
    with pytest.raises(ModelError, match=r"toys:Odd: predicted a tuple, where .*Transcript"):
        outcomes(["toys:Odd"])


def test_programs_are_counted_and_their_species_is_an_option(outcomes, toys):
    toys.UsesPrograms = UsesPrograms
    worm, fly = outcomes(["toys:UsesPrograms@worm", "toys:UsesPrograms@fly"])
    assert worm.folder.parent != fly.folder.parent
    record = json.loads((worm.folder / "run.json").read_text())
    assert record["model"] == "toys:UsesPrograms@worm"
    assert record["options"]["model"] == {"class": "toys:UsesPrograms", "species": "worm"}
    assert record["programs"] == {"cpu_seconds": 1.5, "peak_gib": 100.0}
    assert 100 < record["peak_gib"] < 110


def test_a_missing_program_leaves_out_its_row_alone(outcomes, toys, tmp_path):
    toys.UsesPrograms = UsesPrograms
    missing, finder = outcomes(["toys:UsesPrograms@absent", "toys:FrameFinder"])
    assert missing.folder is None
    assert missing.missing == "not installed: finder (package finder)"
    assert (finder.folder / "run.json").exists()
    assert [path.parts[-3].rsplit("-", 1)[0] for path in tmp_path.rglob("run.json")] == [
        "toys.FrameFinder"
    ]


def test_one_seed_gives_the_same_bytes(run):
    folders = run(seed=1)
    first = contents(folders)
    assert contents(run(seed=1, rerun="always")) == first
    assert contents(run(seed=2))[1] != first[1]


def test_a_failing_model_leaves_nothing_and_keeps_what_was_done(run, toys, monkeypatch, tmp_path):
    def fail(*_):
        raise RuntimeError("in the middle")

    monkeypatch.setattr(toys.FrameFinder, "predict", fail)
    with pytest.raises(RuntimeError):
        run()
    models = {record.parts[-3].rsplit("-", 1)[0] for record in tmp_path.rglob("run.json")}
    assert models == {"toys.EveryCandidate", "toys.EveryCandidate+hmm"}
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_the_truth_of_the_test_chromosomes_is_never_asked_for(run, dataset, monkeypatch):
    kind = type(dataset)
    asked = []
    original = kind.labelled
    monkeypatch.setattr(
        kind, "labelled", lambda self, role: (asked.append(role), original(self, role))[1]
    )
    run()
    assert set(asked) == {"train", "validation"}


def test_thresholds_separate_what_the_scorer_can(run, toys, monkeypatch):
    """A scorer that knows the planted introns calls them alone."""

    def score(self, strand_sequence):
        made = original(self, strand_sequence)
        for kind in KINDS:
            made.log_odds[kind][:] = -5
        around = made.positions["donor"][:, None] + np.arange(6)
        bases = strand_sequence[np.minimum(around, len(strand_sequence) - 1)]
        made.log_odds["donor"][(bases == [2, 3, 0, 0, 2, 3]).all(axis=1)] = 2.5
        return made

    original = toys.EveryCandidate.score
    monkeypatch.setattr(toys.EveryCandidate, "score", score)
    (folder,) = run(NAMES[:1])
    assert json.loads((folder / "run.json").read_text())["thresholds"]["donor"] == 2.5
