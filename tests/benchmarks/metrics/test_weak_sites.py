import numpy as np

from benchmarks.metrics.weak_sites import weak_introns
from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome
from features.transcripts import Transcript

STRONG, WEAK_DONOR, WEAK_ACCEPTOR = (
    ("CAGGTAAGT", "TTTTTTTTTTTTTTTTTCAGGT"),
    ("CATGCCCCC", "TTTTTTTTTTTTTTTTTCAGGT"),
    ("CAGGTAAGT", "GCGAGCGAGCGAGCGAGAAGCC"),
)


def chromosome(name, kinds, strand="+"):
    """A chromosome with one two-exon gene per entry of ``kinds``, and where its introns lie."""
    generator = np.random.default_rng(len(kinds))
    sequence, genes, introns = "", [], []
    for number, (donor, acceptor) in enumerate(kinds):
        flank, middle = ("".join("ACGT"[i] for i in generator.integers(0, 4, 60)) for _ in range(2))
        begin = len(sequence) + 30
        start = len(sequence) + len(flank) + 3
        sequence += flank + donor + middle + acceptor
        end = len(sequence) - 2
        introns.append((start, end))
        sequence += flank
        genes.append(((begin, start), (end, end + 30), f"{name}.{number}"))
    codes = encode(sequence)
    size = len(codes)
    transcripts = []
    for first, second, gene in genes:
        cds = (first, second)
        if strand == "-":
            cds = tuple((size - b, size - a) for a, b in cds[::-1])
        transcripts.append(Transcript(name, strand, gene, f"{gene}.1", cds, cds=cds))
    if strand == "-":
        codes = reverse_complement(codes)
        introns = [(size - end, size - start) for start, end in introns]
    return LabelledChromosome(name, codes, transcripts), introns


def test_introns_with_one_weak_site_are_found_on_both_strands():
    training, _ = chromosome("t", [STRONG] * 60)
    kinds = [STRONG] * 30
    kinds[4], kinds[9] = WEAK_DONOR, WEAK_ACCEPTOR
    for strand in "+-":
        test, introns = chromosome("c", kinds, strand)
        found = weak_introns([training], [test])["c", strand]
        assert {introns[4], introns[9]} <= found
        assert len(found) <= 6  # a tenth of the donors and a tenth of the acceptors


def test_without_introns_there_is_nothing_weak():
    bare = LabelledChromosome("c", np.zeros(100, np.uint8), [])
    assert weak_introns([bare], [bare]) == {}
    assert weak_introns([], []) == {}
