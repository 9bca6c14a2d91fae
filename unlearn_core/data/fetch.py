"""Downloading a dataset into the data folder, verified, whole or not at all."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from unlearn_core.data.checksums import Checksum, read_known_file
from unlearn_core.data.places import data_dir_or_default
from unlearn_core.data.sources import cifar10, colored_mnist, fashion_mnist, mnist
from unlearn_core.data.sources.idx import IDX_NAMES, IdxLayout
from unlearn_core.data.sources.registry import source_named
from unlearn_core.errors import DataError

__all__ = ["Download", "Progress", "fetch_dataset", "planned_downloads"]

Progress = Callable[[str, int, int], None]
"""Called with the file's name, the bytes so far and the bytes in all (0: not known)."""

_CHUNK = 1 << 18
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Download:
    """One file to download."""

    target: Path
    addresses: tuple[str, ...]  # tried in this order
    checksum: Checksum


def fetch_dataset(
    name: str, data_dir: Path | None = None, progress: Progress | None = None
) -> tuple[Path, ...]:
    """Download what is missing of a dataset, from where torchvision downloads it.

    Files that are there and verify are left alone. A download appears under its name only after
    its checksum was compared.

    Args:
        name: Name of the dataset.
        data_dir: Folder that holds the datasets; by default as `load_dataset`.
        progress: Told about every chunk.

    Returns:
        The files that hold the dataset; none for `digits`, which is built in.

    Raises:
        UnknownNameError: There is no dataset of that name.
        DataError: It cannot be downloaded: no network, a changed file, a full disk, or it comes
            from elsewhere (the message says from where).
    """
    source = source_named(name)
    folder = data_dir_or_default(data_dir)
    if name in ("image_folder", "npz"):
        raise DataError(f"'{name}' is for {source.title}; there is nothing to download")
    if name == "colored_mnist":
        try:
            return source.files(folder)
        except DataError:
            raise DataError(
                f"'colored_mnist' is not downloaded by this program; it comes from "
                f"{colored_mnist.ORIGIN}",
                f"clone that repository into '{folder}', or put train.npz and test.npz into "
                f"'{folder / colored_mnist.FOLDER}'",
            ) from None
    for download in planned_downloads(name, folder):
        _fetch(name, download, progress)
        if name == "cifar10":
            _unpack(download.target, folder)
    return source.files(folder)


def planned_downloads(name: str, folder: Path) -> tuple[Download, ...]:
    """What is still to be downloaded of `mnist`, `fashion_mnist` or `cifar10`.

    The addresses are torchvision's, so torch is imported here.
    """
    if name == "cifar10":
        return _cifar10_downloads(folder)
    if name not in ("mnist", "fashion_mnist"):
        return ()
    from torchvision import datasets

    layout, published = (
        (mnist.LAYOUT, datasets.MNIST)
        if name == "mnist"
        else (fashion_mnist.LAYOUT, datasets.FashionMNIST)
    )
    return _idx_downloads(layout, tuple(published.mirrors), folder)


def _idx_downloads(layout: IdxLayout, mirrors: Sequence[str], folder: Path) -> tuple[Download, ...]:
    downloads = []
    for name in IDX_NAMES:
        gzipped, plain = (folder / layout.folder / file for file in (f"{name}.gz", name))
        if not any(_is_whole(layout.dataset, layout.checksums, path) for path in (gzipped, plain)):
            addresses = tuple(f"{mirror}{gzipped.name}" for mirror in mirrors)
            downloads.append(Download(gzipped, addresses, layout.checksums[gzipped.name]))
    return tuple(downloads)


def _cifar10_downloads(folder: Path) -> tuple[Download, ...]:
    for batches in (folder / cifar10.BATCHES, folder / cifar10.FOLDER / cifar10.BATCHES):
        files = (batches / name for name in cifar10.CHECKSUMS)
        if all(_is_whole("cifar10", cifar10.CHECKSUMS, path) for path in files):
            return ()
    from torchvision.datasets import CIFAR10

    archive = Download(
        folder / str(CIFAR10.filename),
        (str(CIFAR10.url),),
        Checksum("md5", str(CIFAR10.tgz_md5)),
    )
    return (archive,)


def _is_whole(dataset: str, checksums: Mapping[str, Checksum], path: Path) -> bool:
    try:
        read_known_file(path, dataset, checksums[path.name])
    except DataError:
        return False
    return True


def _fetch(dataset: str, download: Download, progress: Progress | None) -> None:
    """Download one file from the first address that answers."""
    target = download.target
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        reasons = []
        for address in download.addresses:
            try:
                _stream(address, part, progress)
                read_known_file(part, dataset, download.checksum)
            except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
                reasons.append(f"{address}: {getattr(error, 'reason', None) or error}")
            except DataError:
                reasons.append(f"{address}: the file there is not {download.checksum}")
            else:
                part.replace(target)
                return
        raise DataError(f"{dataset}: '{target.name}' cannot be downloaded ({'; '.join(reasons)})")
    except OSError as error:
        raise DataError(f"{dataset}: cannot write '{target}': {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _stream(address: str, part: Path, progress: Progress | None) -> None:
    request = Request(address, headers={"User-Agent": "unlearn-lab"})
    with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer, part.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            if progress is not None:
                progress(address.rsplit("/", 1)[-1], done, total)


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack the verified archive and remove it; paths that lead out of the folder are refused."""
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise DataError(f"cifar10: '{archive}' cannot be unpacked: {error}") from error
    archive.unlink()
