"""``make container-check``: the steps of the Dockerfile in a fresh environment, without Docker, and what it is for.

Not a test of the suite: it installs everything anew, which takes minutes and the package registry. Users and volumes
are Docker's own and passed over; paths of the image lie below a temporary folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from tests.protein_families import write_families

ROOT = Path(__file__).parents[1]
PASSED_OVER = ("USER", "VOLUME", "RUN useradd")
EPOCHS = "3"


class Image:
    """What the Dockerfile makes, below the folder ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root
        where_from = {name: each for name, each in os.environ.items() if name.startswith("PIP_")}
        self.environment = {**where_from, "PATH": os.environ["PATH"], "HOME": str(root)}
        self.entry: list[str] = []
        self.command: list[str] = []
        for name in ("data", "models", "out", "tmp"):
            (root / name).mkdir()

    def inside(self, path: str) -> Path:
        """Where ``path`` of the image lies here."""
        return self.root / path.lstrip("/") if path.startswith("/") else self.folder / path

    def follow(self, step: str) -> None:
        """Carry out one instruction; ``ValueError`` for one that this script does not know."""
        name, _, rest = step.partition(" ")
        if step.startswith(PASSED_OVER):
            return
        if name == "FROM":
            version = re.fullmatch(r"python:(\d+\.\d+)-slim", rest)
            if version is None or version[1] != "{}.{}".format(*sys.version_info):
                raise ValueError(f"{step}: run this script with that Python")
            venv.create(self.root / "venv", with_pip=True)
            self.environment["PATH"] = f"{self.root / 'venv' / 'bin'}:{self.environment['PATH']}"
        elif name == "WORKDIR":
            self.folder = self.inside(rest)
            self.folder.mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            *sources, target = rest.split()
            for source in sources:
                self._copy(ROOT / source, self.inside(target), alone=len(sources) == 1)
        elif name == "RUN":
            self.run("sh", "-c", rest)
        elif name == "ENV":
            for each in shlex.split(rest):
                variable, _, value = each.partition("=")
                self.environment[variable] = str(self.inside(value))
        elif name == "ENTRYPOINT":
            self.entry = json.loads(rest)
        elif name == "CMD":
            self.command = json.loads(rest)
        else:
            raise ValueError(f"{step}: no instruction that this script follows")

    def run(self, *command: str) -> None:
        """In the image's folder, with its environment and nothing else."""
        print("+", *command, flush=True)
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True)

    def call(self, *arguments: str) -> None:
        """As ``docker run``."""
        self.run(*self.entry, *(arguments or self.command))

    @staticmethod
    def _copy(source: Path, target: Path, alone: bool) -> None:
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target if alone and not target.is_dir() else target / source.name)


def steps(text: str) -> Iterator[str]:
    """Instructions of a Dockerfile, each on one line."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip() and not line.startswith("#"):
            yield re.sub(r"\s+", " ", line.strip())


def digest(*folders: Path) -> str:
    """Of all files in ``folders``."""
    found = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        found.update(str(path).encode() + path.read_bytes())
    return found.hexdigest()


def main() -> None:
    """Build, train something small, then assign and decode with data and models as they were."""
    with tempfile.TemporaryDirectory() as scratch:
        image = Image(Path(scratch))
        for step in steps((ROOT / "Dockerfile").read_text(encoding="utf-8")):
            print("==", step, flush=True)
            image.follow(step)
        image.call()
        data, models, out = (image.root / name for name in ("data", "models", "out"))
        proteins = write_families(data / "proteins.fa", symbols=20)
        image.call(
            *("neural.symbol_transformer", "train", "--sequences", str(proteins), "--quiet"),
            *("--epochs", EPOCHS, "--output", str(models / "symbols")),
        )
        scorer, decoder = str(models / "scorer"), str(models / "decoder")
        demo = ["train", "--dataset", "demo", "--quiet"]
        image.call("baselines.xgb", *demo, "--single-pass", "--output", scorer)
        image.call("baselines.hmm", *demo, "--scorer", scorer, "--output", decoder)
        genome = next(image.root.glob("tmp/genestruct/simulated/**/*.fa"))
        shutil.copy(genome, data / "genome.fa")
        before = digest(data, models)
        image.call(
            *("neural.symbol_transformer", "assign", "--checkpoint", str(models / "symbols")),
            *("--sequences-fasta", str(proteins), "--scientific-name", "Vulpes vulpes"),
            *("--output", str(out / "symbols.tsv")),
        )
        image.call(
            *("baselines.hmm", "decode", "--scorer", scorer, "--decoder", decoder),
            *("--genome", str(data / "genome.fa"), "--output", str(out / "genes.gff3")),
        )
        if digest(data, models) != before:
            raise SystemExit("data or models were written to, which are mounted read-only")
        for name in ("symbols.tsv", "genes.gff3"):
            lines = (out / name).read_text(encoding="utf-8").splitlines()
            print(name, len(lines), "lines, the last:", lines[-1])


if __name__ == "__main__":
    main()
