import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import _parser, main
from benchmarks.commands.data import data_arguments
from features.errors import TrainingError

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


def test_a_model_in_the_current_folder_is_found(tmp_path, monkeypatch, capsys):
    (tmp_path / "in_this_folder.py").write_text("class Finder:\n    pass\n")
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.chdir(tmp_path)
    run = ["run", "--task", "sequence-classification", "--dataset", "splice-uci"]
    assert main([*run, "--model", "in_this_folder:Finder", "--data", str(tmp_path)]) == 2
    assert "in_this_folder:Finder: lacks fit, predict_proba" in capsys.readouterr().err


def test_the_tasks_of_windows(toys, data, tmp_path, capsys, monkeypatch):
    for module in ("features.windows", "benchmarks.evaluation.window_feeder"):
        monkeypatch.setattr(f"{module}.WINDOW", 200)  # so that some hold no boundary
    results = ["--results", str(tmp_path / "results"), "--threads", "1"]
    boards = tmp_path / "boards"
    assert main(["run", *data, *models(), *results]) == 0
    assert main(["run", "--task", "window-feeder", *data, "--model", "kmer-xgb", *results]) == 0
    (folder,) = [line for line in capsys.readouterr().out.split() if "window-feeder" in line]
    assert (Path(folder) / "windows.parquet").exists()
    for task, shown in (
        ("window-boundaries", NAMES[2]),
        ("window-feeder", f"kmer-xgb > {NAMES[0]}"),
    ):
        page = boards / task / "tiny.md"
        command = ["leaderboard", "--task", task, *data, *results[:2], "--output", str(boards)]
        assert main(command) == 0
        assert page.read_text() in capsys.readouterr().out
        assert f"| {shown} |" in page.read_text()
        assert page.with_suffix(".svg").exists()


def test_an_unknown_classifier_is_told(data, tmp_path, capsys):
    command = ["run", "--task", "window-feeder", *data, "--results", str(tmp_path)]
    assert main([*command, "--model", "xgb"]) == 2
    assert "--model xgb: no classifier 'xgb'. It is a site scorer" in capsys.readouterr().err
    assert main([*command, "--model", "json:JSONDecoder"]) == 2
    assert "lacks fit, predict_proba, so it is no SequenceClassifier" in capsys.readouterr().err


def test_a_stored_run_is_kept_and_said_so(toys, data, tmp_path, capsys):
    command = ["run", *data, "--model", NAMES[2], "--results", str(tmp_path)]
    assert main(command) == 0
    folder = Path(capsys.readouterr().out.strip())
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**record, "commit": "abc123"}))
    assert main(command) == 0
    assert "kept" not in capsys.readouterr().err
    command.remove("--quiet")
    assert main(command) == 0
    shown = capsys.readouterr()
    assert shown.out.strip() == str(folder)
    assert f"kept: {NAMES[2]} (commit abc123); --rerun always runs it again" in shown.err


def test_a_program_that_is_not_installed_leaves_out_its_row(
    toys, data, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("baselines.gene_finders.program.shutil.which", lambda _: None)
    results = ["--results", str(tmp_path)]
    named = ["--model", "snap", "--model", "augustus@human"]
    assert main(["run", *data, *results, *named, "--model", NAMES[2]]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.split()) == 1
    assert "toys.FrameFinder-" in shown.out
    assert shown.err.splitlines() == [
        "genestruct: snap: not installed: snap-hmm (Debian package snap)",
        "genestruct: augustus@human: not installed: augustus (Debian packages augustus, augustus-data)",
    ]
    assert main(["run", *data, *results, *named]) == 2
    assert capsys.readouterr().out == ""


def test_data_of_another_task_is_refused(files, capsys):
    named = ["--genome", str(files[0]), "--annotation", str(files[1]), "--test", "c"]
    for command in ("run", "leaderboard"):
        for task, own, complaint in (
            (
                "sequence-classification",
                ["--table", "x.tsv", *named],
                "--genome: not for --task seq",
            ),
            (
                "gene-structure",
                [*named, "--class", "a=x.fa"],
                "--class: not for --task gene-structure",
            ),
            ("expression", ["--annotation", "x.gtf", "--test-species", "y"], "--test-species: not"),
            (
                "gene-structure",
                [*named, "--table", "x.tsv"],
                "--table: not for --task gene-structure",
            ),
        ):
            assert main([command, "--task", task, *own]) == 2
            assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (["--test", "c"], "--genome tiny.fa --annotation tiny.gff3 --test c"),
        (
            ["--test", "c", "--train", "a", "--validation", "b", "--group", "^([abc])"],
            "--genome tiny.fa --annotation tiny.gff3 --train a --validation b --test c --group '^([abc])'",
        ),
        (
            ["--test", ",".join(f"c{i}" for i in range(13)), "--group", "^([abc])"],
            "--genome tiny.fa --annotation tiny.gff3 --train NAMES --validation NAMES --test NAMES",
        ),
        (
            ["--test", "c", "--mask", "some/m.bed", "--chromosome-names", "some/n.tsv"],
            "--genome tiny.fa --annotation tiny.gff3 --mask m.bed --chromosome-names n.tsv --test c",
        ),
    ],
)
def test_data_options_are_told_as_given_without_folders(files, own, expected):
    command = ["leaderboard", "--genome", str(files[0]), "--annotation", str(files[1]), *own]
    assert data_arguments(_parser().parse_args(command)) == expected
    assert data_arguments(_parser().parse_args(["run", "--dataset", "worm"])) == "--dataset worm"
    sequences = ["run", "--table", "some/x.tsv", "--word", "30", "--positive", "yes"]
    told = data_arguments(_parser().parse_args(sequences))
    assert told == "--table x.tsv --positive yes --word 30"


def test_leaderboard_without_runs_says_what_to_do(data, tmp_path, capsys):
    assert main(["leaderboard", *data, "--results", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "no stored runs of these files and this split. Run python -m benchmarks run" in error
    assert "with the same data options" in error


def test_the_split_is_part_of_what_a_run_is_stored_under(toys, data, tmp_path, capsys):
    results = ["--results", str(tmp_path / "results")]
    assert main(["run", *data, "--model", NAMES[2], *results]) == 0
    other = [{"a": "b", "b": "a"}.get(option, option) for option in data]
    assert main(["leaderboard", *other, *results, "--output", str(tmp_path)]) == 2
    assert "no stored runs of these files and this split" in capsys.readouterr().err


def test_a_model_that_finds_no_gene_is_said_so(toys, data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(toys.FrameFinder, "predict", lambda *_: [])
    command = ["run", *data, "--model", NAMES[2], "--results", str(tmp_path)]
    assert main(command) == 0
    assert capsys.readouterr().err == ""
    command.remove("--quiet")
    warning = f"genestruct: warning: {NAMES[2]}: predicted no gene on the test chromosomes\n"
    assert main(command) == 0
    assert capsys.readouterr().err.endswith(warning)


def test_what_cannot_be_learnt_from_names_the_files(
    toys, data, files, tmp_path, capsys, monkeypatch
):
    def fit(*_):
        raise TrainingError("Too few introns.")

    monkeypatch.setattr(toys.FrameFinder, "fit", fit)
    assert main(["run", *data, "--model", NAMES[2], "--results", str(tmp_path)]) == 2
    assert f"error: {files[1]}, of genome {files[0]}: Too few introns." in capsys.readouterr().err


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


def score_command(predicted, annotation, genome):
    options = {"--predicted": predicted, "--annotation": annotation, "--genome": genome}
    return ["score", *(str(part) for pair in options.items() for part in pair)]


@pytest.mark.parametrize("name", ["empty.gff3", "empty.gtf"])
@pytest.mark.parametrize("text", ["", "##gff-version 3\n# found nothing\n"])
def test_a_finder_that_found_nothing_scores_nothing(files, tmp_path, capsys, name, text):
    predicted, out = tmp_path / name, tmp_path / "score.json"
    predicted.write_text(text)
    assert main([*score_command(predicted, *files[::-1]), "--json", str(out)]) == 0
    score = json.loads(out.read_text())
    for of_level in score["levels"].values():
        assert (of_level["predicted"], of_level["tp"]) == (0, 0)
        assert of_level["f1"]["value"] == 0
    assert score["levels"]["gene"]["true"] == 18
    assert score["fates"]["exon"]["missed"] == 27
    # A truth without genes is still a mistake.
    assert main(score_command(files[1], predicted, files[0])) == 2


def test_score_maps_chromosome_names(files, tmp_path, capsys):
    genome, annotation = files
    renamed = tmp_path / "renamed.gff3"
    lines = annotation.read_text().splitlines()
    renamed.write_text("".join(re.sub("^([abc])\t", r"chr\1\t", line) + "\n" for line in lines))
    regions = tmp_path / "regions.bed"
    regions.write_text("chrb\t0\t4000\n")
    command = score_command(renamed, renamed, genome)
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "Map the names with --chromosome-names" in error
    assert "chra -> a, chrb -> b, chrc -> c" in error
    names, out = tmp_path / "names.tsv", tmp_path / "score.json"
    names.write_text("chra\ta\nchrb\tb\nchrc\tc\n")
    command += ["--chromosome-names", str(names), "--json", str(out)]
    assert main([*command, "--regions", str(regions)]) == 0
    gene = json.loads(out.read_text())["levels"]["gene"]
    assert (gene["true"], gene["predicted"], gene["tp"]) == (6, 6, 6)


def test_score_says_what_was_left_out(files, tmp_path, capsys):
    predicted = tmp_path / "p.gff3"
    more = "".join(f"M\tx\tCDS\t1\t{end}\t.\t+\t0\tID=m{end}\n" for end in (9, 12))
    predicted.write_text(files[1].read_text() + more)
    command = score_command(predicted, *files[::-1])
    out = tmp_path / "score.json"
    assert main([*command, "--json", str(out)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"{predicted}: 2 of 20 transcripts left out, on 1 sequence that the genome lacks: M"
    )
    assert json.loads(out.read_text())["left_out"] == {"annotation": {}, "predicted": {"M": 2}}
    assert main([*command, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("place", ["", "file/score.json", "typo/score.json"])
def test_score_checks_its_output_before_the_work(files, tmp_path, capsys, monkeypatch, place):
    (tmp_path / "file").touch()
    monkeypatch.setattr(
        "benchmarks.commands.score.score_files", lambda *_, **__: pytest.fail("worked")
    )
    command = score_command(files[1], files[1], files[0])
    assert main([*command, "--json", str(tmp_path / place)]) == 2
    error = capsys.readouterr().err
    assert f"{tmp_path / place}: cannot be written" in error
    assert error.count("\n") == 1
    speed = ["speed", "--dataset", "demo", "--output", str(tmp_path / place)]
    monkeypatch.setattr("benchmarks.commands.speed.measure_speed", lambda *_: pytest.fail("worked"))
    assert main(speed) == 2
    assert f"{tmp_path / place}: cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("program", "status"),
    [("/bin/x", "installed"), (None, "not installed: augustus (Debian packages augustus, ")],
)
def test_list_names_datasets_and_models(capsys, monkeypatch, program, status):
    monkeypatch.setattr("baselines.gene_finders.program.shutil.which", lambda _: program)
    assert main(["list"]) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    found = {line[0]: line[-1] for line in lines}
    assert {"demo", "worm", "xgb+hmm", "snap", "glimmerhmm"} <= set(found)
    assert found["augustus"].startswith(status)


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
    error = capsys.readouterr().err
    assert "error: " in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["unheard-of", "toys:NoScorer", "toys:Missing", "gtag+viterbi"])
def test_a_model_that_is_none_is_told_with_its_option(toys, data, name, capsys):
    assert main(["run", *data, "--model", name]) == 2
    assert f"error: --model {name}: " in capsys.readouterr().err


def test_scores_that_are_none_are_told_with_their_model(toys, data, tmp_path, capsys):
    results = ["--results", str(tmp_path / "results"), "--quiet"]
    for name, said in (("Silent", "gave None"), ("Short", "gave those of")):
        assert main(["run", *data, *results, "--model", f"toys:{name}"]) == 2
        assert f"toys:{name}: score {said}" in capsys.readouterr().err


def test_no_option_is_abbreviated(data, capsys):
    assert main(["run", *data, "--res", "x"]) == 2
    error = capsys.readouterr().err
    assert "run: error: no option --res, did you mean --results? " in error
    assert error.endswith("run --help shows the options.\n")
    assert main(["run", *data, "stray"]) == 2
    assert "run: error: 'stray' belongs to no option. " in capsys.readouterr().err


@pytest.mark.parametrize("command", ["list", "fetch", "run", "leaderboard", "score", "speed"])
def test_every_command_explains_itself_with_examples(command, capsys):
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"examples:\n  python -m benchmarks {command}" in shown
    assert "exit codes:\n  0 " in shown


def test_python_dash_m():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "examples:\n  python -m benchmarks list" in done.stdout
    assert "exit codes:\n  0 " in done.stdout
