"""Architectures, ensembles of instances, and checkpoints."""
