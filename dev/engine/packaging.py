"""Turn the template's code into what the engine runs: one zip a function, one directory a layer."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "layers" / "switchboard" / "build.py"
_WORKER = Path(__file__).with_name("worker.py")
_IGNORED = {"__pycache__", ".DS_Store", ".mypy_cache", ".ruff_cache"}

# What Lambda's Python runtime brings along: its client, and boto3 with what that needs.
_RUNTIME_PACKAGES = (
    *("awslambdaric", "snapshot_restore_py.py", "simplejson"),
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3"),
)


def source_files(root: Path) -> list[Path]:
    """Return a directory's files in a stable order, without caches."""
    return sorted(
        path for path in root.rglob("*") if path.is_file() and not _IGNORED.intersection(path.parts)
    )


def digest(paths: Iterable[Path], *more: str) -> str:
    """Return a short hash of the files' names and contents, and of further texts."""
    total = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        total.update(str(path).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:20]


def function_zip(code: Path, runtime: Path, layers: list[Path]) -> bytes:
    """Return the function's zip: its code, and a `bootstrap` that runs it with these layers."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in source_files(code):
            archive.writestr(_entry(str(path.relative_to(code)), 0o644), path.read_bytes())
        archive.writestr(_entry("bootstrap", 0o755), bootstrap(runtime, layers))
    return buffer.getvalue()


def note_zip(note: str) -> bytes:
    """Return a zip with one text file, for a layer whose content the functions read from its directory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(_entry("note.txt", 0o644), note)
    return buffer.getvalue()


def bootstrap(runtime: Path, layers: list[Path]) -> str:
    """Return the shell script that the engine starts as the function's process."""
    return f"#!/bin/sh\nexec {shlex.join(worker_command(runtime, layers))}\n"


def worker_command(runtime: Path, layers: list[Path]) -> list[str]:
    """Return the command of a function's process; it finds its code by LAMBDA_TASK_ROOT."""
    return [sys.executable, "-S", "-P", *map(str, (_WORKER, runtime, *layers))]


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    """Return a zip entry with a fixed date, so that equal content makes an equal zip."""
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.external_attr = mode << 16
    return entry


def runtime_directory(cache: Path) -> Path:
    """Return a directory with what Lambda's runtime provides, linked from this environment."""
    spec = importlib.util.find_spec("awslambdaric")
    assert spec is not None
    assert spec.origin is not None
    site = Path(spec.origin).parent.parent
    target = cache / f"runtime-{digest([], str(site), sys.version, *_RUNTIME_PACKAGES)}"
    if not target.exists():
        fresh = _fresh(target)
        for name in (*_RUNTIME_PACKAGES, *(path.name for path in site.glob("runtime_client*"))):
            (fresh / name).symlink_to(site / name)
        _publish(fresh, target)
    return target


def layer_directory(content: Path, cache: Path) -> Path:
    """Return the built layer (a directory holding `python/`), building it if its content is new.

    A layer with a `build.py` is built by it, exactly as for AWS but for this machine; any other is copied.
    """
    target = cache / f"layer-{content.name}-{digest(source_files(content), sys.version)}"
    if not target.exists():
        fresh = _fresh(target)
        script = content / "build.py"
        if script.exists():
            _run_build(script, fresh, cache)
        else:
            shutil.copytree(content, fresh / "python", ignore=shutil.ignore_patterns(*_IGNORED))
        _publish(fresh, target)
    return target


def dependencies_directory(requirements: Path, cache: Path) -> Path:
    """Return a directory holding `python/` with what a function's own requirements.txt pins."""
    target = cache / f"function-{requirements.parent.name}-{digest([requirements, BUILD], sys.version)}"
    if not target.exists():
        fresh = _fresh(target)
        _run_build(BUILD, fresh, cache, "--requirements", str(requirements))
        _publish(fresh, target)
    return target


def _run_build(script: Path, out: Path, cache: Path, *more: str) -> None:
    """Build for this machine; what the build says goes to standard error."""
    arguments = [str(out), "--native", "--cache", str(cache), *more]
    subprocess.run([sys.executable, str(script), *arguments], check=True, stdout=sys.stderr)


def _fresh(target: Path) -> Path:
    """Return an empty directory beside `target` for this process to fill."""
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    return fresh


def _publish(fresh: Path, target: Path) -> None:
    """Put the finished directory in place; another process that was faster wins."""
    try:
        fresh.rename(target)
    except OSError:
        shutil.rmtree(fresh)
