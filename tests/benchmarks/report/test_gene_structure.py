import csv
import io
import re
from dataclasses import replace

import pytest

from benchmarks.evaluation.gene_structure import evaluate_runs
from benchmarks.registry import resolve_model
from benchmarks.report.gene_structure import render_markdown, write_leaderboard
from benchmarks.results import ResultsStore, group_runs
from benchmarks.rows import render_csv
from benchmarks.tasks.gene_structure import run_gene_structure

DATA = "--genome x.fa --annotation x.gff3 --test c"
NAMES = ["toys:EveryCandidate", "toys:EveryCandidate+hmm", "toys:FrameFinder"]
COLUMNS = "task,dataset,subset,model,level,metric,value,low,high,seeds,commit"


@pytest.fixture
def evaluation(toys, dataset, tmp_path):
    store = ResultsStore(tmp_path, dataset.name, dataset.data_hash)
    run_gene_structure(dataset, [resolve_model(name) for name in NAMES], store)
    return evaluate_runs(group_runs(store.runs()), dataset, resamples=50)


def test_the_csv_is_tidy(evaluation):
    text = render_csv(evaluation.rows, "gene-structure", "tiny")
    assert text.splitlines()[0] == COLUMNS
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(evaluation.rows)
    assert {row["subset"] for row in rows} == {"all", "no-near-copy", "validation"}
    (gene,) = (
        row
        for row in rows
        if (row["subset"], row["model"], row["level"], row["metric"])
        == ("all", NAMES[2], "gene", "sensitivity")
    )
    assert float(gene["value"]) == 0.5
    assert float(gene["low"]) <= 0.5 <= float(gene["high"])
    assert all(row["low"] == "" for row in rows if row["metric"] in ("tp", "true", "peak_gib"))


def test_the_page_has_its_tables(evaluation, dataset):
    page = render_markdown(evaluation, dataset, DATA)
    assert page.startswith("# gene-structure: tiny\n")
    assert dataset.data_hash in page
    assert "| test | c, 0.0 Mb |" in page
    tables = [part for part in page.split("\n\n") if part.startswith("| model |")]
    for table in tables:
        widths = {line.count("|") for line in table.splitlines()}
        assert len(widths) == 1, table
    ranking = page.split("## Sites: average precision")[1].split("##")[0]
    assert NAMES[0] in ranking
    assert NAMES[2] not in ranking
    validation = page.split("## Structure: validation chromosomes")[1].split("##")[0]
    assert f"| {NAMES[1]} |" in validation
    assert NAMES[2] not in validation


def test_without_a_site_scorer_the_page_ranks_no_sites(toys, dataset, tmp_path):
    store = ResultsStore(tmp_path, dataset.name, dataset.data_hash)
    run_gene_structure(dataset, [resolve_model(NAMES[1])], store)
    decoded = evaluate_runs(group_runs(store.runs()), dataset, resamples=5)
    page = render_markdown(decoded, dataset, DATA)
    assert re.findall(r"^## Sites: (\w+)", page, re.MULTILINE) == ["F1"]
    assert not re.search(r"\|---[-:|]*\|\n(?!\|)", page)  # no table without rows


def test_every_row_says_which_commit_it_is_of(evaluation, dataset):
    several = {NAMES[0]: "aaa", NAMES[1]: "bbb ccc", NAMES[2]: "aaa"}
    rows = [row._replace(commit=several[row.model]) for row in evaluation.rows]
    page = render_markdown(replace(evaluation, rows=rows), dataset, DATA)
    assert "commit aaa, bbb, ccc.\n" in page
    costs = [line for line in page.split("## Cost")[1].splitlines() if line.startswith("|")]
    assert costs[0].endswith("| commit |")
    assert {line.split(" | ")[0]: line.split(" | ")[-1] for line in costs[2:]} == {
        f"| {NAMES[0]}": "aaa |",
        f"| {NAMES[1]}": "bbb, ccc |",
        f"| {NAMES[2]}": "aaa |",
    }


def test_the_best_of_a_column_is_bold(evaluation, dataset):
    page = render_markdown(evaluation, dataset, DATA)
    table = page.split("## Structure: all test genes")[1].split("##")[0]
    finder = next(line for line in table.splitlines() if line.startswith(f"| {NAMES[2]} "))
    assert "**" in finder.split("|")[-2]
    greedy = next(line for line in table.splitlines() if line.startswith(f"| {NAMES[0]} "))
    assert "**" not in greedy


def test_a_simulated_dataset_says_so_in_the_title(evaluation, dataset):
    page = render_markdown(evaluation, replace(dataset, simulated=True), DATA)
    assert page.splitlines()[0] == "# gene-structure: tiny, simulated"


def test_all_files_are_written_the_same_each_time(evaluation, dataset, tmp_path):
    paths = write_leaderboard(evaluation, dataset, tmp_path / "boards", DATA)
    assert [path.name for path in paths] == ["tiny.md", "tiny.csv", "tiny.svg"]
    first = [path.read_bytes() for path in paths]
    write_leaderboard(evaluation, dataset, tmp_path / "boards", DATA)
    assert [path.read_bytes() for path in paths] == first


def test_what_reproduces_it_names_data_models_and_seeds(toys, dataset, tmp_path):
    store = ResultsStore(tmp_path, dataset.name, dataset.data_hash)
    for seed, names in ((1, NAMES[:2]), (7, NAMES[1:])):
        run_gene_structure(dataset, [resolve_model(name) for name in names], store, seed=seed)
    page = render_markdown(
        evaluate_runs(group_runs(store.runs()), dataset, 20, seed=5),
        dataset,
        DATA,
    )
    lines = page.split("## Reproduce")[1].split("```")[1].strip().splitlines()
    scorer, decoded, finder = (f"--model {name}" for name in NAMES)
    assert lines == [
        f"python -m benchmarks run {DATA} {scorer} {decoded} --seed 1",
        f"python -m benchmarks run {DATA} {decoded} {finder} --seed 7",
        f"python -m benchmarks leaderboard {DATA} --seed 5",
    ]
    assert "run.json" not in page
    long = render_markdown(
        evaluate_runs(group_runs(store.runs()), dataset, 20),
        dataset,
        "--test NAMES",
    )
    assert "`NAMES`: those of the role under `split` in a run's `run.json`" in long


@pytest.mark.parametrize(
    ("level", "fates"),
    [
        ("exon", ["missed", "partial", "overlapping", "wrong"]),
        ("gene", ["missed", "split", "merged", "partial", "wrong"]),
    ],
)
def test_errors_are_counts_of_exons_and_genes(evaluation, dataset, level, fates):
    page = render_markdown(evaluation, dataset, DATA)
    tables = page.split("## Errors")[1].split("##")[0]
    table = tables.split(f"| model | {' | '.join(fates)} |\n")[1]
    finder = next(line for line in table.splitlines() if line.startswith(f"| {NAMES[2]} "))
    shown = [int(cell) for cell in finder.split("|")[2:-1]]
    expected = {
        row.metric: row.value for row in evaluation.rows if row[:3] == ("all", NAMES[2], level)
    }
    assert shown == [expected[fate] for fate in fates]


def test_strata_say_how_many_there_are(evaluation, dataset):
    page = render_markdown(evaluation, dataset, DATA)
    strata = page.split("## Found, by stratum")[1].split("##")[0]
    assert "single exon genes (3)" in strata
    assert "weak splice sites (" in strata


@pytest.mark.parametrize("level", ["nucleotide", "exon", "gene"])
def test_paired_difference_stands_beside_the_best(evaluation, dataset, level):
    page = render_markdown(evaluation, dataset, DATA)
    table = page.split("## Behind the best")[1].split("##")[0]
    head, _, *lines = [line.split(" | ") for line in table.splitlines() if line.startswith("|")]
    column = [title.strip(" |") for title in head].index(f"{level} F1")
    shown = {line[0].strip("| "): line[column].strip(" |") for line in lines}
    values = {
        row.model: row.value
        for row in evaluation.rows
        if (row.subset, row.level, row.metric) == ("all", level, "f1")
    }
    top = max(values.values())
    assert values[NAMES[0]] < top
    assert shown[NAMES[0]].startswith(f"{100 * (values[NAMES[0]] - top):+.1f} (")
    assert list(shown.values()).count("best") == 1


def test_confidence_stands_where_a_model_tells_it(evaluation, toys, dataset, tmp_path):
    page = render_markdown(evaluation, dataset, DATA)
    section = page.split("## Confidence\n")[1].split("\n## ")[0]
    assert section.count(f"| {NAMES[0]} |") == 4  # the site kinds of a scorer
    assert NAMES[1] not in section
    store = ResultsStore(tmp_path / "sure", dataset.name, dataset.data_hash)
    names = ["toys:SureFinder", "toys:FrameFinder"]
    run_gene_structure(dataset, [resolve_model(name) for name in names], store)
    sure = evaluate_runs(group_runs(store.runs()), dataset, resamples=5)
    page = render_markdown(sure, dataset, DATA)
    section = page.split("## Confidence\n")[1].split("\n## ")[0]
    assert section.count("| toys:SureFinder |") == 2
    assert "FrameFinder" not in section
    unsure = evaluate_runs(group_runs([r for r in store.runs() if r.model == names[1]]), dataset, 5)
    assert "## Confidence" not in render_markdown(unsure, dataset, DATA)
