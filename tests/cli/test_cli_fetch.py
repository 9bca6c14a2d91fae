"""`unlearn datasets fetch` against a server in this process."""

from __future__ import annotations

import gzip
import hashlib
import struct
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from unlearn_core.cli.commands.datasets import _transfer
from unlearn_core.cli.progress import Bars
from unlearn_core.data import fetch as fetching
from unlearn_core.data.checksums import Checksum


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass


@pytest.fixture
def served(tmp_path):
    """A folder and the address under which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def plan(monkeypatch, target, address, content):
    checksum = Checksum("sha256", hashlib.sha256(content).hexdigest())
    download = fetching.Download(target, (address,), checksum)
    monkeypatch.setattr(fetching, "planned_downloads", lambda _name, _folder: (download,))


def test_a_download_is_verified_and_its_progress_narrated(unlearn, monkeypatch, tmp_path, served):
    folder, address = served
    content = gzip.compress(struct.pack(">II", 2049, 0))
    (folder / "labels.gz").write_bytes(content)
    target = tmp_path / "data" / "labels.gz"
    plan(monkeypatch, target, f"{address}/labels.gz", content)
    outcome = unlearn("datasets", "fetch", "mnist", "--data-dir", tmp_path / "data")
    assert target.read_bytes() == content
    assert "labels.gz" in outcome.err
    assert "100%" in outcome.err
    # The other three files are not served, so the dataset is still not whole.
    assert outcome.code == 2


def test_no_answer_is_one_clear_sentence_and_leaves_nothing(unlearn, monkeypatch, tmp_path, served):
    folder, address = served
    target = tmp_path / "data" / "labels.gz"
    plan(monkeypatch, target, f"{address}/labels.gz", b"anything")
    outcome = unlearn("datasets", "fetch", "mnist", "--data-dir", tmp_path / "data")
    assert outcome.code == 2
    assert "'labels.gz' cannot be downloaded" in outcome.err
    assert outcome.err.count("\n") <= 2
    assert list((tmp_path / "data").iterdir()) == []
    assert list(folder.iterdir()) == []


def test_what_is_built_in_or_ones_own_is_not_downloaded(unlearn):
    built_in = unlearn("datasets", "fetch", "digits")
    assert (built_in.code, built_in.out) == (0, "")
    assert "nothing to download" in built_in.err
    assert unlearn("datasets", "fetch", "npz").code == 2
    assert "did you mean 'mnist'" in unlearn("datasets", "fetch", "minst").err


def test_a_transfer_says_amount_rate_and_time_left():
    assert _transfer(2_500_000, 10_000_000, 5.0) == "2.5 of 10.0 MB, 0.5 MB/s, 0:15 left"
    assert _transfer(2_500_000, 0, 5.0) == "2.5 MB, 0.5 MB/s"
    assert _transfer(0, 10_000_000, 0.0) == "0.0 of 10.0 MB"


def test_plain_lines_come_at_the_start_every_ten_seconds_and_at_the_end(capsys):
    clock = [0.0]
    with Bars(now=lambda: clock[0]) as bars:
        for when, done, detail in [
            (0, 0, "nothing yet"),
            (0, 1, "a"),
            (3, 2, "too soon"),
            (11, 3, "b"),
            (12, 4, "end"),
            (30, 4, "again"),
        ]:
            clock[0] = float(when)
            bars.update("train", done, 4, detail)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[-1] for line in lines] == ["a", "b", "end"]
    assert "25%" in lines[0]


def test_quiet_bars_say_nothing(capsys):
    with Bars(quiet=True) as bars:
        bars.update("train", 1, 2, "a")
    assert capsys.readouterr() == ("", "")
