"""The only door to the catalog, one DuckDB file with every record.

`store` opens the file, `batch` makes what is written, `queries` and `console` ask, `export` hands
out, `checks` looks after it.
"""
