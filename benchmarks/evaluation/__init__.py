"""From stored runs and their dataset to tidy metric rows, task by task."""
