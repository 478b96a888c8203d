import json
import subprocess
import sys

import pytest

from benchmarks.__main__ import main

NAMES = ["toys:EveryCandidate", "toys:EveryCandidate+hmm", "toys:FrameFinder"]


@pytest.fixture
def data(files):
    genome, annotation = map(str, files)
    options = ["--genome", genome, "--annotation", annotation, "--quiet"]
    return [*options, "--train", "a", "--validation", "b", "--test", "c"]


def models():
    return [part for name in NAMES for part in ("--model", name)]


def test_run_then_leaderboard(toys, data, tmp_path, capsys):
    results = ["--results", str(tmp_path / "results")]
    assert main(["run", *data, *models(), *results, "--seed", "3", "--threads", "1"]) == 0
    folders = capsys.readouterr().out.split()
    assert len(folders) == 3
    assert all(folder.endswith("seed-3") for folder in folders)
    assert main(["run", *data, *models(), *results, "--seed", "3", "--rerun", "never"]) == 0
    capsys.readouterr()
    assert main(["leaderboard", *data, *results, "--output", str(tmp_path / "boards")]) == 0
    shown = capsys.readouterr().out
    page = tmp_path / "boards" / "gene-structure" / "tiny.md"
    assert page.read_text() in shown
    assert str(page) in shown
    assert page.with_suffix(".csv").exists()


def test_leaderboard_without_runs_says_what_to_do(data, tmp_path, capsys):
    assert main(["leaderboard", *data, "--results", str(tmp_path)]) == 2
    assert "no stored runs. Run python -m benchmarks run first." in capsys.readouterr().err


def test_score(files, tmp_path, capsys):
    genome, annotation = map(str, files)
    predicted = tmp_path / "p.gff3"
    text = files[1].read_text()
    predicted.write_text("\n".join(line for line in text.splitlines() if "b1" not in line) + "\n")
    command = [
        "score",
        "--predicted",
        str(predicted),
        "--annotation",
        annotation,
        "--genome",
        genome,
    ]
    out = tmp_path / "score.json"
    assert main([*command, "--json", str(out), "--quiet"]) == 0
    assert "gene" in capsys.readouterr().out
    score = json.loads(out.read_text())
    gene = score["levels"]["gene"]
    assert (gene["true"], gene["predicted"], gene["tp"]) == (18, 17, 17)
    assert gene["sensitivity"]["value"] == pytest.approx(17 / 18, abs=1e-6)
    assert gene["precision"]["value"] == 1
    assert score["fates"]["exon"]["missed"] == 2
    assert main([*command, "--chromosomes", "a,c", "--json", str(out), "--quiet"]) == 0
    assert json.loads(out.read_text())["levels"]["gene"]["sensitivity"]["value"] == 1
    regions = tmp_path / "regions.bed"
    regions.write_text("b\t0\t2000\n")
    assert main([*command, "--regions", str(regions), "--json", str(out), "--quiet"]) == 0
    inside = json.loads(out.read_text())["levels"]["gene"]
    assert 1 < inside["true"] == inside["tp"] + 1 < 6


def test_score_of_a_chromosome_that_is_not_there(files, capsys):
    genome, annotation = map(str, files)
    command = ["score", "--predicted", annotation, "--annotation", annotation, "--genome", genome]
    assert main([*command, "--chromosomes", "Z"]) == 2
    assert "has no such record. It has a, b, c" in capsys.readouterr().err


def test_list_names_datasets_and_models(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out.split()
    assert {"demo", "worm", "xgb+hmm"} <= set(shown)


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--dataset", "no-such", "--model", "gtag:Missing"],
        ["run", "--model", "unheard-of", "--dataset", "demo"],
        ["fetch", "no-such"],
        ["score", "--predicted", "none.gff3", "--annotation", "none.gff3", "--genome", "none.fa"],
        ["nonsense"],
        ["run", "--rerun", "sometimes"],
    ],
)
def test_bad_input_is_exit_code_two(command, capsys):
    assert main(command) == 2
    assert "error" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["list", "fetch", "run", "leaderboard", "score"])
def test_every_command_explains_itself_with_examples(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"examples:\n  python -m benchmarks {command}" in capsys.readouterr().out


def test_python_dash_m():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "leaderboard" in done.stdout
