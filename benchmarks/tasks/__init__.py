"""The benchmark's tasks: each turns a dataset and a list of models into stored predictions."""
