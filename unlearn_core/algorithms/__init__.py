"""The kitchen: one file per unlearning algorithm, named like its menu file."""
