from __future__ import annotations

import filecmp
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.contracts import SymbolModel
from features.errors import ModelError, TrainingError
from features.proteins import Proteins, ProteinSet
from features.proteins.alphabet import encode_protein
from features.proteins.folder import load_symbol_model
from features.proteins.splits import SplitRule, apply_split
from neural import checkpoint
from neural.symbol_transformer import PublishedTransformer, SymbolTransformer
from neural.symbol_transformer.__main__ import main
from tests.protein_families import families, write_families


def tiny(epochs: int = 30) -> SymbolTransformer:
    return SymbolTransformer(1, 1, "tiny", epochs, batch=16, learning_rate=1e-2, device="cpu")


@pytest.fixture(scope="module")
def proteins(tmp_path_factory: pytest.TempPathFactory) -> ProteinSet:
    return families(tmp_path_factory.mktemp("families"), symbols=15)


@pytest.fixture(scope="module")
def trained(proteins: ProteinSet) -> SymbolTransformer:
    model = tiny()
    fold = proteins.fold("held-out-species")
    model.fit(proteins.take(fold.train), proteins.take(fold.validation))
    return model


def test_it_learns_the_families(trained: SymbolTransformer, proteins: ProteinSet) -> None:
    assert isinstance(trained, SymbolModel)
    tested = proteins.take(proteins.fold("held-out-species").test)
    found = trained.assign(tested._replace(symbols=np.empty(0, "U1")))
    assert (found.symbols == tested.symbols).mean() > 0.9
    assert ((found.probability > 0) & (found.probability < 1)).all()


def test_proteins_of_symbols_it_has_not_learnt_are_told_apart(tmp_path: Path) -> None:
    proteins = families(tmp_path, symbols=60, length=150)
    rule = SplitRule("unseen", ["Mus musculus"], ["Canis lupus familiaris"], share=0.25)
    fold = apply_split(rule, proteins.symbols, proteins.species, [])
    model = tiny(40)
    model.fit(proteins.take(fold.train), proteins.take(fold.validation))
    seen = np.isin(proteins.symbols, proteins.symbols[fold.train])[fold.test]
    found = model.assign(proteins.take(fold.test))
    accepted = found.probability >= 0.9
    assert roc_auc_score(seen, found.probability) > 0.95
    assert accepted[seen].mean() > 0.9
    assert accepted[~seen].mean() < 0.1
    rng = np.random.default_rng(1)
    strange = [rng.integers(0, 20, 150).astype(np.uint8) for _ in range(200)]
    others = model.assign(Proteins(strange, np.full(len(strange), "rodentia")))
    assert (others.probability >= 0.9).mean() < 0.15


def test_a_protein_that_says_nothing_has_no_symbol(
    trained: SymbolTransformer, proteins: ProteinSet
) -> None:
    texts = ("X" * 50, "MA", "MKV", "")
    nothing = Proteins([encode_protein(text) for text in texts], np.full(len(texts), "aves"))
    found = trained.assign(nothing)
    assert found.symbols.tolist() == [""] * len(texts)
    assert not found.probability.any()
    published = PublishedTransformer(1, 1, "gst-development", 1, device="cpu")
    few = proteins.take(np.arange(20))
    published.fit(few, few)
    found = published.assign(nothing)
    assert found.symbols.tolist()[0] == ""
    assert found.symbols.tolist()[1] != ""
    assert found.probability[0] == 0


def test_two_symbols_are_enough(proteins: ProteinSet) -> None:
    fold = proteins.fold("held-out-species")
    two = np.isin(proteins.symbols, ["GENE1", "GENE2"])
    model = tiny(5)
    model.fit(*(proteins.take(part[two[part]]) for part in (fold.train, fold.test)))
    found = model.assign(proteins.take(fold.test[two[fold.test]]))
    assert set(found.symbols) <= {"GENE1", "GENE2"}
    assert np.isfinite(found.probability).all()


def test_a_saved_model_tells_the_same(
    trained: SymbolTransformer, proteins: ProteinSet, tmp_path: Path
) -> None:
    trained.save(tmp_path)
    tested = proteins.take(proteins.fold("held-out-species").test)
    loaded = load_symbol_model(tmp_path, 1)
    for one, other in zip(trained.assign(tested), loaded.assign(tested), strict=True):
        np.testing.assert_array_equal(one, other)
    card = tmp_path / "model.json"
    card.write_text(card.read_text().replace('"preset": "tiny"', '"preset": "small"'))
    with pytest.raises(ModelError, match="weights of another architecture"):
        load_symbol_model(tmp_path, 1)


def test_a_training_that_was_broken_off_goes_on_to_the_same_weights(
    proteins: ProteinSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = proteins.fold("held-out-species")
    given = proteins.take(fold.train), proteins.take(fold.validation)
    whole = tiny(2)
    whole.fit(*given)
    saved = checkpoint.Run.save

    def save_and_stop(run: checkpoint.Run, folder: Path) -> None:
        saved(run, folder)
        raise KeyboardInterrupt

    broken = tmp_path / "broken"
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.Run, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            tiny(2).fit(*given, broken)
    resumed = tiny(2)
    resumed.fit(*given, broken)
    for name, model in (("whole", whole), ("resumed", resumed)):
        (tmp_path / name).mkdir()
        model.save(tmp_path / name)
    for file in ("network.safetensors", "calibration.npz", "training.csv"):
        assert filecmp.cmp(tmp_path / "whole" / file, tmp_path / "resumed" / file, shallow=False)


def test_the_published_network_is_trained_and_saved(proteins: ProteinSet, tmp_path: Path) -> None:
    model = PublishedTransformer(1, 1, "gst-development", 1, learning_rate=1e-3, device="cpu")
    few = proteins.take(np.arange(20))
    model.fit(few, few)
    found = model.assign(few)
    assert ((found.probability > 0) & (found.probability < 1)).all()
    model.save(tmp_path)
    again = load_symbol_model(tmp_path, 1).assign(few)
    np.testing.assert_array_equal(again.probability, found.probability)


def test_what_cannot_be_is_told(proteins: ProteinSet) -> None:
    with pytest.raises(ModelError, match="no size 'gst' of network. Known sizes: tiny"):
        SymbolTransformer(preset="gst")
    with pytest.raises(ModelError, match="epochs must be a whole number"):
        SymbolTransformer(epochs=0)
    with pytest.raises(ModelError, match="symbol-transformer: not fitted"):
        SymbolTransformer().assign(proteins.take(np.arange(1)))
    everything = proteins.take(np.arange(len(proteins.ids)))
    strange = everything._replace(symbols=np.full(len(everything.symbols), "A"))
    with pytest.raises(TrainingError, match="no validation protein has a symbol"):
        tiny().fit(everything, strange)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_families(tmp_path / "x.fa", symbols=20)
    model = tmp_path / "model"
    train = ["train", "--sequences", str(path), "--test-species", "Mus musculus", "--epochs", "2"]
    train += ["--preset", "tiny", "--device", "cpu", "--threads", "1", "--output", str(model)]
    assert main([*train, "--num-symbols", "19"]) == 0
    assert "validation proteins" in capsys.readouterr().out
    assert not (tmp_path / "model.training").exists()
    output = tmp_path / "s.tsv"
    assign = ["assign", "--checkpoint", str(model), "--sequences-fasta", str(path)]
    assert main([*assign, "--clade", "rodentia", "--output", str(output), "--quiet"]) == 0
    assert len(output.read_text().splitlines()) == 101
