"""Classifiers of whole sequences, whichever floor they are of: names, folders, commands."""
