from __future__ import annotations

import pytest

from features.errors import DatasetError
from features.proteins.clades import CLADES, check_clade, clade_of


def test_there_are_the_18_published_clades() -> None:
    assert len(CLADES) == 18
    assert list(CLADES) == sorted(CLADES)


@pytest.mark.parametrize(
    ("species", "clade"),
    [
        ("Homo sapiens", "humans"),
        ("Pan_troglodytes", "primates"),
        ("mus musculus", "rodentia"),
        ("Canis lupus familiaris", "mammalia"),
        ("Notamacropus eugenii", "marsupials"),
        ("Gallus gallus", "aves"),
        ("Bombyx mori", "lepidoptera"),
        ("Drosophila melanogaster", "insects"),
        ("Caenorhabditis elegans", "metazoa"),
        ("Saccharomyces cerevisiae", "non_vertebrates"),
    ],
)
def test_a_species_is_of_its_clade(species: str, clade: str) -> None:
    assert clade_of(species) == clade


def test_an_unknown_species_asks_for_the_clade() -> None:
    with pytest.raises(DatasetError, match=r"species 'Foo bar'.* Give --clade, one of: amphibians"):
        clade_of("Foo bar")
    with pytest.raises(DatasetError, match="Did you mean Canis"):
        clade_of("Cannis lupus")
    with pytest.raises(DatasetError, match="no clade is known of species ' '"):
        clade_of(" ")
    with pytest.raises(DatasetError, match="no clade 'fish'. Known: amphibians"):
        check_clade("fish")
