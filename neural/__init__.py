"""PyTorch models: ``pip install genestruct[neural]``."""
