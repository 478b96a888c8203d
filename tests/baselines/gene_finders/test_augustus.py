"""AUGUSTUS: its recorded output, and the program itself where it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from baselines.gene_finders.augustus import Augustus, genbank_records, parse_augustus
from baselines.gene_finders.program import MissingProgramError, ProgramError
from features.errors import ModelError, TrainingError
from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome
from features.transcripts import Transcript, cds_codes, translate

RECORDED = Path(__file__).parent / "recorded" / "augustus.gff3"
needs_augustus = pytest.mark.skipif(
    shutil.which("augustus") is None, reason="augustus is not installed"
)


def test_recorded_output_becomes_transcripts() -> None:
    partial, whole = parse_augustus(RECORDED, "III")
    assert partial.cds == ((28, 114), (153, 375))
    assert (partial.strand, partial.start_complete, partial.end_complete) == ("-", True, False)
    assert partial.cds_scores == (0.72, 1.0)
    assert whole.cds == ((1552, 1820), (2276, 2370), (2435, 2808))
    assert (whole.strand, whole.start_complete, whole.end_complete) == ("+", True, True)
    assert (whole.chromosome, whole.gene, whole.id) == ("III", "III.augustus.2", "III.augustus.2.1")
    # The phases that AUGUSTUS wrote beside these intervals.
    assert whole.phases == (0, 2, 1)
    assert partial.phases == (0, 0)


def test_output_without_parents_is_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "augustus.gff"
    path.write_text('s\tAUGUSTUS\tCDS\t1\t9\t1\t+\t0\ttranscript_id "g1.t1"; gene_id "g1";\n')
    with pytest.raises(ProgramError, match="no Parent"):
        parse_augustus(path, "I")


def test_a_missing_binary_is_told_before_anything_runs() -> None:
    finder = Augustus("human", binary="no-such-augustus")
    for use in (lambda: finder.fit([], []), lambda: finder.predict(np.zeros(9, np.uint8), "I")):
        with pytest.raises(MissingProgramError, match="not installed: no-such-augustus"):
            use()


def test_a_training_gene_is_written_on_its_sense_strand_without_its_neighbours() -> None:
    codes = np.random.default_rng(0).integers(0, 4, 4000).astype(np.uint8)
    genes = [
        Transcript("I", "+", "a", "a1", ((100, 130),), cds=((100, 130),)),
        Transcript("I", "-", "b", "b1", ((300, 310), (400, 420)), cds=((300, 310), (400, 420))),
    ]
    first, second = genbank_records("r", LabelledChromosome("I", codes, genes))
    assert "     CDS             101..130\n" in first
    assert first.startswith("LOCUS       r_gene_0   300 bp  DNA\n")
    # Bases 130 to 1420 of the other strand: the neighbour ends where this record does.
    assert second.startswith("LOCUS       r_gene_1   1290 bp  DNA\n")
    assert "     CDS             join(1001..1020,1111..1120)\n" in second
    written = "".join(second.split("ORIGIN\n")[1].split("//")[0].split())
    bases = "".join(letter for letter in written if letter.isalpha())
    assert np.array_equal(encode(bases), reverse_complement(codes[130:1420]))


def test_a_gene_in_a_neighbours_intron_is_no_training_gene() -> None:
    outer = ((50, 80), (400, 430))
    inner = ((200, 230),)
    apart = ((430, 460),)
    genes = [
        Transcript("I", strand, name, f"{name}1", cds, cds=cds)
        for strand, name, cds in (("+", "o", outer), ("-", "i", inner), ("+", "a", apart))
    ]
    (record,) = genbank_records("r", LabelledChromosome("I", np.zeros(500, np.uint8), genes))
    assert record.startswith("LOCUS       r_gene_2   70 bp")


@needs_augustus
def test_predict_before_fit_is_a_typed_error() -> None:
    with pytest.raises(ModelError, match="before fit"):
        Augustus().predict(np.zeros(9, np.uint8), "I")


@needs_augustus
def test_training_without_genes_is_a_typed_error() -> None:
    with pytest.raises(TrainingError, match="no complete gene"):
        Augustus().fit([LabelledChromosome("I", np.zeros(5000, np.uint8), [])], [])


@needs_augustus
def test_a_configuration_folder_without_template_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUGUSTUS_CONFIG_PATH", str(tmp_path))
    with pytest.raises(MissingProgramError, match="AUGUSTUS_CONFIG_PATH"):
        Augustus().fit([], [])


@needs_augustus
def test_live_augustus_learns_our_training_chromosome(
    two_exon_genes: Callable[..., LabelledChromosome],
) -> None:
    training, held_out = two_exon_genes(200, seed=1), two_exon_genes(12, seed=2)
    finder = Augustus()
    finder.fit([training], [])
    found = finder.predict(held_out.sequence, "II")
    true = {(t.strand, t.cds) for t in held_out.transcripts}
    assert len({(t.strand, t.cds) for t in found} & true) >= 6
    again = Augustus()
    again.fit([training], [])
    assert again.parameters == finder.parameters
    # Every training gene ends with TAA.
    card = finder.parameters["genestruct_parameters.cfg"].decode()
    assert "/Constant/ochreprob                   1 " in card


@needs_augustus
def test_live_augustus_finds_a_reading_frame() -> None:
    codes = _one_long_frame()
    finder = Augustus("schizosaccharomyces_pombe")
    finder.fit([], [])
    complete = [t for t in finder.predict(codes, "III") if t.start_complete and t.end_complete]
    assert complete
    for transcript in complete:
        protein = translate(cds_codes(transcript, codes))
        assert protein.startswith("M")
        assert protein.endswith("*")
    assert finder.usage.cpu_seconds > 0
    assert finder.usage.peak_gib > 0


@needs_augustus
@pytest.mark.parametrize("codes", [np.full(40, 4, np.uint8), np.zeros(12, np.uint8)])
def test_live_augustus_on_next_to_nothing_predicts_nothing(codes: np.ndarray) -> None:
    assert Augustus("human").predict(codes, "I") == []


@needs_augustus
def test_an_unknown_species_is_a_typed_error() -> None:
    with pytest.raises(ProgramError, match="augustus ended with status"):
        Augustus("unicorn").predict(np.zeros(100, np.uint8), "I")


def _one_long_frame() -> np.ndarray:
    """6 kb of A and T with one intronless gene of 700 codons in the middle."""
    generator = np.random.default_rng(0)
    codons = generator.choice(["GAA", "GCT", "AAG", "TCT", "GTT", "GAT", "CAA", "ATT"], 700)
    gene = encode("ATG" + "".join(codons) + "TAA")
    left, right = (generator.choice(np.array([0, 3], np.uint8), 2000) for _ in range(2))
    return np.concatenate([left, gene, right])
