"""Compile the step on this machine, once, and load it.

The library is for this processor and this compiler, so both are part of its name, as are the sources. Its own digest is
the rest of its name: a file that was cut off or changed is not loaded but built again. It is written aside and moved in
place, so that builds at the same time do not disturb each other.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

_SOURCES = Path(__file__).parent
_MAIN = "step.c"
_FLAGS = ("-std=gnu11", "-O3", "-fPIC", "-shared", "-pthread")
_PROCESSOR_FLAGS = (("-march=native",), ("-mcpu=native",), ())
"""From the best; compilers differ in what they call it."""
_COMPILERS = ("cc", "gcc", "clang")
_LONGEST_BUILD_S = 120


class CannotBuild(Exception):
    """The step cannot be compiled here; the message is one sentence."""


def load_library(cache_dir: Path | None = None, processor_flags: tuple[str, ...] | None = None) -> ctypes.CDLL:
    """Compile the step where it is not compiled yet, and load it.

    Args:
        cache_dir: where the library is kept; the user's cache folder when None.
        processor_flags: the compiler's for a certain processor; None for this one's best.

    Raises:
        CannotBuild: there is no compiler, it fails, or nothing can be written.
    """
    return _load(cache_dir or user_cache_path("aurax"), processor_flags)


@cache
def _load(cache_dir: Path, processor_flags: tuple[str, ...] | None) -> ctypes.CDLL:
    compiler = _compiler()
    flags, target = _target(compiler, processor_flags)
    folder = cache_dir / "native"
    key = _key(compiler, flags, target)
    for path in sorted(folder.glob(f"step-{key}-*.so")):
        library = _open(path)
        if library is not None:
            return library
    library = _open(_build(compiler, flags, folder, key))
    if library is None:
        raise CannotBuild("the compiled step cannot be loaded")
    return library


def _compiler() -> tuple[str, ...]:
    wanted = os.environ.get("CC", "")
    for words in (shlex.split(wanted),) if wanted else ((name,) for name in _COMPILERS):
        if words and shutil.which(words[0]):
            return tuple(words)
    raise CannotBuild(f"there is no C compiler here ({wanted or ', '.join(_COMPILERS)})")


def _target(compiler: tuple[str, ...], processor_flags: tuple[str, ...] | None) -> tuple[tuple[str, ...], bytes]:
    """Flags that the compiler knows, and what it then takes the processor and itself to be."""
    said = ""
    for flags in _PROCESSOR_FLAGS if processor_flags is None else (processor_flags,):
        done = _run([*compiler, *flags, "-dM", "-E", "-x", "c", os.devnull])
        if done.returncode == 0:
            return flags, done.stdout
        said = _first_line(done.stderr)
    raise CannotBuild(f"the C compiler {compiler[0]} does not work: {said}")


def _key(compiler: tuple[str, ...], flags: tuple[str, ...], target: bytes) -> str:
    digest = hashlib.sha256()
    for source in sorted([*_SOURCES.glob("*.c"), *_SOURCES.glob("*.h")]):
        digest.update(source.read_bytes())
    digest.update(repr((compiler, flags, _FLAGS)).encode())
    digest.update(target)
    return digest.hexdigest()[:16]


def _build(compiler: tuple[str, ...], flags: tuple[str, ...], folder: Path, key: str) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = Path(scratch) / "step.so"
            done = _run([*compiler, *_FLAGS, *flags, str(_SOURCES / _MAIN), "-o", str(made), "-lm"])
            if done.returncode != 0:
                raise CannotBuild(f"the C compiler {compiler[0]} fails: {_first_line(done.stderr)}")
            final = folder / f"step-{key}-{_digest(made)}.so"
            made.replace(final)
            return final
    except OSError as error:
        raise CannotBuild(f"the compiled step cannot be written to {folder}: {error}") from error


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=_LONGEST_BUILD_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuild(f"the C compiler {command[0]} does not run: {error}") from error


def _open(path: Path) -> ctypes.CDLL | None:
    """The library, unless it is not what was once built."""
    try:
        if _digest(path) != path.stem.rpartition("-")[2]:
            return None
        return ctypes.CDLL(str(path))
    except OSError:
        return None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _first_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return next((line for line in lines if "error" in line), lines[0] if lines else "it says nothing")
