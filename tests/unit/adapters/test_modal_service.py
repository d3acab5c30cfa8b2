from pathlib import Path

import numpy as np
import pytest
from builders.modal_double import InProcess  # noqa: F401 - finds the fake engines

from aurax.adapters.modal.functions import DISCRIMINATE, FUNCTIONS, GENERATE, MASTER, SEPARATE, function_for
from aurax.adapters.modal.messages import ChunkReply, ErrorReply, Reply, StartedReply, UsageReply
from aurax.adapters.modal.service import Service
from aurax.adapters.modal.wire import pack_call, unpack_reply
from aurax.audio.waveform import Waveform
from aurax.engines.engine import Chunk
from aurax.engines.requests import DiscriminationRequest, GenerationRequest, MasteringRequest, Request
from aurax.engines.runtime import EngineCall
from aurax.errors import BadCheckpoint, MissingWeights
from aurax.produce.cost.prices import Prices
from aurax.settings import Settings

from builders.fake_engines import Clock, Workshop, info, ramp  # isort: skip

NOISE = Waveform(np.random.default_rng(1).normal(0, 0.1, (2, 4800)).astype(np.float32))


def message(request: Request, engine: str = "ramp") -> bytes:
    return pack_call(EngineCall(engine, request), None)[0]


def answers(service: Service, call: bytes) -> list[tuple[Reply, Chunk | None]]:
    return [unpack_reply(answer, None) for answer in service.answer(call, "fc-7")]


def last_error(service: Service, call: bytes) -> ErrorReply:
    reply, _ = answers(service, call)[-1]
    assert isinstance(reply, ErrorReply)
    return reply


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(data_dir=tmp_path)


@pytest.fixture
def workshop() -> Workshop:
    workshop = Workshop()
    workshop.add(info("ramp", extra="neural"))
    return workshop


def test_a_call_is_answered_with_its_name_its_chunks_and_its_usage(workshop: Workshop, settings: Settings) -> None:
    replies = answers(Service(GENERATE, "ramp", settings, workshop.engines), message(GenerationRequest("x", 1.0, (5,))))
    assert [type(reply) for reply, _ in replies] == [StartedReply, *[ChunkReply] * 4, UsageReply]
    assert replies[0][0] == StartedReply(call_id="fc-7")
    made = np.concatenate([chunk.audio["candidate-0"] for _, chunk in replies if chunk is not None], axis=1)
    assert np.array_equal(made, ramp(5, 48_000))


def test_the_start_of_a_container_belongs_to_its_first_call(settings: Settings) -> None:
    clock = Clock()

    def load() -> None:
        clock.now += 30.0

    def work(request: Request, index: int) -> None:
        clock.now += 1.0

    workshop = Workshop()
    workshop.add(info("ramp", extra="neural"), work, load)
    service = Service(GENERATE, "ramp", settings, workshop.engines, clock=clock)
    service.start()
    usages = []
    for _ in range(2):
        reply, _ = answers(service, message(GenerationRequest("x", 1.0)))[-1]
        assert isinstance(reply, UsageReply)
        usages.append((reply.usage.cold, reply.usage.load_s, reply.usage.seconds, reply.usage.device))
    assert usages == [(True, 30.0, 34.0, "A100-40GB"), (False, 0.0, 4.0, "A100-40GB")]


def test_preparing_imports_but_keeps_nothing_loaded(workshop: Workshop, settings: Settings) -> None:
    service = Service(GENERATE, "ramp", settings, workshop.engines)
    service.prepare()
    assert workshop.open() == []
    service.start()
    assert workshop.open() == ["ramp"]
    service.close()
    assert workshop.open() == []


@pytest.mark.parametrize("error", [MissingWeights("a", "b", "c"), BadCheckpoint("a", "b", "c"), RuntimeError("boom")])
def test_a_container_whose_engine_cannot_be_loaded_lives_and_tells_its_caller(
    settings: Settings, error: Exception
) -> None:
    def load() -> None:
        raise error

    workshop = Workshop()
    workshop.add(info("ramp", extra="neural"), before_load=load)
    service = Service(GENERATE, "ramp", settings, workshop.engines)
    service.prepare()
    service.start()
    told = last_error(service, message(GenerationRequest("x", 1.0)))
    assert told.kind == (type(error).__name__ if not isinstance(error, RuntimeError) else "AuraxError")
    assert (told.fix == "run 'aurax modal fetch ramp'") is isinstance(error, MissingWeights)
    assert told.fix


def test_weights_fetched_later_are_found_by_a_container_that_runs(tmp_path: Path, settings: Settings) -> None:
    workshop = Workshop()
    workshop.add(info("ramp", needs_weights=True))
    refreshed: list[bool] = []

    def refresh() -> None:
        refreshed.append(True)
        (settings.weights_dir / "ramp").mkdir(parents=True)
        (settings.weights_dir / "ramp" / "model.safetensors").write_bytes(b"x")

    service = Service(GENERATE, "ramp", settings, workshop.engines, refresh=refresh)
    for _ in range(2):
        reply, _ = answers(service, message(GenerationRequest("x", 1.0)))[-1]
        assert isinstance(reply, UsageReply)
    assert refreshed == [True]


def test_a_fault_of_the_program_is_reported_without_its_frames(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(request: Request, index: int) -> None:
        raise ZeroDivisionError("by zero\nsecond line")

    workshop = Workshop()
    workshop.add(info("ramp", extra="neural"), work)
    told = last_error(Service(GENERATE, "ramp", settings, workshop.engines), message(GenerationRequest("x", 1.0)))
    assert (told.kind, told.found) == ("AuraxError", "ZeroDivisionError: by zero")
    written = capsys.readouterr()
    assert "Traceback" in written.err
    assert written.out == ""


def test_an_engine_of_another_kind_is_refused(workshop: Workshop, settings: Settings) -> None:
    service = Service(SEPARATE, "ramp", settings, workshop.engines)
    assert last_error(service, message(GenerationRequest("x", 1.0))).kind == "InvalidOption"


def test_nonsense_is_refused(workshop: Workshop, settings: Settings) -> None:
    assert last_error(Service(GENERATE, "ramp", settings, workshop.engines), b"nonsense").kind == "CorruptData"


def test_judging_gives_measurements_and_mastering_a_master(settings: Settings) -> None:
    workshop = Workshop()
    workshop.add(info("critic", "discriminator", extra="neural"))
    workshop.add(info("finisher", "masterer"))
    judged = answers(
        Service(DISCRIMINATE, "critic", settings, workshop.engines), message(DiscriminationRequest(NOISE), "critic")
    )
    chunk = judged[-2][1]
    assert chunk is not None
    assert chunk.measurements["quality"] == pytest.approx(float(np.abs(NOISE.samples).max()))
    mastered = answers(
        Service(MASTER, "finisher", settings, workshop.engines), message(MasteringRequest(NOISE), "finisher")
    )
    made = np.concatenate([one.audio["master"] for _, one in mastered if one is not None], axis=1)
    assert np.array_equal(made, NOISE.samples)


def test_every_function_has_a_price_and_the_size_that_is_charged() -> None:
    prices = Prices.load()
    for function in FUNCTIONS:
        container = prices.container("modal", function.device)
        assert (float(container.cores), float(container.ram_gib)) == (function.cores, function.memory_mib / 1024)


def test_separators_go_where_their_size_belongs() -> None:
    assert function_for(info("htdemucs_6s", "separator")).name == "Separate"
    assert function_for(info("hpss", "separator")).name == "Separate"
    assert function_for(info("bs-roformer", "separator")).name == "SeparateHq"
