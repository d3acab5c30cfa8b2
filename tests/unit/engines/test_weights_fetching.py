import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aurax.adapters.modal.admin import Fetched, fetch_weights
from aurax.engines.engine_registry import load_engines
from aurax.engines.weights.fetching import fetch, source_of, sources, stored
from aurax.engines.weights.lock import LOCK_FILE, Locked, WeightsLock
from aurax.engines.weights.source import WeightsSource
from aurax.errors import BadCheckpoint, CorruptData, ServiceUnavailable, UnknownPlugin

FILES = {"config.json": b"{}", "model.safetensors": b"\x08\0\0\0\0\0\0\0{}      "}


def giving(files: dict[str, bytes]) -> object:
    def download(source: WeightsSource, folder: Path) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    return download


def test_fetched_weights_are_in_a_folder_of_the_engines_name(tmp_path: Path) -> None:
    sizes = fetch("musicgen-small", tmp_path, giving({**FILES, ".cache/huggingface/x.lock": b""}))  # type: ignore[arg-type]
    assert sizes == {name: len(content) for name, content in FILES.items()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["musicgen-small", LOCK_FILE]
    assert stored(tmp_path) == {"musicgen-small": sizes}


def test_new_weights_replace_old_ones_whole(tmp_path: Path) -> None:
    fetch("htdemucs", tmp_path, giving({**FILES, "old.yaml": b"x"}))  # type: ignore[arg-type]
    fetch("htdemucs", tmp_path, giving(FILES), renew=True)  # type: ignore[arg-type]
    assert sorted(stored(tmp_path)["htdemucs"]) == sorted(FILES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["htdemucs", LOCK_FILE]


def test_a_fetch_that_fails_leaves_the_old_weights_and_nothing_else(tmp_path: Path) -> None:
    fetch("htdemucs", tmp_path, giving(FILES))  # type: ignore[arg-type]

    def broken(source: WeightsSource, folder: Path) -> None:
        (folder / "half.safetensors").write_bytes(b"x")
        raise ServiceUnavailable("the page", "nothing", "try again")

    with pytest.raises(ServiceUnavailable):
        fetch("htdemucs", tmp_path, broken)
    assert sorted(stored(tmp_path)["htdemucs"]) == sorted(FILES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["htdemucs", LOCK_FILE]


@pytest.mark.parametrize("pickle", [{"a.safetensors": b"PK\x03\x04zip"}, {**FILES, "pytorch_model.bin": b"\x80\x02"}])
def test_pickles_are_never_kept(tmp_path: Path, pickle: dict[str, bytes]) -> None:
    with pytest.raises(BadCheckpoint):
        fetch("htdemucs", tmp_path, giving(pickle))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_source_without_safetensors_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ServiceUnavailable, match=r"config\.json"):
        fetch("musicgen-large", tmp_path, giving({"config.json": b"{}"}))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_engines_without_a_source_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownPlugin):
        source_of("nobody")
    told = Fetched.model_validate_json(fetch_weights("nobody", tmp_path))
    assert told.error is not None
    assert isinstance(told.error.error(), UnknownPlugin)


def test_what_was_fetched_is_committed_and_failures_are_not(tmp_path: Path) -> None:
    commits: list[bool] = []
    fetch_weights("htdemucs", tmp_path, lambda: commits.append(True), giving(FILES))  # type: ignore[arg-type]
    fetch_weights("nobody", tmp_path, lambda: commits.append(True))
    assert commits == [True]


def test_only_numbers_and_text_are_asked_for() -> None:
    for source in sources().values():
        assert not any(pattern.endswith((".bin", ".pt", ".pth", ".th", ".ckpt", "*")) for pattern in source.patterns)


def test_every_source_is_that_of_an_engine_that_needs_weights() -> None:
    engines = load_engines()
    assert len(sources()) > 10
    assert all(engines[name].info.needs_weights for name in sources())


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert stored(tmp_path / "none") == {}


def test_weights_that_changed_since_the_first_fetch_are_refused_and_the_old_ones_stay(tmp_path: Path) -> None:
    fetch("htdemucs", tmp_path, giving(FILES))  # type: ignore[arg-type]
    other = {**FILES, "model.safetensors": FILES["model.safetensors"] + b" "}
    for changed in (other, {**FILES, "more.yaml": b"x"}, {"model.safetensors": FILES["model.safetensors"]}):
        with pytest.raises(BadCheckpoint, match="--renew"):
            fetch("htdemucs", tmp_path, giving(changed))  # type: ignore[arg-type]
        assert (tmp_path / "htdemucs" / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    fetch("htdemucs", tmp_path, giving(other), renew=True)  # type: ignore[arg-type]
    assert (tmp_path / "htdemucs" / "model.safetensors").read_bytes() == other["model.safetensors"]


def test_a_later_fetch_asks_for_the_commit_of_the_first(tmp_path: Path) -> None:
    asked = []

    def download(source: WeightsSource, folder: Path) -> str:
        asked.append(source.revision)
        giving(FILES)(source, folder)  # type: ignore[operator]
        return "c0ffee"

    fetch("htdemucs", tmp_path, download)
    fetch("htdemucs", tmp_path, download)
    fetch("htdemucs", tmp_path, download, renew=True)
    assert asked == ["main", "c0ffee", "main"]


def test_a_damaged_lock_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("[]")
    with pytest.raises(CorruptData, match="lock file"):
        fetch("htdemucs", tmp_path, giving(FILES))  # type: ignore[arg-type]


def test_fetches_at_the_same_time_lose_no_entry(tmp_path: Path) -> None:
    names = [name for name in sources() if name.startswith("musicgen")]
    barrier = threading.Barrier(len(names))

    def download(source: WeightsSource, folder: Path) -> str:
        giving(FILES)(source, folder)  # type: ignore[operator]
        barrier.wait()
        return source.repository

    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(lambda name: fetch(name, tmp_path, download), names))
    lock = WeightsLock(tmp_path)
    assert [lock.read(name, sources()[name].repository) is not None for name in names] == [True] * len(names)


def test_the_same_weights_fetched_twice_at_once_must_agree(tmp_path: Path) -> None:
    def download(source: WeightsSource, folder: Path) -> None:
        giving(FILES)(source, folder)  # type: ignore[operator]
        WeightsLock(tmp_path).write("htdemucs", Locked(source.repository, "c0ffee", {"model.safetensors": "other"}))

    with pytest.raises(BadCheckpoint, match="c0ffee"):
        fetch("htdemucs", tmp_path, download)


def test_fetching_here_imports_nothing_of_modal() -> None:
    program = (
        "import sys; from aurax.adapters.cli.fetch import print_sources; import aurax.engines.weights.fetching; "
        "print_sources(as_json=True); print([name for name in sys.modules if 'modal' in name], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.strip() == "[]"
