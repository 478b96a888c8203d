from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from features.datasets.fetch import fetch_files
from features.datasets.holdout import Holdout
from features.datasets.manifest import Manifest, ManifestFile, read_manifest
from features.datasets.resolver import resolve_files
from features.errors import DatasetError


class _Handler(http.server.SimpleHTTPRequestHandler):
    requested: list[str]

    def do_GET(self) -> None:
        self.requested.append(self.path)
        if self.path == "/broken.fa":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b">c\nAC")
            return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Upstream:
    """A local server with two files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requested: list[str] = []
        handler = type("Handler", (_Handler,), {"requested": self.requested})
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
        )
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        (folder / "genome.fa").write_bytes(b">c\nACGT\n")
        (folder / "annotation.gtf").write_bytes(b"genes")

    def manifest(self, sha256: str | None = None) -> Manifest:
        files = {
            "genome": ManifestFile("toy/genome.fa", sha256, f"{self.address}/genome.fa"),
            "annotation": ManifestFile(
                "toy/annotation.gtf", None, f"{self.address}/annotation.gtf"
            ),
        }
        return Manifest("toy", "Toy", "upstream", files, Holdout(("c",), ("b",), ("a",)), {}, 0)


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    monkeypatch.setenv("GENESTRUCT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GENESTRUCT_DATA", raising=False)
    (tmp_path / "upstream").mkdir()
    served = Upstream(tmp_path / "upstream")
    thread = threading.Thread(target=served.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.server.shutdown()
    thread.join()
    served.server.server_close()


def test_files_arrive_once_and_can_be_resolved(upstream: Upstream, tmp_path: Path) -> None:
    paths = fetch_files(upstream.manifest())
    assert paths["genome"] == tmp_path / "cache" / "toy" / "genome.fa"
    assert paths["genome"].read_bytes() == b">c\nACGT\n"
    assert fetch_files(upstream.manifest()) == paths
    assert sorted(upstream.requested) == ["/annotation.gtf", "/genome.fa"]
    assert resolve_files(upstream.manifest()) == paths


def test_the_first_checksum_is_recorded_and_holds(upstream: Upstream) -> None:
    paths = fetch_files(upstream.manifest())
    record = (paths["genome"].parent / "SHA256SUMS").read_text()
    assert f"{hashlib.sha256(paths['genome'].read_bytes()).hexdigest()}  genome.fa\n" in record

    paths["genome"].write_bytes(b">c\nAC")
    with pytest.raises(DatasetError, match="genome.fa: its SHA-256 is"):
        resolve_files(upstream.manifest())
    assert fetch_files(upstream.manifest())["genome"].read_bytes() == b">c\nACGT\n"


def test_a_file_that_changed_upstream_is_refused(upstream: Upstream) -> None:
    path = fetch_files(upstream.manifest())["genome"]
    path.unlink()
    (upstream.folder / "genome.fa").write_bytes(b">c\nTTTT\n")
    with pytest.raises(DatasetError, match="did not arrive as expected"):
        fetch_files(upstream.manifest())
    assert not path.exists()


def test_a_checksum_of_the_manifest_is_checked(upstream: Upstream) -> None:
    with pytest.raises(DatasetError, match="genome.fa did not arrive as expected"):
        fetch_files(upstream.manifest("0" * 64))


def test_a_missing_file_or_server_is_a_clear_error(upstream: Upstream) -> None:
    (upstream.folder / "annotation.gtf").unlink()
    with pytest.raises(DatasetError, match=r"annotation.gtf could not be fetched \(404"):
        fetch_files(upstream.manifest())


def test_a_connection_that_breaks_leaves_no_file(upstream: Upstream, tmp_path: Path) -> None:
    files = {"genome": ManifestFile("toy/broken.fa", None, f"{upstream.address}/broken.fa")}
    manifest = replace(upstream.manifest(), files=files)
    with pytest.raises(DatasetError, match=r"broken.fa could not be fetched"):
        fetch_files(manifest)
    assert list((tmp_path / "cache" / "toy").iterdir()) == []


def test_a_dataset_without_addresses(upstream: Upstream) -> None:
    with pytest.raises(DatasetError, match="pombe/genome.fa.gz has no upstream address"):
        fetch_files(read_manifest("pombe"))
