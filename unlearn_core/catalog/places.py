"""What can be said about a catalog's path and schema without opening the file here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from unlearn_core.catalog.migrations import MIGRATIONS, SchemaState, library_version, read_state
from unlearn_core.errors import CatalogPathError, SchemaTooNewError, SchemaTooOldError

if TYPE_CHECKING:
    import duckdb

__all__ = ["accepted_state", "check_place", "require_current"]


def check_place(path: Path, *, writing: bool) -> None:
    """Raise what the names and rights alone say against a path.

    Raises:
        CatalogPathError: A folder, a place that does not exist, or one without the rights.
    """
    if path.is_dir():
        raise CatalogPathError(f"{path} is a folder, not a catalog file")
    if not path.parent.is_dir():
        raise CatalogPathError(f"{path.parent} is not a folder; make it first")
    if not path.exists():
        if not writing:
            raise CatalogPathError(f"there is no catalog at {path}", hint="the first run makes it")
    elif not path.is_file():
        raise CatalogPathError(f"{path} is not a file")
    elif not os.access(path, os.R_OK | os.W_OK if writing else os.R_OK):
        raise CatalogPathError(f"{path} cannot be {'written' if writing else 'read'}")
    # The write-ahead log and the journal lie beside the file.
    if writing and not os.access(path.parent, os.W_OK | os.X_OK):
        raise CatalogPathError(f"the folder {path.parent} cannot be written")


def accepted_state(connection: duckdb.DuckDBPyConnection, path: Path) -> SchemaState:
    """The state of an opened file's schema, if this library may work with it.

    Raises:
        CatalogPathError: It is a DuckDB file of somebody else.
        SchemaTooNewError: It is from a newer unlearn-lab.
    """
    state = read_state(connection)
    if state.kind == "foreign":
        raise CatalogPathError(
            f"{path} is a DuckDB file, but not a catalog of unlearn-lab",
            hint="name another file with --catalog",
        )
    if state.kind == "newer":
        raise SchemaTooNewError(
            f"the catalog {path} has schema {state.version}, written by unlearn-lab "
            f"{state.library_version}; this is unlearn-lab {library_version()} with schema "
            f"{len(MIGRATIONS)}",
            hint="update unlearn-lab, or name another file with --catalog",
        )
    return state


def require_current(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise unless the file can be read as it is.

    Raises:
        SchemaTooOldError: It needs `unlearn catalog upgrade`.
        CatalogPathError, SchemaTooNewError: As for `accepted_state`.
    """
    state = accepted_state(connection, path)
    if state.kind != "current":
        raise SchemaTooOldError(
            f"the catalog {path} has schema {state.version}, this unlearn-lab "
            f"({library_version()}) reads schema {len(MIGRATIONS)}",
            hint="run `unlearn catalog upgrade`; it makes a backup first",
        )
