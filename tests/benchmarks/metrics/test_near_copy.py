import numpy as np

from benchmarks.metrics import near_copy
from benchmarks.metrics.near_copy import near_copy_regions
from features.genome import reverse_complement
from features.labelled import LabelledChromosome
from features.transcripts import Transcript


def gene(name, strand, *cds):
    return Transcript("c", strand, name, f"{name}.1", cds, cds=cds)


def random_codes(size, seed):
    return np.random.default_rng(seed).integers(0, 4, size).astype(np.uint8)


def test_copies_are_found_on_either_strand_through_introns():
    coding = random_codes(600, 1)
    training = LabelledChromosome("t", coding, [gene("a", "+", (0, 600))])
    spliced = np.concatenate(
        [
            random_codes(50, 2),
            reverse_complement(coding)[:250],
            random_codes(90, 3),  # intron
            reverse_complement(coding)[250:],
            random_codes(50, 4),
        ]
    )
    found = near_copy_regions(
        [training], [LabelledChromosome("c", spliced, [gene("b", "-", (50, 300), (390, 740))])]
    )
    assert found["c"].tolist() == [[50, 740]]


def test_batches_of_kmers_change_nothing(monkeypatch):
    pieces = [random_codes(400, seed) for seed in range(5)]
    training = [
        LabelledChromosome(f"t{i}", codes, [gene("a", "+", (0, 400))])
        for i, codes in enumerate(pieces)
    ]
    fresh = random_codes(400, 9)
    test = [
        LabelledChromosome(f"c{i}", codes, [gene("b", "+", (0, 400))])
        for i, codes in enumerate([*pieces, fresh])
    ]
    whole = near_copy_regions(training, test)
    assert [len(regions) for regions in whole.values()] == [1, 1, 1, 1, 1, 0]
    monkeypatch.setattr(near_copy, "BATCH", 10)
    batched = near_copy_regions(training, test)
    assert {name: regions.tolist() for name, regions in batched.items()} == {
        name: regions.tolist() for name, regions in whole.items()
    }


def test_both_passes_over_chromosomes_have_a_progress_bar(monkeypatch):
    titles = []
    monkeypatch.setattr(
        near_copy, "track", lambda items, title, **_: (titles.append(title), items)[1]
    )
    near_copy_regions([], [])
    assert titles == ["near copies: training", "near copies: test"]


def test_the_sense_strand_counts_alone():
    coding = random_codes(600, 1)
    training = LabelledChromosome("t", coding, [gene("a", "+", (0, 600))])
    test = LabelledChromosome("c", coding, [gene("b", "-", (0, 600))])
    assert near_copy_regions([training], [test])["c"].shape == (0, 2)


def test_half_of_the_21_mers_is_the_limit():
    coding = random_codes(420, 5)
    training = LabelledChromosome("t", coding[:220], [gene("a", "+", (0, 220))])  # 200 21-mers
    test = LabelledChromosome(
        "c",
        coding,
        [gene("half", "+", (0, 420)), gene("less", "+", (0, 396)), gene("fewer", "+", (9, 420))],
    )
    # of 400 21-mers 200 are known, of 376 also 200, of 391 only 191
    assert near_copy_regions([training], [test])["c"].tolist() == [[0, 396], [0, 420]]


def test_unknown_bases_and_short_genes_are_no_copies():
    coding = random_codes(100, 6)
    training = LabelledChromosome("t", coding, [gene("a", "+", (0, 100))])
    masked = coding.copy()
    masked[::20] = 4
    test = LabelledChromosome("c", masked, [gene("b", "+", (0, 100)), gene("short", "+", (1, 19))])
    assert len(near_copy_regions([training], [test])["c"]) == 0


def test_training_without_genes_has_no_copies():
    coding = random_codes(100, 6)
    test = LabelledChromosome("c", coding, [gene("b", "+", (0, 100))])
    assert len(near_copy_regions([LabelledChromosome("t", coding, [])], [test])["c"]) == 0


def test_a_test_chromosome_without_genes_has_no_copies():
    coding = random_codes(100, 6)
    training = LabelledChromosome("t", coding, [gene("a", "+", (0, 100))])
    found = near_copy_regions([training], [LabelledChromosome("c", coding, [])])
    assert found["c"].shape == (0, 2)
