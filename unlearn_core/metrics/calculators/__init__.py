"""The metrics themselves: pure functions first, a thin class with its facts below.

Every class here that has its own `info` is found by `unlearn_core.metrics.registry`.
"""
