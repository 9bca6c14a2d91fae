"""Measurements and generated documents; run from the checkout's root with `python -m`."""
