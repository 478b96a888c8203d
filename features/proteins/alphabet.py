"""The alphabet of proteins and its codes, as of the Gene Symbol Transformer: 26 letters, stop codon and padding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["LETTERS", "PADDING", "STANDARD", "STOP", "UNKNOWN", "Residues", "encode_protein"]

LETTERS = "ACDEFGHIKLMNPQRSTVWYBXZJUO*"
"""Biopython's extended protein letters and the stop codon; a letter's code is its place."""
STANDARD = 20
"""The first so many letters are the amino acids that words are made of; B, X, Z, J are uncertain, U and O rare."""
UNKNOWN = LETTERS.index("X")
STOP = LETTERS.index("*")
PADDING = len(LETTERS)
"""Code of what stands behind the end of a sequence: the 28th letter."""

Residues = npt.NDArray[np.uint8]
"""Codes of the letters of a protein, from its amino end."""

_CODE_OF_BYTE = bytes(
    LETTERS.index(chr(byte).upper()) if byte < 128 and chr(byte).upper() in LETTERS else 255
    for byte in range(256)
)


def encode_protein(letters: str | bytes) -> Residues:
    """Codes of a string of letters; lower case counts as its letter, 255 is no letter of a protein."""
    raw = letters.encode("utf-8") if isinstance(letters, str) else letters
    return np.frombuffer(bytearray(raw).translate(_CODE_OF_BYTE), np.uint8)
