"""Other programs as peers: the symbol of the protein that DIAMOND or MMseqs2 aligns best."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from baselines.gene_finders.program import Program, ProgramError, Usage
from baselines.protein_symbols.base import assign_ranks
from baselines.protein_symbols.postings import COLUMNS, describe_ranks
from features.errors import ModelError
from features.proteins.alphabet import LETTERS, STANDARD, STOP, UNKNOWN, Residues
from features.proteins.calibration import Calibration, fit_calibration
from features.proteins.protein_set import Assigned, Proteins, known_proteins

__all__ = ["Diamond", "Mmseqs", "ProteinSearch"]

TARGETS = 100
"""Alignments of a protein that are looked at: more than a symbol has proteins, for the best one of another symbol."""
BITS_OF_RESIDUE = 2.0
"""About what an identical residue adds to a bit score under BLOSUM62, for the share of the highest possible one."""

Floats = npt.NDArray[np.float64]


class ProteinSearch:
    """Base: every protein gets the symbol of its best alignment by bit score; calibrated as the models of words are.

    Parameters
    ----------
    seed : of what is held out where no validation is given; a search draws nothing.
    threads : of the program.
    binary : name or path of the executable.

    Attributes
    ----------
    usage : processor time and peak memory of the runs so far.
    """

    kind: ClassVar[str]
    source: ClassVar[str]
    binary: ClassVar[str]

    def __init__(self, seed: int = 0, threads: int = 2, binary: str = "") -> None:
        self.seed = seed
        self.threads = threads
        self.program = Program(binary or self.binary, self.source)
        self.usage = Usage()
        self.symbols_: npt.NDArray[np.str_] = np.empty(0, "U1")
        self._training: tuple[Sequence[Residues], npt.NDArray[np.int64]] = (
            [],
            np.empty(0, np.int64),
        )
        self._calibration: Calibration | None = None

    def fit(self, training: Proteins, validation: Proteins | None = None) -> None:
        """Keep ``training`` to be searched; probabilities are fitted to ``validation``, or to a twentieth held out.

        Raises
        ------
        MissingProgramError : the program is not installed.
        TrainingError : no validation protein has a symbol that training has.
        """
        self.program.find()
        if validation is None or not len(validation.sequences):
            training, validation = training.hold_out(self.seed)
        self.symbols_, numbers = np.unique(training.symbols, return_inverse=True)
        self._training = training.sequences, numbers.astype(np.int64)
        seen, truth = known_proteins(self.symbols_, validation, self.kind)
        ranks, hidden = self._rank(seen.sequences, truth)
        self._calibration = fit_calibration(
            describe_ranks(ranks), ranks[:, 0] == truth, describe_ranks(hidden)
        )

    def assign(self, proteins: Proteins) -> Assigned:
        """The symbol of the best alignment and its probability; '' where nothing is aligned."""
        if self._calibration is None:
            raise ModelError(f"{self.kind}: not fitted. Call fit first.")
        ranks, _ = self._rank(proteins.sequences, np.full(len(proteins.sequences), -1, np.int64))
        return assign_ranks(ranks, self.symbols_, self._calibration)

    def _rank(
        self, sequences: Sequence[Residues], hidden: npt.NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        """As ``postings.rank_symbols``, with all symbols and without the ``hidden`` ones; sums are bit scores."""
        found, without = (np.zeros((len(sequences), len(COLUMNS))) for _ in range(2))
        for ranks in (found, without):
            ranks[:, 0] = -1
            ranks[:, 4] = [(residues < STANDARD).sum() for residues in sequences]
            ranks[:, 3] = BITS_OF_RESIDUE * ranks[:, 4]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(folder / "query.fa", sequences, range(len(sequences)))
            _write(folder / "target.fa", *self._training)
            for query, symbol, bits in self._search(folder):
                for ranks, left_out in ((found, -1), (without, hidden[query])):
                    if symbol != left_out:
                        _enter(ranks[query], symbol, bits)
        return found, without

    def _search(self, folder: Path) -> Iterator[tuple[int, int, float]]:
        """(query, symbol, bits) of every alignment of ``query.fa`` with ``target.fa`` in ``folder``."""
        for command in self._commands(folder):
            done = self.program.run(command, folder / "log", folder)
            self.usage = self.usage.and_then(done)
        table = folder / "found.tsv"
        if not table.exists():
            raise ProgramError(f"{self.program.binary} wrote no table. Check its version.")
        for line in table.read_text(encoding="ascii").splitlines():
            query, target, bits = line.split("\t")
            yield int(query.partition("_")[0]), int(target.partition("_")[2]), float(bits)

    def _commands(self, folder: Path) -> Sequence[Sequence[str]]:
        """Arguments of each run of the program, in ``folder``."""
        raise NotImplementedError


class Diamond(ProteinSearch):
    """DIAMOND (Buchfink et al. 2021), blastp as it is by default."""

    kind: ClassVar[str] = "diamond"
    source: ClassVar[str] = "Debian package diamond-aligner"
    binary: ClassVar[str] = "diamond"

    def _commands(self, folder: Path) -> Sequence[Sequence[str]]:
        threads = ("--threads", str(self.threads), "--quiet")
        return (
            ("makedb", "--in", "target.fa", "--db", "target", *threads),
            (
                *("blastp", "--query", "query.fa", "--db", "target", "--out", "found.tsv"),
                *("--outfmt", "6", "qseqid", "sseqid", "bitscore"),
                *("--max-target-seqs", str(TARGETS), *threads),
            ),
        )


class Mmseqs(ProteinSearch):
    """MMseqs2 (Steinegger and Soeding 2017), easy-search as it is by default."""

    kind: ClassVar[str] = "mmseqs2"
    source: ClassVar[str] = "Debian package mmseqs2"
    binary: ClassVar[str] = "mmseqs"

    def _commands(self, folder: Path) -> Sequence[Sequence[str]]:
        return (
            (
                *("easy-search", "query.fa", "target.fa", "found.tsv", "scratch"),
                *("--format-output", "query,target,bits", "--max-seqs", str(TARGETS)),
                *("--threads", str(self.threads), "-v", "1"),
            ),
        )


def _enter(ranks: Floats, symbol: int, bits: float) -> None:
    """Let an alignment take its place among the best one and the best one of another symbol."""
    if bits > ranks[1]:
        if ranks[0] != symbol:
            ranks[2] = ranks[1]
        ranks[0], ranks[1] = symbol, bits
    elif symbol != ranks[0] and bits > ranks[2]:
        ranks[2] = bits


def _write(
    path: Path, sequences: Sequence[Residues], symbols: Sequence[int] | npt.NDArray[np.int64]
) -> None:
    """FASTA of proteins named by their number, an underscore and the number of the symbol; stop codons as X."""
    alphabet = np.frombuffer(LETTERS.encode(), np.uint8)
    with path.open("wb") as file:
        for number, (residues, symbol) in enumerate(zip(sequences, symbols, strict=True)):
            letters = alphabet[np.where(residues == STOP, UNKNOWN, residues)].tobytes()
            file.write(f">{number}_{symbol}\n".encode() + letters + b"\n")
