from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.contracts import SequenceClassifier
from features.errors import ModelError, TrainingError
from features.genome import Codes, encode
from neural.sequence_cnn import SequenceCnn
from neural.sequence_cnn.__main__ import main
from neural.sequence_cnn.network import PARTS, SequenceNetwork, _pool

MOTIF = encode("TATAATGC")


def motifs(count: int, seed: int) -> tuple[list[Codes], list[str]]:
    """Half of them hold a motif, in their first half or their second."""
    rng = np.random.default_rng(seed)
    sequences, labels = [], []
    for number in range(count):
        codes = rng.integers(0, 4, int(rng.integers(70, 100))).astype(np.uint8)
        place = int(rng.integers(0, 20)) + (0 if number % 2 else 40)
        codes[place : place + len(MOTIF)] = MOTIF
        sequences.append(codes)
        labels.append("early" if number % 2 else "late")
    return sequences, labels


@pytest.fixture(scope="module")
def trained() -> SequenceCnn:
    classifier = SequenceCnn(seed=1, threads=1, epochs=8, batch=32)
    classifier.fit(*motifs(400, 1), motifs(60, 2))
    return classifier


def test_it_learns_where_a_motif_is(trained: SequenceCnn) -> None:
    assert isinstance(trained, SequenceClassifier)
    sequences, labels = motifs(100, 3)
    told = trained.predict_proba(sequences)
    np.testing.assert_allclose(told.sum(axis=1), 1, rtol=1e-5)
    assert (trained.classes_[told.argmax(axis=1)] == labels).mean() > 0.9


def test_what_is_told_does_not_depend_on_the_others(trained: SequenceCnn) -> None:
    sequences, _ = motifs(6, 4)
    together = trained.predict_proba([*sequences, encode("ACGT" * 100)])[:-1]
    alone = np.concatenate([trained.predict_proba([codes]) for codes in sequences])
    np.testing.assert_allclose(together, alone, atol=0.02)  # bfloat16
    network = trained.fitted().float()
    one = torch.randint(1, 5, (80, 1), dtype=torch.int32)
    padded = torch.cat([one, torch.zeros(60, 1, dtype=torch.int32)])
    with torch.inference_mode():
        torch.testing.assert_close(network(padded), network(one), atol=1e-5, rtol=1e-5)
    odd = trained.predict_proba([encode(""), encode("NNNN"), encode("A")])
    np.testing.assert_allclose(odd.sum(axis=1), 1, rtol=1e-5)


def test_a_saved_model_tells_the_same(trained: SequenceCnn, tmp_path: Path) -> None:
    trained.save(tmp_path)
    sequences, _ = motifs(10, 5)
    loaded = SequenceCnn.load(tmp_path, 1)
    np.testing.assert_array_equal(loaded.predict_proba(sequences), trained.predict_proba(sequences))


def test_parts_of_a_sequence_are_pooled_apart() -> None:
    x = torch.arange(20.0)[None, None].repeat(2, 1, 1)
    known = torch.ones(2, 20, dtype=torch.bool)
    known[1, 10:] = False
    found = _pool(x, known).reshape(2, 2, PARTS)
    assert found[0, 0].tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
    assert found[0, 1].tolist() == [0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5, 16.5, 18.5]
    assert found[1, 0].tolist() == list(range(10))


def test_its_layers_are_all_there() -> None:
    network = SequenceNetwork(3, 0.1)
    grouped = sum(len(group) for group in network.groups())
    assert grouped == len(list(network.parameters()))
    assert network(torch.zeros(7, 2, dtype=torch.int32)).shape == (2, 3)


def test_it_drops_what_it_is_told_to() -> None:
    network = SequenceCnn(dropout=0.15)._new_network(2)
    rates = {each.p for each in network.modules() if isinstance(each, torch.nn.Dropout)}
    assert rates == {0.15}


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(ModelError, match="epochs must be a whole number"):
        SequenceCnn(epochs=0)
    with pytest.raises(ModelError, match="sequence-cnn: not fitted"):
        SequenceCnn().predict_proba([encode("ACGT")])
    with pytest.raises(TrainingError, match="All 3 training sequences are of one class"):
        SequenceCnn().fit([encode("ACGT")] * 3, ["a"] * 3)
    with pytest.raises(TrainingError, match="No training sequence of class b has .* known bases"):
        SequenceCnn().fit(
            [encode("ACGTACGTA")] * 20 + [encode("N" * 9)] * 20, [*"a" * 20, *"b" * 20]
        )


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["sequence\tlabel\tset"]
    for number, (codes, label) in enumerate(zip(*motifs(60, 6), strict=True)):
        role = ("train", "train", "validation", "test")[number // 2 % 4]
        rows.append(f"{''.join('ACGT'[code] for code in codes)}\t{label}\t{role}")
    table = tmp_path / "toy.tsv"
    table.write_text("\n".join(rows) + "\n")
    model = tmp_path / "model"
    train = ["train", "--table", str(table), "--epochs", "1", "--output", str(model)]
    assert main([*train, "--threads", "1"]) == 0
    assert "validation sequences" in capsys.readouterr().out
    assert (model / "model.json").exists()
    assert not (tmp_path / "model.training").exists()
    (tmp_path / "x.fa").write_text(">a\nACGTACGTTATAATGC\n")
    output = tmp_path / "classes.tsv"
    predict = ["predict", "--model", str(model), "--sequences", str(tmp_path / "x.fa")]
    assert main([*predict, "--output", str(output)]) == 0
    assert output.read_text().startswith("id\tclass\tearly\tlate\na\t")


def test_unless_told_it_reads_a_small_set_again_and_again() -> None:
    classifier = SequenceCnn(seed=1, threads=1, batch=16)
    classifier.fit(*motifs(32, 1), motifs(16, 2))
    (stage,) = classifier.trained_with["stages"]
    assert stage["epochs"] == 40
