"""The commands of ``python -m benchmarks``, one module each: their options, and what they do."""
