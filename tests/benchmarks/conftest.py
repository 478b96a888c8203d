"""A tiny genome with genes, and small models that anybody could bring."""

from __future__ import annotations

import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import registry
from features.datasets import dataset_from_files
from features.genome import encode
from features.sites import KINDS, SiteScores, candidate_sites
from features.transcripts import Transcript

INTRON = "GTAAGT" + "T" * 30 + "CAG"
LETTERS = np.array(list("ACGTN"))


class EveryCandidate:
    """Scores every second candidate by a hash of the bases around it."""

    fitted: int = 0

    def __init__(self, seed: int = 0, span: int = 6) -> None:
        self.seed = seed
        self.span = span

    def fit(self, training, validation):
        assert training
        assert validation
        type(self).fitted += 1

    def score(self, strand_sequence):
        positions = {kind: found[::2] for kind, found in candidate_sites(strand_sequence).items()}
        log_odds = {}
        for kind, places in positions.items():
            around = np.arange(self.span)
            bases = strand_sequence[np.minimum(places[:, None] + around, len(strand_sequence) - 1)]
            log_odds[kind] = ((bases @ (7 ** (around % 4) + self.seed)) % 23 - 11).astype(
                np.float32
            )
        content = np.zeros((len(strand_sequence), 4))
        return SiteScores.from_dense_content(positions, log_odds, content)

    def save(self, folder):
        pass

    @classmethod
    def load(cls, folder):
        return cls()


def open_frames(sequence, chromosome, least=60):
    """Every ATG...stop of the forward strand, in frame."""
    sites = candidate_sites(sequence)
    found = []
    for start in sites["start"]:
        stops = sites["stop"][(sites["stop"] > start) & ((sites["stop"] - start) % 3 == 0)]
        if len(stops) and stops[0] + 3 - start >= least:
            cds = ((int(start), int(stops[0]) + 3),)
            name = f"{chromosome}.{start}"
            found.append(Transcript(chromosome, "+", name, f"{name}.1", cds, cds=cds))
    return found


class OpenFrames:
    """A decoder that takes every open reading frame of the forward strand."""

    def fit(self, training, validation):
        assert all(set(each.forward.positions) == set(KINDS) for each in validation)

    def decode(self, scores_forward, scores_reverse, sequence, chromosome):
        assert scores_forward.length == scores_reverse.length == len(sequence)
        return open_frames(sequence, chromosome)

    save = EveryCandidate.save
    load = EveryCandidate.load


class FrameFinder:
    """A gene finder that does the same without scores."""

    def fit(self, training, validation):
        pass

    def predict(self, sequence, chromosome):
        return open_frames(sequence, chromosome)


class SureFinder(FrameFinder):
    """The same with probabilities: half for the genes, three quarters for their exons."""

    def predict(self, sequence, chromosome):
        return [
            replace(each, score=0.5, cds_scores=(0.75,) * len(each.cds))
            for each in super().predict(sequence, chromosome)
        ]


class NoScorer:
    def fit(self, training, validation):
        pass

    def score(self, strand_sequence):
        pass


class Silent(EveryCandidate):
    def score(self, strand_sequence):
        return None


class Short(EveryCandidate):
    def score(self, strand_sequence):
        return super().score(strand_sequence[1:])


class Needy(EveryCandidate):
    def __init__(self, weight):
        super().__init__()


@pytest.fixture
def toys(monkeypatch):
    """The module ``toys``, with decoder ``hmm`` of the registry replaced by one of it."""
    module = types.ModuleType("toys")
    for offered in (
        EveryCandidate,
        OpenFrames,
        FrameFinder,
        SureFinder,
        NoScorer,
        Silent,
        Short,
        Needy,
    ):
        setattr(module, offered.__name__, offered)
    module.number = 3
    monkeypatch.setitem(sys.modules, "toys", module)
    monkeypatch.setitem(registry.DECODERS, "hmm", "toys:OpenFrames")
    monkeypatch.setattr(EveryCandidate, "fitted", 0)
    return module


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """(FASTA, GFF3) of three chromosomes of 4,000 bases with six genes each; c holds copies of two genes of a."""
    folder = tmp_path_factory.mktemp("tiny")
    generator = np.random.default_rng(11)
    lines = ["##gff-version 3"]
    copied: list[str] = []
    with (folder / "tiny.fa").open("w") as fasta:
        for name in "abc":
            sequence = ""
            for number in range(6):
                sequence += "".join(LETTERS[generator.integers(0, 4, 300)])
                codons = "".join(
                    "GCTAAACTGGAC"[3 * i : 3 * i + 3] for i in generator.integers(0, 4, 50)
                )
                body = "ATG" + codons + "TAA"
                if name == "a":
                    copied.append(body)
                elif name == "c" and number < 2:
                    body = copied[number]
                start = len(sequence)
                if number % 2:
                    cds = [
                        (start, start + 60),
                        (start + 60 + len(INTRON), start + len(body) + len(INTRON)),
                    ]
                    body = body[:60] + INTRON + body[60:]
                else:
                    cds = [(start, start + len(body))]
                sequence += body
                gene = f"{name}{number}"
                spot = f"{cds[0][0] + 1}\t{cds[-1][1]}\t.\t+\t."
                lines.append(f"{name}\tx\tgene\t{spot}\tID={gene}")
                lines.append(f"{name}\tx\tmRNA\t{spot}\tID={gene}.1;Parent={gene}")
                for feature in ("exon", "CDS"):
                    phase = 0 if feature == "CDS" else "."
                    lines += [
                        f"{name}\tx\t{feature}\t{s + 1}\t{e}\t.\t+\t{phase}\tParent={gene}.1"
                        for s, e in cds
                    ]
            sequence += "".join(LETTERS[generator.integers(0, 4, 4000 - len(sequence))])
            assert len(encode(sequence)) == 4000
            fasta.write(f">{name}\n{sequence}\n")
    (folder / "tiny.gff3").write_text("\n".join(lines) + "\n")
    return folder / "tiny.fa", folder / "tiny.gff3"


@pytest.fixture
def dataset(files):
    return dataset_from_files(*files, train=["a"], validation=["b"], test=["c"])
