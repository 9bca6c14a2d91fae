"""The menu of unlearning algorithms: one file per algorithm, no torch."""
