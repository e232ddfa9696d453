"""Build the shared layer: pinned dependencies, stripped and compiled, and our own package beside them.

`python build.py OUT` writes OUT/python for Lambda; `--native` builds for this machine instead. It needs
nothing but pip, as `sam build` runs it (see the Makefile here).
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


def build(out: Path, arch: str, native: bool, cache: Path | None = None) -> None:
    """Write OUT/python. `arch` is x86_64 or arm64; `cache` keeps dependencies between builds."""
    target = out / "python"
    shutil.rmtree(target, ignore_errors=True)
    if cache is None:
        dependencies(target, arch, native)
    else:
        kept = cache / f"dependencies-{_key(arch, native)}"
        if not kept.exists():
            fresh = kept.with_name(f"{kept.name}.{os.getpid()}.new")
            dependencies(fresh, arch, native)
            _publish(fresh, kept)
        shutil.copytree(kept, target, copy_function=os.link)
    shutil.copytree(PACKAGE, target / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    precompile(target / PACKAGE.name, target, native)


def dependencies(target: Path, arch: str, native: bool) -> None:
    """Put the pinned dependencies into `target`, stripped and compiled."""
    target.mkdir(parents=True)
    if not (native and _copy_installed(target)):
        _pip(target, arch, native)
    strip(target)
    precompile(target, target, native)


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


def _pip(target: Path, arch: str, native: bool) -> None:
    foreign = (
        *("--platform", {"x86_64": "manylinux2014_x86_64", "arm64": "manylinux2014_aarch64"}[arch]),
        *("--only-binary=:all:", "--python-version", ".".join(map(str, LAMBDA_PYTHON))),
    )
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"),
            *("--target", str(target), "--requirement", str(REQUIREMENTS)),
            *(() if native else foreign),
        ],
        check=True,
    )


def _copy_installed(target: Path) -> bool:
    """Copy from this environment if every pin is installed just so; False leaves it to pip."""
    try:
        found = [importlib.metadata.distribution(name) for name, _ in _pins()]
    except importlib.metadata.PackageNotFoundError:
        return False
    if any(distribution.version != pin for distribution, (_, pin) in zip(found, _pins(), strict=True)):
        return False
    for distribution in found:
        for entry in distribution.files or ():
            if ".." not in entry.parts and "__pycache__" not in entry.parts:
                copy = target / entry
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(distribution.locate_file(entry)), copy)
    return True


def _pins() -> Iterator[tuple[str, str]]:
    """Yield each pinned name and version."""
    for line in REQUIREMENTS.read_text().splitlines():
        requirement = line.split("#")[0].split(";")[0].strip()
        if requirement:
            name, version = requirement.split("==")
            yield name, version


def _key(arch: str, native: bool) -> str:
    """Return a short hash of all that decides what the dependencies look like."""
    parts = (REQUIREMENTS.read_text(), Path(__file__).read_text(), sys.version, arch, str(native))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


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
    options = parser.parse_args()
    build(options.out, options.arch, options.native, options.cache)


if __name__ == "__main__":
    main()
