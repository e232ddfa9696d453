"""Build the shared layer: pinned dependencies, stripped and compiled, and our own package beside them.

`python build.py OUT` writes OUT/python for Lambda; `--native` builds for this machine instead, and
`--requirements FILE` only what another list pins. It needs nothing but pip, as `sam build` runs it (see the
Makefile here).
"""

from __future__ import annotations

import argparse
import compileall
import gzip
import hashlib
import importlib.metadata
import json
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
PACKAGE = HERE / "switchboard"
LAMBDA_PYTHON = (3, 13)

# botocore reads a service's model when a client of it is made; all others are 25 MB that nobody opens.
KEPT_SERVICES = {"dynamodb", "kms", "secretsmanager", "sqs", "stepfunctions"}
# Directories that only installers and test runs read.
DROPPED = ("**/*.dist-info", "**/tests", "**/__pycache__", "bin", "**/examples")


@dataclass(frozen=True)
class Wanted:
    """What to build for: the pinned list, x86_64 or arm64, and whether it is for this machine."""

    requirements: Path = REQUIREMENTS
    arch: str = "arm64"
    native: bool = False

    def key(self) -> str:
        """Return a short hash of all that decides what the dependencies look like."""
        parts = (self.requirements.read_text(), Path(__file__).read_text(), sys.version, self.arch)
        return hashlib.sha256("\0".join((*parts, str(self.native))).encode()).hexdigest()[:16]


def build(out: Path, wanted: Wanted, cache: Path | None = None) -> None:
    """Write OUT/python; `cache` keeps dependencies between builds."""
    target = out / "python"
    shutil.rmtree(target, ignore_errors=True)
    if cache is None:
        dependencies(target, wanted)
    else:
        kept = cache / f"dependencies-{wanted.key()}"
        if not kept.exists():
            fresh = kept.with_name(f"{kept.name}.{os.getpid()}.new")
            dependencies(fresh, wanted)
            _publish(fresh, kept)
        shutil.copytree(kept, target, copy_function=os.link)
    if wanted.requirements == REQUIREMENTS:
        add_package(target, wanted.native)


def add_package(target: Path, native: bool) -> None:
    """Put our own package beside its dependencies."""
    shutil.copytree(PACKAGE, target / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    precompile(target / PACKAGE.name, target, native)


def dependencies(target: Path, wanted: Wanted) -> None:
    """Put the pinned dependencies into `target`, compiled; the layer's are stripped too."""
    target.mkdir(parents=True)
    if not (wanted.native and _copy_installed(target, wanted.requirements)):
        _pip(target, wanted)
    if wanted.requirements == REQUIREMENTS:
        strip(target)
    precompile(target, target, wanted.native)


def strip(target: Path) -> None:
    """Remove what is never read at run time."""
    for pattern in DROPPED:
        for path in list(target.glob(pattern)):
            shutil.rmtree(path, ignore_errors=True)
    for data in (target / "botocore" / "data", target / "boto3" / "data"):
        for service in data.iterdir():
            if service.is_dir() and service.name not in KEPT_SERVICES:
                shutil.rmtree(service)
    _strip_models(target / "botocore" / "data")


def _strip_models(data: Path) -> None:
    """Leave out of what botocore parses for each client: the manual, and the endpoints of other services."""
    for packed in data.glob("*/*/*.json.gz"):
        model = _without_manual(json.loads(gzip.decompress(packed.read_bytes())))
        packed.with_suffix("").write_text(json.dumps(model, separators=(",", ":")))
        packed.unlink()
    listing = data / "endpoints.json"
    endpoints = json.loads(listing.read_text())
    for partition in endpoints["partitions"]:
        # Endpoints name their services by prefix, most of them like the client; Step Functions is `states`.
        kept = {name: partition["services"].get(name) for name in (*KEPT_SERVICES, "states")}
        partition["services"] = {name: service for name, service in kept.items() if service}
    listing.write_text(json.dumps(endpoints, separators=(",", ":")))


def _without_manual(model: Any) -> Any:
    """Return the model without its `documentation` texts; a member of that name is no text and stays."""
    if isinstance(model, list):
        return list(map(_without_manual, model))
    if not isinstance(model, dict):
        return model
    return {
        key: _without_manual(value)
        for key, value in model.items()
        if not (key == "documentation" and isinstance(value, str))
    }


def precompile(tree: Path, root: Path, native: bool) -> None:
    """Compile with unchecked hashes: such a .pyc is used whatever a zip or a mount does to file times."""
    if not native and sys.version_info[:2] != LAMBDA_PYTHON:
        wanted = ".".join(map(str, LAMBDA_PYTHON))
        sys.stderr.write(f"not compiled: only Python {wanted} writes what Lambda can use\n")
        return
    compileall.compile_dir(
        tree,
        quiet=1,
        workers=os.cpu_count() or 1,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        # Tracebacks then name the place where Lambda mounts layers.
        stripdir=None if native else str(root),
        prependdir=None if native else "/opt/python",
    )


def _pip(target: Path, wanted: Wanted) -> None:
    platforms = {"x86_64": "manylinux2014_x86_64", "arm64": "manylinux2014_aarch64"}
    foreign = (
        *("--platform", platforms[wanted.arch]),
        *("--only-binary=:all:", "--python-version", ".".join(map(str, LAMBDA_PYTHON))),
    )
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"),
            *("--target", str(target), "--requirement", str(wanted.requirements)),
            *(() if wanted.native else foreign),
        ],
        check=True,
    )


def _copy_installed(target: Path, requirements: Path) -> bool:
    """Copy from this environment if every pin is installed just so; False leaves it to pip."""
    pins = list(_pins(requirements))
    try:
        found = [importlib.metadata.distribution(name) for name, _ in pins]
    except importlib.metadata.PackageNotFoundError:
        return False
    if any(distribution.version != pin for distribution, (_, pin) in zip(found, pins, strict=True)):
        return False
    for distribution in found:
        for entry in distribution.files or ():
            if ".." not in entry.parts and "__pycache__" not in entry.parts:
                copy = target / entry
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(distribution.locate_file(entry)), copy)
    return True


def _pins(requirements: Path) -> Iterator[tuple[str, str]]:
    """Yield each name and version that is pinned for this interpreter."""
    # pip is there wherever this runs, and brings its own parser of such lines.
    from pip._vendor.packaging.requirements import Requirement

    for line in requirements.read_text().splitlines():
        if text := line.split("#")[0].strip():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement.name, str(requirement.specifier).removeprefix("==")


def _publish(fresh: Path, kept: Path) -> None:
    """Put the finished directory in place; another build that was faster wins."""
    try:
        fresh.rename(kept)
    except OSError:
        shutil.rmtree(fresh)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description="Build the shared layer.")
    parser.add_argument("out", type=Path, help="directory that receives python/")
    parser.add_argument("--arch", choices=("x86_64", "arm64"), default="arm64")
    parser.add_argument("--native", action="store_true", help="for this machine instead of Lambda")
    parser.add_argument("--cache", type=Path, help="directory that keeps dependencies between builds")
    parser.add_argument("--requirements", type=Path, default=REQUIREMENTS, help="build this list alone")
    options = parser.parse_args()
    build(options.out, Wanted(options.requirements, options.arch, options.native), options.cache)


if __name__ == "__main__":
    main()
