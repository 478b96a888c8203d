from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.results import ResultsStore, options_hash
from features.errors import DatasetError
from features.sites import KINDS, SiteScores
from features.transcripts import Transcript

RECORD = {"model": "m", "options": {"a": 1}, "seed": 3}


def scores_of(length, seed):
    generator = np.random.default_rng(seed)
    positions = {kind: np.flatnonzero(generator.random(max(0, length - 3)) < 0.2) for kind in KINDS}
    log_odds = {
        kind: generator.normal(size=len(found)).astype(np.float32)
        for kind, found in positions.items()
    }
    return SiteScores.from_dense_content(positions, log_odds, np.zeros((length, 4)))


@pytest.fixture
def store(tmp_path):
    return ResultsStore(tmp_path, "tiny", "abc123")


def test_a_run_comes_back_as_it_was(store):
    lengths = {"I": 300, "II": 90, "III": 50}
    scored = {name: (scores_of(n, n), scores_of(n, n + 1)) for name, n in lengths.items()}
    scored["III"] = (scores_of(0, 1), scores_of(0, 1))
    cds = ((3, 9), (20, 29))
    transcript = Transcript("I", "-", "g", "g.1", cds, cds=cds)
    folder = store.run_folder("pkg.mod:Class+hmm", {"a": 1}, 3)
    assert folder.parts[-3:] == (
        "tiny-abc123",
        f"pkg.mod.Class+hmm-{options_hash({'a': 1})}",
        "seed-3",
    )
    with store.write(folder) as writer:
        for name, (forward, reverse) in scored.items():
            writer.add_sites(name, forward, reverse)
        writer.add_transcripts([transcript])
        writer.add_transcripts([replace(transcript, chromosome="IV")], "validation")
        writer.finish(RECORD, {"test": lengths, "validation": {"IV": 40}})
    (run,) = store.runs()
    assert run.model == "m"
    assert [(each.strand, each.cds) for each in run.transcripts()] == [("-", cds)]
    assert [each.chromosome for each in run.validation_transcripts()] == ["IV"]
    sites = run.sites(lengths)
    for name in ("I", "II"):
        for strand, scores in zip("+-", scored[name], strict=True):
            for kind in KINDS:
                positions, log_odds = sites[name, strand, kind]
                assert positions.tolist() == scores.positions[kind].tolist()
                assert log_odds.tolist() == scores.log_odds[kind].tolist()
    assert not any(name == "III" for name, _, _ in sites)


def test_a_run_without_sites_or_transcripts(store):
    with store.write(store.run_folder("m", {}, 1)) as writer:
        writer.finish(RECORD, {"test": {"I": 10}})
    (run,) = store.runs()
    assert run.sites({"I": 10}) is None
    assert run.transcripts() == []
    assert run.validation_transcripts() is None


def test_a_broken_run_leaves_nothing(store):
    folder = store.run_folder("m", {}, 1)

    def write_half():
        with store.write(folder) as writer:
            writer.add_sites("I", scores_of(50, 1), scores_of(50, 2))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_half()
    assert list(folder.parent.iterdir()) == []
    assert store.runs() == []


def test_rerun(store):
    folder = store.run_folder("m", {}, 1)
    assert store.wanted(folder, "missing")
    with pytest.raises(DatasetError, match="no stored run"):
        store.wanted(folder, "never")
    with store.write(folder) as writer:
        writer.finish(RECORD, {"test": {}})
    assert store.kept == []
    assert store.wanted(folder, "always")
    assert store.kept == []
    for number, choice in enumerate(("never", "missing"), 1):
        assert not store.wanted(folder, choice)
        assert store.kept == [store.run(folder)] * number


def test_an_unreadable_record_is_told(store):
    folder = store.run_folder("m", {}, 1)
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{")
    with pytest.raises(DatasetError, match=r"run\.json: not readable as JSON"):
        store.runs()


@given(st.dictionaries(st.text(), st.integers()))
def test_the_hash_of_options_ignores_their_order(options):
    assert options_hash(options) == options_hash(dict(reversed(options.items())))
    assert options_hash({**options, "new": 1.5}) != options_hash(options)
