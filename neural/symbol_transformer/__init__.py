"""Networks that tell a gene symbol from a protein and its clade: the published one, and a smaller one of words."""

from neural.symbol_transformer.model import PublishedTransformer, SymbolTransformer

__all__ = ["PublishedTransformer", "SymbolTransformer"]
