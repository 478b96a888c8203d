"""What pages of tasks with several splits share."""

from __future__ import annotations

import numpy as np

from benchmarks.evaluation.splits import PairedEvaluation, SplitRuns
from benchmarks.metrics.bootstrap import block_weights
from benchmarks.report.page import percent_with_interval
from benchmarks.report.splits import compare_networks, render_costs, reproduce_splits
from benchmarks.rows import Row, plain

RIGHT = {"words": 30, "net": 30, "net@genome": 45, "slow": 10}
"""Of 50 sequences, by model."""


def share(counts):
    return counts[..., 0] / counts[..., 1]


def evaluation() -> PairedEvaluation:
    """Three networks and a classical model on 50 blocks of one sequence."""
    found = PairedEvaluation(200, 0, splits=("clean", "published"))
    found.weights["clean"] = block_weights(50, 200, 0)
    for model, right in RIGHT.items():
        found.seeds[model] = [1]
        found.runs["clean", model] = SplitRuns((1,), "2 x chip")
        counts = np.ones((50, 2), np.int64)
        counts[right:, 0] = 0
        found.counts["clean", model] = [counts]
        for level, metric, value in (
            ("sequence", "accuracy", right / 50),
            ("run", "train_seconds", 2.0),
            ("run", "peak_gib", 1.0),
        ):
            found.rows.append(Row("clean", model, level, metric, *plain(value), 1, "abc"))
    found.neural = {"net", "net@genome", "slow"}
    return found


def test_every_network_is_compared_with_the_best_classical_model_and_with_its_beginning() -> None:
    text, table = compare_networks(evaluation(), "clean", "sequence", "accuracy", share, "accuracy")
    assert "resamples (one seed, whose chance" in text
    lines = {line.split(" | ")[0].strip("| "): line for line in table.splitlines()}
    assert "against words" in table
    assert "| +0.0 (+0.0 to +0.0), within the interval |" in lines["net"]
    assert lines["net@genome"].count(", ahead") == 2
    assert ", behind |" in lines["slow"]
    assert lines["slow"].endswith("|  |")


def test_models_of_one_seed_are_named_where_others_have_more() -> None:
    found = evaluation()
    several = SplitRuns((1, 2), "2 x chip")
    found.runs["clean", "net"] = several
    text, _ = compare_networks(found, "clean", "sequence", "accuracy", share, "accuracy")
    assert "resamples (one seed of net@genome, slow, words, whose chance" in text
    found.runs |= {("clean", model): several for model in RIGHT}
    text, _ = compare_networks(found, "clean", "sequence", "accuracy", share, "accuracy")
    assert text.endswith("on the same resamples:")


def test_nothing_is_compared_where_there_is_one_kind() -> None:
    found = evaluation()
    everything, found.neural = set(found.seeds), set()
    (told,) = compare_networks(found, "clean", "sequence", "accuracy", share, "accuracy")
    assert told == "No network has been run on this split."
    found.neural = everything
    assert compare_networks(found, "clean", "sequence", "accuracy", share, "accuracy") == []


def test_the_commands_name_the_splits_that_were_run() -> None:
    found = evaluation()
    found.runs["published", "words"] = SplitRuns((1, 2), "2 x chip")
    told = reproduce_splits("task", "set", "--dataset set", found)
    assert "run --task task --dataset set --model words --seed 1\n" in told
    assert "run --task task --dataset set --split published --model words --seed 2\n" in told
    assert "--split clean --model net --model net@genome --model slow --seed 1\n" in told


def test_costs_say_where_they_were_measured() -> None:
    told = render_costs(evaluation())
    assert "| net, clean | 2 | 1 | 2 x chip | abc |" in told.replace("**", "")


def test_an_interval_below_nothing_can_be_read() -> None:
    row = Row("clean", "m", "sequence", "mcc", -0.1, -0.25, -0.05, 1, "abc")
    assert percent_with_interval(row) == "-10.0 (-25.0 to -5.0)"
    assert percent_with_interval(row._replace(value=0.5, low=0.25, high=0.75)) == "50.0 (25.0-75.0)"
