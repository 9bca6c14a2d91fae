"""Answers as CSV, JSON, Parquet or Markdown, from Arrow; the console itself writes no file."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import os
import uuid
from datetime import date, datetime
from pathlib import Path
from typing import Literal, cast, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from unlearn_core.catalog.failures import disk_full, is_disk_full
from unlearn_core.catalog.store import Catalog
from unlearn_core.errors import RequestError, UnknownNameError

__all__ = ["Format", "export_table", "format_of", "render", "write_file"]

Format = Literal["csv", "json", "parquet", "markdown"]

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".json": "json",
    ".parquet": "parquet",
    ".md": "markdown",
}
_NAMES: dict[str, Format] = {**{name: name for name in get_args(Format)}, "md": "markdown"}


def format_of(name: str | None, path: Path | None = None) -> Format:
    """The format of that name, or else the one a file's suffix says.

    Raises:
        UnknownNameError: Neither is known.
    """
    if name is not None:
        if name not in _NAMES:
            raise UnknownNameError("format", name, _NAMES)
        return _NAMES[name]
    suffix = path.suffix.lower() if path else ""
    if suffix not in _SUFFIXES:
        raise UnknownNameError("format with the suffix", suffix, _SUFFIXES)
    return _SUFFIXES[suffix]


def render(table: pa.Table, fmt: Format) -> bytes:
    """Rows as the content of a file.

    Lists become JSON in CSV, bytes become Base64, dates ISO 8601. In JSON, values that are not
    finite become null, because JSON has no word for them.
    """
    if fmt == "parquet":
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        return cast(bytes, sink.getvalue().to_pybytes())
    if fmt == "csv":
        return _csv(table).encode()
    if fmt == "json":
        return _json(table).encode()
    return _markdown(table).encode()


def write_file(table: pa.Table, path: Path, fmt: Format, *, overwrite: bool = False) -> None:
    """Write rows to a file; it appears whole, and never in place of another unless asked.

    Raises:
        RequestError: The file is there already, or its folder is not.
        DiskFullError: There is no room left.
    """
    if path.exists() and (path.is_dir() or not overwrite):
        kind = "folder" if path.is_dir() else "file"
        raise RequestError(
            f"the {kind} {path} is there already",
            hint=None if path.is_dir() else "name another file, or say that it may be overwritten",
        )
    scratch = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with scratch.open("xb") as handle:
            handle.write(render(table, fmt))
            handle.flush()
            os.fsync(handle.fileno())
        scratch.replace(path)
    except OSError as error:
        if is_disk_full(error):
            raise disk_full(path) from error
        raise RequestError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        scratch.unlink(missing_ok=True)


def export_table(
    catalog: Catalog,
    name: str,
    path: Path,
    fmt: Format | None = None,
    *,
    overwrite: bool = False,
) -> int:
    """Write a whole table or view to a file; returns the number of rows.

    Raises:
        UnknownNameError: No table, view or format of that name.
        RequestError: The file is there already.
    """
    known = catalog.query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
    )
    names = {str(value) for value in known.column(0).to_pylist()}
    if name not in names:
        raise UnknownNameError("table or view", name, names)
    chosen = fmt or format_of(None, path)
    table = catalog.query(f"SELECT * FROM {name}")
    write_file(table, path, chosen, overwrite=overwrite)
    return int(table.num_rows)


def _csv(table: pa.Table) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in _tuples(table):
        writer.writerow(["" if value is None else _flat(value) for value in row])
    return out.getvalue()


def _json(table: pa.Table) -> str:
    names = table.column_names
    rows = [dict(zip(names, map(_plain, row), strict=True)) for row in _tuples(table)]
    return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _markdown(table: pa.Table) -> str:
    numeric = [_is_number(field.type) for field in table.schema]
    lines = [
        "| " + " | ".join(_cell(name) for name in table.column_names) + " |",
        "|" + "|".join("---:" if right else "---" for right in numeric) + "|",
    ]
    lines += [
        "| " + " | ".join("-" if v is None else _cell(_flat(v)) for v in row) + " |"
        for row in _tuples(table)
    ]
    return "\n".join(lines) + "\n"


def _tuples(table: pa.Table) -> list[tuple[object, ...]]:
    # Column by column, because two columns of a query may bear one name.
    columns = [column.to_pylist() for column in table.columns]
    return list(zip(*columns, strict=True))


def _flat(value: object) -> object:
    """A value as one cell of text."""
    plain = _plain(value) if not isinstance(value, float) else value
    return json.dumps(plain) if isinstance(plain, list | dict) else plain


def _plain(value: object) -> object:
    """A value as JSON knows it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )
