"""Modal's own client, from deploying to cancelling, against a server in this process."""

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from modal_server import ModalServer

from aurax.adapters.modal import app
from aurax.adapters.modal.deploying import deploy
from aurax.adapters.modal.functions import FUNCTIONS
from aurax.adapters.modal.modal_runtime import CallSettings, ModalRuntime
from aurax.adapters.modal.remote import ModalRemote
from aurax.adapters.modal.service import Service
from aurax.audio.waveform import Waveform
from aurax.engines.engine import Chunk, EngineContext, Never
from aurax.engines.local_runtime import LocalRuntime
from aurax.engines.requests import GenerationRequest, SeparationRequest
from aurax.engines.runtime import EngineCall, Usage
from aurax.errors import Cancelled, ServiceUnavailable
from aurax.settings import Settings

sys.path.append(str(Path(__file__).parents[1] / "unit" / "engines"))
from builders.fake_engines import Workshop, info, ramp

pytestmark = pytest.mark.integration

LONG_S = 30.0


class Bench:
    """A server whose functions run the real service with fake engines."""

    def __init__(self, folder: Path) -> None:
        self.workshop = Workshop()
        self.workshop.add(info("ramp", extra="neural"))
        self.workshop.add(info("htdemucs", "separator", extra="neural", needs_weights=True))
        self.settings = Settings.load(data_dir=folder)
        self.hold = threading.Event()
        self.hold.set()
        self.server = ModalServer(self.answer)

    def answer(self, function: str, engine: str, message: bytes, call_id: str) -> Iterator[bytes]:
        described = next(one for one in FUNCTIONS if one.name == function)
        for index, answer in enumerate(
            Service(described, engine, self.settings, self.workshop.engines).answer(message, call_id)
        ):
            if index == 2:
                self.hold.wait(LONG_S)
            yield answer

    def runtime(self) -> ModalRuntime:
        local = LocalRuntime(EngineContext(self.settings.weights_dir), self.workshop.engines)
        return ModalRuntime(
            None, local, remote=ModalRemote(), call_settings=CallSettings(candidates_per_call=2, poll_s=0.01)
        )


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with bench.server:
        monkeypatch.setenv("MODAL_SERVER_URL", bench.server.url)
        monkeypatch.setenv("MODAL_TOKEN_ID", "ak-none")
        monkeypatch.setenv("MODAL_TOKEN_SECRET", "as-none")
        # The client of this process remembers the server that it first talked to, and the app what it was told there.
        monkeypatch.setattr("modal.client._Client._client_from_env", None)
        importlib.reload(app)
        yield bench


def test_deploying_registers_what_the_table_says(bench: Bench) -> None:
    deploy()
    assert bench.server.deployed
    for function in FUNCTIONS:
        registered = bench.server.functions[f"{function.name}.*"]
        assert registered.resources.gpu_config.gpu_type == (function.gpu or "")
        assert registered.resources.milli_cpu == function.cores * 1000
        assert registered.resources.memory_mb == function.memory_mib
        assert registered.timeout_secs == function.timeout_s
        assert registered.autoscaler_settings.scaledown_window == function.scaledown_s
        assert registered.autoscaler_settings.max_containers == function.max_containers
        assert registered.checkpointing_enabled
        assert [(mount.mount_path, mount.read_only) for mount in registered.volume_mounts] == [("/weights", True)]
        assert registered.max_concurrent_inputs == (function.at_once if function.at_once > 1 else 0)
        assert [parameter.name for parameter in registered.class_parameter_info.schema] == ["engine"]
        assert list(registered.method_definitions) == ["stream"]
    assert bench.server.functions["fetch_weights"].retry_policy.retries == 2


def test_calls_go_there_and_back(bench: Bench) -> None:
    deploy()
    items = list(bench.runtime().stream(EngineCall("ramp", GenerationRequest("x", 1.0, (4, 5, 6))), Never()))
    for place, seed in enumerate((4, 5, 6)):
        name = f"candidate-{place}"
        pieces = [item.audio[name] for item in items if isinstance(item, Chunk) and name in item.audio]
        assert np.array_equal(np.concatenate(pieces, axis=1), ramp(seed, 48_000))
    assert isinstance(items[-1], Usage)
    assert items[-1].audio_s == 3.0


def test_a_mixture_comes_back_as_its_stems(bench: Bench) -> None:
    deploy()
    mixture = Waveform(np.random.default_rng(2).normal(0, 0.1, (2, 48_000)).astype(np.float32))
    items = list(bench.runtime().stream(EngineCall("htdemucs", SeparationRequest(mixture)), Never()))
    stems = [
        np.concatenate([item.audio[name] for item in items if isinstance(item, Chunk) and name in item.audio], axis=1)
        for name in ("vocals", "other")
    ]
    assert np.array_equal(stems[0] + stems[1], mixture.samples)


def test_cancelling_reaches_the_call_by_its_name(bench: Bench) -> None:
    deploy()
    bench.hold.clear()
    cancel = threading.Event()
    stream = bench.runtime().stream(EngineCall("ramp", GenerationRequest("x", 1.0)), cancel)
    next(stream)
    cancel.set()
    with pytest.raises(Cancelled):
        list(stream)
    bench.hold.set()
    assert len(bench.server.cancelled) == 1
    assert bench.server.cancelled[0].startswith("fc-")


def test_without_an_app_there_the_fix_is_named(bench: Bench) -> None:
    with pytest.raises(ServiceUnavailable, match="aurax modal deploy"):
        list(bench.runtime().stream(EngineCall("ramp", GenerationRequest("x", 1.0)), Never()))
    assert "aurax modal deploy" in (bench.runtime().available("ramp") or "")


def test_available_looks_into_the_volume(bench: Bench) -> None:
    deploy()
    assert bench.runtime().available("ramp") is None
    assert "aurax modal fetch htdemucs" in (bench.runtime().available("htdemucs") or "")
    bench.server.files = {"htdemucs/955717e8.safetensors": 10, "htdemucs/htdemucs.yaml": 2, ".partial/x": 3}
    assert ModalRemote().weights() == {"htdemucs": 12}
    assert bench.runtime().available("htdemucs") is None
