import time

import numpy as np

from benchmarks.machine import Stopwatch, describe_machine, describe_versions


def test_stages_add_up():
    watch = Stopwatch()
    for _ in range(2):
        with watch.stage("sleep"):
            time.sleep(0.02)
    assert 0.04 <= watch.seconds["sleep"] < 1


def test_peak_memory_sees_what_was_there_for_a_moment():
    watch = Stopwatch()
    before = watch.peak_gib()
    np.ones(2**27, np.uint8).sum()
    assert watch.peak_gib() > before + 0.05


def test_descriptions_are_filled():
    assert describe_versions()["numpy"] == np.__version__
    described = describe_machine()
    assert described["cores"] >= 1
    assert described["memory_gib"] > 0.1
