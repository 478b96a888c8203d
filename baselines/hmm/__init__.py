"""The gene decoder: a generalised HMM over the sparse site scores of both strands."""

from baselines.hmm.decoder import HmmDecoder

__all__ = ["HmmDecoder"]
