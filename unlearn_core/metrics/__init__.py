"""Metrics: pure calculators, the evaluator that feeds them, populations and their statistics.

Facts (`registry`) need neither torch nor SciPy; `forward` imports torch when it is called.
"""
