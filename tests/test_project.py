"""The house rules that no single module's test can hold."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.contracts import SiteScorer
from features.datasets.simulator import simulate
from features.labelled import LabelledChromosome
from features.sites import KINDS

ROOT = Path(__file__).parents[1]
FLOORS = {
    "features": {"features"},
    "baselines": {"features", "baselines"},
    "neural": {"features", "neural"},
    "benchmarks": {"features", "baselines", "neural", "benchmarks"},
}
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
COMMANDS = (
    "benchmarks",
    "baselines.xgb",
    "baselines.expression",
    "baselines.hmm",
    "baselines.protein_symbols",
    "baselines.sequence_classifiers",
    "neural.cnn",
    "neural.expression_mlp",
    "neural.language_model",
    "neural.sequence_cnn",
    "neural.symbol_transformer",
    "features.datasets.measure",
)
SUBCOMMANDS = [
    *(
        ("benchmarks", name)
        for name in ("list", "fetch", "run", "leaderboard", "sweep", "score", "speed")
    ),
    *(("baselines.xgb", name) for name in ("train", "score")),
    *(("baselines.hmm", name) for name in ("train", "decode")),
    *(("neural.cnn", name) for name in ("train", "score", "explain")),
    *(
        (package, name)
        for package in ("baselines.sequence_classifiers", "neural.sequence_cnn")
        for name in ("train", "predict", "explain", "scan")
    ),
    *(
        (package, name)
        for package in ("baselines.expression", "neural.expression_mlp")
        for name in ("train", "predict")
    ),
    *(
        (package, name)
        for package in ("baselines.protein_symbols", "neural.symbol_transformer")
        for name in ("train", "assign", "evaluate", "compare")
    ),
    *(
        ("neural.language_model", name)
        for name in ("pretrain", "finetune", "train", "predict", "explain", "scan", "embed")
    ),
]


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their package in full"
            yield node.module or ""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_run_downwards(path: Path) -> None:
    allowed = FLOORS[path.relative_to(ROOT).parts[0]]
    found = {name.partition(".")[0] for name in imported(ast.parse(path.read_bytes()))}
    assert (found & FLOORS.keys()) <= allowed
    assert "tests" not in found


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_can_be_unpickled(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    assert not {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"} & {
        name.partition(".")[0] for name in imported(tree)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_all_is_sorted_and_defined(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
            # Constants, then classes, then functions: the order of ruff's RUF022.
            assert names == sorted(names, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
            return
    assert path.name in ("__init__.py", "__main__.py") or not any(
        isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        for node in tree.body
    ), "a module with public names lists them in __all__"


def test_no_path_of_a_machine_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    pattern = re.compile(r"(?<![\w./:])/(?:home|root|work|Users)/\w")
    guilty = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".cff", ""}:
            text = path.read_text(encoding="utf-8", errors="replace")
            guilty += [f"{name}: {match}" for match in pattern.findall(text)]
    assert guilty == []


def help_of(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    text = help_of(command)
    assert text.startswith("usage: ")
    assert f"examples:\n  python -m {command} " in text
    assert re.findall(r"^  (\d+)  ", text, re.MULTILINE) == ["0", "1", "2", "130"]


@pytest.mark.parametrize("command", SUBCOMMANDS, ids=" ".join)
def test_every_subcommand_gives_an_example(command: tuple[str, str]) -> None:
    text = help_of(*command)
    assert "example" in text
    assert f"python -m {' '.join(command)}" in text
    assert "exit codes:" in text


def test_the_console_command_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, function = project["scripts"]["genestruct"].partition(":")
    tree = ast.parse((ROOT / module.replace(".", "/")).with_suffix(".py").read_bytes())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_dependencies_are_pinned_in_the_constraints_and_have_no_upper_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(name for extra in extras.values() for name in extra)]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.lower().split("==") for line in lines if not line.startswith("#"))
    for requirement in wanted:
        name, bound, lowest = requirement.partition(">=")
        assert bound
        assert re.fullmatch(r"[\d.]+", lowest)
        assert name.lower() in pinned


def test_the_readme_names_only_targets_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^make ([a-z]+)", readme, re.MULTILINE))
    assert {"benchmark", "test"} <= named <= make_targets()


def test_a_benchmark_leaves_the_checkout_as_it_was() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (folder,) = re.findall(r"^LEADERBOARDS \?= (\S+)$", makefile, re.MULTILINE)
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{Path(folder).parts[0]}/" in ignored
    assert re.search(r"-m benchmarks leaderboard .*--output \$\(LEADERBOARDS\)", makefile)


def test_what_ci_runs_exists() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    run = set(re.findall(r"^step make ([a-z]+)", script, re.MULTILINE))
    assert run == {"lint", "test"}
    assert run <= make_targets()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_the_readme_scorer_works_as_it_stands(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "mymodels.py").write_text(example, encoding="utf-8")
    specification = importlib.util.spec_from_file_location("mymodels", tmp_path / "mymodels.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)

    simulation = simulate({"a": 100_000}, seed=1)
    chromosome = LabelledChromosome("a", simulation.sequences["a"], simulation.transcripts)
    scorer = module.PriorScorer()
    assert isinstance(scorer, SiteScorer)
    scorer.fit([chromosome], [])
    scores = scorer.score(chromosome.sequence)
    assert set(scores.positions) == set(KINDS)
    assert all(-10 < scores.log_odds[kind][0] < -2 for kind in KINDS)
    scorer.save(tmp_path)
    again = module.PriorScorer.load(tmp_path).score(chromosome.sequence)
    assert all((again.log_odds[kind] == scores.log_odds[kind]).all() for kind in KINDS)
