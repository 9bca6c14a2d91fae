import hashlib
import io
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from unlearn_core.data import fetch
from unlearn_core.data.checksums import Checksum
from unlearn_core.data.fetch import Download, fetch_dataset, planned_downloads
from unlearn_core.data.sources.cifar10 import BATCHES
from unlearn_core.data.sources.mnist import LAYOUT
from unlearn_core.errors import DataError, UnknownNameError

CONTENT = bytes(range(256)) * 3000


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def mirror(tmp_path):
    """A folder and the address under which a real server hands out its files."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def plan(monkeypatch):
    def set_plan(*downloads):
        monkeypatch.setattr(fetch, "planned_downloads", lambda name, folder: downloads)

    return set_plan


def download(tmp_path, *addresses, content=CONTENT):
    digest = hashlib.sha256(content).hexdigest()
    return Download(tmp_path / "data/MNIST/raw/file.gz", addresses, Checksum("sha256", digest))


def everything_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_download_is_verified_named_and_reported(tmp_path, mirror, plan):
    folder, address = mirror
    (folder / "file.gz").write_bytes(CONTENT)
    wanted = download(tmp_path, f"{address}/file.gz")
    plan(wanted)
    seen = []
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz' is missing"):
        # The plan holds one file only, so the dataset is not whole after it.
        fetch_dataset("mnist", tmp_path / "data", lambda *step: seen.append(step))
    assert wanted.target.read_bytes() == CONTENT
    assert seen[-1] == ("file.gz", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert everything_in(tmp_path / "data") == [wanted.target]


def test_second_mirror_is_asked_when_the_first_does_not_have_it(tmp_path, mirror, plan):
    folder, address = mirror
    (folder / "here.gz").write_bytes(CONTENT)
    wanted = download(tmp_path, f"{address}/gone.gz", f"{address}/here.gz")
    plan(wanted)
    with pytest.raises(DataError, match="is missing"):
        fetch_dataset("mnist", tmp_path / "data")
    assert wanted.target.read_bytes() == CONTENT


def test_changed_file_is_refused_and_leaves_nothing(tmp_path, mirror, plan):
    folder, address = mirror
    (folder / "file.gz").write_bytes(CONTENT[:-1])
    wanted = download(tmp_path, f"{address}/file.gz")
    plan(wanted)
    with pytest.raises(DataError, match=f"cannot be downloaded.*{wanted.checksum.digest}"):
        fetch_dataset("mnist", tmp_path / "data")
    assert everything_in(tmp_path / "data") == []


def test_no_network_is_one_sentence_with_the_address(tmp_path, plan):
    plan(download(tmp_path, "http://127.0.0.1:9/file.gz"))
    with pytest.raises(DataError) as caught:
        fetch_dataset("mnist", tmp_path / "data")
    assert caught.value.message.startswith("mnist: 'file.gz' cannot be downloaded (")
    assert "http://127.0.0.1:9/file.gz" in caught.value.message
    assert "\n" not in str(caught.value)
    assert everything_in(tmp_path / "data") == []


def test_data_folder_that_is_a_file_is_named(tmp_path, mirror, plan):
    _, address = mirror
    (tmp_path / "data").write_text("no folder")
    plan(download(tmp_path, f"{address}/file.gz"))
    with pytest.raises(DataError, match="cannot write"):
        fetch_dataset("mnist", tmp_path / "data")


def archive_of(names):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 3
            tar.addfile(member, io.BytesIO(b"abc"))
    return buffer.getvalue()


@pytest.fixture
def cifar_archive(tmp_path, mirror, plan):
    def put(names):
        folder, address = mirror
        content = archive_of(names)
        (folder / "cifar.tar.gz").write_bytes(content)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        target = tmp_path / "data/cifar.tar.gz"
        plan(Download(target, (f"{address}/cifar.tar.gz",), Checksum("md5", digest)))
        return target

    return put


def test_cifar_archive_is_unpacked_and_removed(tmp_path, cifar_archive):
    target = cifar_archive([f"{BATCHES}/data_batch_1"])
    with pytest.raises(DataError, match="data_batch_2' is missing"):
        fetch_dataset("cifar10", tmp_path / "data")
    assert (tmp_path / "data" / BATCHES / "data_batch_1").read_bytes() == b"abc"
    assert not target.exists()


def test_archive_that_leads_out_of_the_folder_is_refused(tmp_path, cifar_archive):
    cifar_archive(["../outside"])
    with pytest.raises(DataError, match="cannot be unpacked"):
        fetch_dataset("cifar10", tmp_path / "data")
    assert not (tmp_path / "outside").exists()


def test_built_in_dataset_needs_no_download(tmp_path):
    assert fetch_dataset("digits", tmp_path) == ()
    assert everything_in(tmp_path) == []


def test_colored_mnist_says_where_it_comes_from(tmp_path):
    with pytest.raises(DataError, match=r"github\.com/jayaneetha/colorized-MNIST"):
        fetch_dataset("colored_mnist", tmp_path)


@pytest.mark.parametrize("name", ["image_folder", "npz"])
def test_own_data_cannot_be_fetched(tmp_path, name):
    with pytest.raises(DataError, match="nothing to download"):
        fetch_dataset(name, tmp_path)


def test_unknown_dataset_offers_the_nearest(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'mnist'"):
        fetch_dataset("mnst", tmp_path)


def test_the_plan_asks_torchvision_s_addresses_for_every_missing_file(tmp_path):
    downloads = planned_downloads("mnist", tmp_path)
    assert [d.target.name for d in downloads] == [p for p in LAYOUT.checksums if p[-3:] == ".gz"]
    assert all(d.addresses[0].endswith(f"mnist/{d.target.name}") for d in downloads)
    (archive,) = planned_downloads("cifar10", tmp_path)
    assert archive.addresses == ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",)
