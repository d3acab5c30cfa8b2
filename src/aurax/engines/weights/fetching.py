"""Fetching weights from where their makers publish them."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aurax.engines.checkpoints import refuse_pickle
from aurax.engines.engine_registry import load_engines
from aurax.engines.weights.lock import Locked, WeightsLock, hashes
from aurax.engines.weights.source import WeightsSource
from aurax.errors import InvalidOption, ServiceUnavailable, UnknownPlugin

Download = Callable[[WeightsSource, Path], str | None]
"""Puts a source's files into a folder and tells which commit they are of, where there is one."""


def fetch(engine: str, weights_dir: Path, download: Download | None = None, *, renew: bool = False) -> dict[str, int]:
    """Fetch an engine's weights; they appear whole or not at all, and replace older ones.

    The first fetch writes the commit and every file's hash into the lock file; later ones ask for that commit and
    accept only the same files. Several fetches may run at once, in any processes of this machine.

    Args:
        engine: its name.
        weights_dir: gets a folder of that name.
        download: from the Hub when None.
        renew: whether newer files are accepted, and pinned instead.

    Returns:
        Bytes by file.

    Raises:
        UnknownPlugin: no source is known for this engine.
        BadCheckpoint: the source gave a pickle, or other files than at the first fetch.
        CorruptData: the lock file cannot be read.
        ServiceUnavailable: the source gave nothing.
    """
    source, lock = source_of(engine), WeightsLock(weights_dir)
    known = None if renew else lock.read(engine, source.repository)
    if known is not None and known.revision:
        source = replace(source, revision=known.revision)
    partial = weights_dir / f".{engine}-{uuid.uuid4().hex}"
    partial.mkdir(parents=True)
    try:
        revision = (download or _from_hub)(source, partial)
        shutil.rmtree(partial / ".cache", ignore_errors=True)
        files = sorted(path for path in partial.rglob("*") if path.is_file())
        if not any(path.suffix == ".safetensors" for path in files):
            raise ServiceUnavailable(
                f"weights of {engine} as safetensors at {source.repository}",
                ", ".join(path.name for path in files) or "nothing",
                f"look at https://huggingface.co/{source.repository}, or put the files there yourself",
            )
        for path in files:
            refuse_pickle(path)
        sizes = {path.relative_to(partial).as_posix(): path.stat().st_size for path in files}
        found = Locked(source.repository, revision or "", hashes(partial))
        with lock.held():
            # Read again: another process may have fetched the same engine meanwhile.
            known = None if renew else lock.read(engine, source.repository)
            if known is not None:
                known.check(engine, found)
            _replace(weights_dir / engine, partial)
            lock.write(engine, found)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return sizes


def sources() -> dict[str, WeightsSource]:
    """Where weights can be fetched from, by engine; what the installed engines say."""
    return {name: spec.weights for name, spec in load_engines().items() if spec.weights is not None}


def source_of(engine: str) -> WeightsSource:
    """Where an engine's weights are published.

    Raises:
        UnknownPlugin: no source is known.
    """
    known = sources()
    if engine not in known:
        raise UnknownPlugin(
            f"an engine whose weights can be fetched: {', '.join(known)}",
            repr(engine),
            "choose one of these, or put the files into the folder of its weights yourself (docs/engines.md)",
        )
    return known[engine]


def stored(weights_dir: Path) -> dict[str, dict[str, int]]:
    """Bytes by file of every engine whose weights are here.

    Args:
        weights_dir: holds one folder for each.
    """
    if not weights_dir.is_dir():
        return {}
    folders = sorted(path for path in weights_dir.iterdir() if path.is_dir() and not path.name.startswith("."))
    return {
        folder.name: {
            path.relative_to(folder).as_posix(): path.stat().st_size
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        for folder in folders
    }


def _from_hub(source: WeightsSource, folder: Path) -> str | None:
    # Engines work offline; only fetching does not. The Hub's own switch is read when it is first imported.
    os.environ["HF_HUB_OFFLINE"] = "0"
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    page = f"https://huggingface.co/{source.repository}"
    try:
        # Resolved to a commit first, so that all files are of one commit and the lock file can name it.
        commit = huggingface_hub.HfApi().repo_info(source.repository, revision=source.revision).sha
        huggingface_hub.snapshot_download(
            source.repository, revision=commit, local_dir=folder, allow_patterns=list(source.patterns)
        )
        return commit
    except GatedRepoError:
        raise InvalidOption(
            f"an account that has accepted the licence on {page}",
            "none",
            "accept it there, make a token, and set HF_TOKEN where weights are fetched (a host needs it as a secret)",
        ) from None
    except (RepositoryNotFoundError, HfHubHTTPError, OSError) as error:
        raise ServiceUnavailable(
            f"{page} to answer", next(iter(str(error).splitlines()), type(error).__name__), "try again later"
        ) from error


def _replace(target: Path, new: Path) -> None:
    old = target.with_name(f".{target.name}-old-{uuid.uuid4().hex}")
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)
