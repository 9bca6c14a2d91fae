"""Images, splits, forget requests and subsets: NumPy in, NumPy out, and no torch."""
