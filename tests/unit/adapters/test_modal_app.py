import ast
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from types import ModuleType
from typing import Any

import modal
import numpy as np
import pytest
from builders.modal_double import InProcess  # noqa: F401 - finds the fake engines
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import aurax
from aurax.adapters.modal import app as app_module
from aurax.adapters.modal.admin import Deployed, Fetched
from aurax.adapters.modal.functions import FUNCTIONS, WEIGHTS_DIR
from aurax.adapters.modal.image import PACKAGES
from aurax.adapters.modal.messages import UsageReply
from aurax.adapters.modal.wire import pack_call, unpack_reply
from aurax.audio.waveform import Waveform
from aurax.engines.requests import (
    DiscriminationRequest,
    GenerationRequest,
    MasteringRequest,
    Request,
    SeparationRequest,
)
from aurax.engines.runtime import EngineCall
from aurax.version import __version__

from builders.fake_engines import Workshop, info  # isort: skip

NOISE = Waveform(np.random.default_rng(1).normal(0, 0.1, (2, 4800)).astype(np.float32))
ROOMS = ("adapters/modal", "adapters/objects", "audio", "engines", "judge", "mix")
"""What runs in the functions."""

pytestmark = pytest.mark.filterwarnings("ignore:.*executing locally.*:UserWarning")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("AURAX_OBJECTS_URL", raising=False)
    monkeypatch.delenv("AURAX_WEIGHTS_FOLDER", raising=False)
    return tmp_path


class Registered:
    """What was asked of Modal while the app was defined, in its order."""

    def __init__(self) -> None:
        self.classes: list[dict[str, Any]] = []
        self.functions: dict[str, dict[str, Any]] = {}
        self.concurrency: list[int] = []
        self.module: ModuleType | None = None


@pytest.fixture
def define(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Registered]]:
    def define_again() -> Registered:
        registered = Registered()
        add_class, add_function, concurrent = modal.App.cls, modal.App.function, modal.concurrent

        def cls(self: modal.App, **resources: Any) -> Any:
            registered.classes.append(resources)
            return add_class(self, **resources)

        def function(self: modal.App, **resources: Any) -> Any:
            def register(raw: Any) -> Any:
                registered.functions[raw.__name__] = resources
                return add_function(self, **resources)(raw)

            return register

        def together(*, max_inputs: int) -> Any:
            registered.concurrency.append(max_inputs)
            return concurrent(max_inputs=max_inputs)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(modal.App, "cls", cls)
            patch.setattr(modal.App, "function", function)
            patch.setattr(modal, "concurrent", together)
            registered.module = importlib.reload(app_module)
        return registered

    yield define_again
    monkeypatch.undo()
    importlib.reload(app_module)


def test_the_classes_have_the_resources_that_the_table_names(define: Callable[[], Registered]) -> None:
    registered = define()
    gpus = [resources["gpu"] for resources in registered.classes]
    assert gpus == ["A100-40GB", "T4", "L4", "A10", None]
    for function, resources in zip(FUNCTIONS, registered.classes, strict=True):
        assert hasattr(registered.module, function.name)
        assert resources["gpu"] == function.gpu
        assert resources["timeout"] == function.timeout_s >= 300
        assert resources["cpu"] == function.cores
        assert resources["memory"] == function.memory_mib
        assert resources["scaledown_window"] == function.scaledown_s
        assert resources["max_containers"] == function.max_containers
        assert resources["enable_memory_snapshot"] is True
        assert list(resources["volumes"]) == [WEIGHTS_DIR]
        assert resources["secrets"] == []
    assert registered.concurrency == [function.at_once for function in FUNCTIONS if function.at_once > 1]


def test_plain_functions_are_repeated_by_modal(define: Callable[[], Registered]) -> None:
    registered = define()
    assert sorted(registered.functions) == ["fetch_weights", "versions"]
    for resources in registered.functions.values():
        assert isinstance(resources["retries"], modal.Retries)
        assert list(resources["volumes"]) == [WEIGHTS_DIR]
        assert resources.get("gpu") is None


def test_a_shared_store_brings_its_credentials_as_a_secret(
    define: Callable[[], Registered], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURAX_OBJECTS_URL", "s3://bucket/songs")
    assert [len(resources["secrets"]) for resources in define().classes] == [1] * 5


def test_a_folder_brings_none(define: Callable[[], Registered], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAX_OBJECTS_URL", "/songs")
    assert [len(resources["secrets"]) for resources in define().classes] == [0] * 5


def local(function: str, engine: str, request: Request) -> list[Any]:
    """What a class on Modal answers when it runs in this process."""
    message, _ = pack_call(EngineCall(engine, request), None)
    return [unpack_reply(answer, None) for answer in getattr(app_module, function)(engine=engine).stream.local(message)]


@pytest.mark.parametrize(
    ("function", "engine", "request_", "outputs"),
    [
        ("Generate", "maker", GenerationRequest("rain", 0.5, (1, 2)), ["candidate-0", "candidate-1"]),
        ("Separate", "htdemucs", SeparationRequest(NOISE), ["other", "vocals"]),
        ("SeparateHq", "bs-roformer", SeparationRequest(NOISE), ["other", "vocals"]),
        ("Discriminate", "critic", DiscriminationRequest(NOISE), []),
        ("Master", "finisher", MasteringRequest(NOISE), ["master"]),
    ],
)
def test_every_class_runs_without_an_account(
    function: str, engine: str, request_: Request, outputs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop = Workshop()
    workshop.add(info(engine, request_.kind, extra="neural"))
    monkeypatch.setattr("aurax.adapters.modal.service.load_engines", lambda: workshop.engines)
    answers = local(function, engine, request_)
    assert sorted({name for _, chunk in answers if chunk for name in chunk.audio}) == outputs
    assert isinstance(answers[-1][0], UsageReply)
    assert answers[-1][0].usage.cold


def test_the_debug_engine_plays_the_same_there_as_here() -> None:
    from aurax.engines.engine import EngineContext, Never, generate
    from aurax.engines.installed.debug import ENGINES

    request = GenerationRequest("rain", 1.5, (7,))
    here = generate(ENGINES[0].load(EngineContext(Path("/nowhere"))), request, Never()).audio["candidate-0"]
    there = [chunk.audio["candidate-0"] for _, chunk in local("Generate", "debug", request) if chunk]
    assert np.array_equal(np.concatenate(there, axis=1), here.samples)


def test_the_plain_functions_run_without_an_account(data: Path) -> None:
    (data / "weights" / "htdemucs").mkdir(parents=True)
    (data / "weights" / "htdemucs" / "a.safetensors").write_bytes(b"1234")
    deployed = Deployed.model_validate_json(app_module.versions.local())
    assert (deployed.aurax, deployed.weights) == (__version__, {"htdemucs": {"a.safetensors": 4}})
    refused = Fetched.model_validate_json(app_module.fetch_weights.local("nobody"))
    assert refused.error is not None
    assert refused.error.kind == "UnknownPlugin"


def test_the_image_has_what_the_code_imports() -> None:
    wanted = set()
    root = Path(aurax.__file__).parent
    for room in ROOMS:
        for path in (root / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    wanted |= {name.name.split(".")[0] for name in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    wanted.add(node.module.split(".")[0])
    # Modal puts its own client into every container.
    wanted -= {*sys.stdlib_module_names, "aurax", "modal"}
    owners = packages_distributions()
    there = installed_with(Requirement(package).name for package in PACKAGES)
    missing = {name for name in wanted if not {canonicalize_name(owner) for owner in owners.get(name, [])} & there}
    assert missing == set()


def installed_with(names: Iterator[str] | Any) -> set[str]:
    """Distributions and all that they bring."""
    found: set[str] = set()
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue
        for requirement in map(Requirement, lines):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return found


def test_the_code_runs_where_only_the_image_is_installed() -> None:
    there = installed_with(Requirement(package).name for package in (*PACKAGES, "modal"))
    owners = packages_distributions()
    absent = sorted(name for name, by in owners.items() if not {canonicalize_name(owner) for owner in by} & there)
    absent = [name for name in absent if name != "aurax"]
    assert {"temporalio", "sqlalchemy", "dawdreamer"} <= set(absent)
    program = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {set(absent)!r}:
            raise ImportError(name)

sys.meta_path.insert(0, Absent())
from aurax.adapters.modal import app
from aurax.adapters.modal.wire import pack_call, unpack_reply
from aurax.engines.requests import GenerationRequest
from aurax.engines.runtime import EngineCall

message, _ = pack_call(EngineCall("debug", GenerationRequest("rain", 0.2)), None)
for answer in app.Generate(engine="debug").stream.local(message):
    sys.stdout.write(unpack_reply(answer, None)[0].reply + " ")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split()[0] == "started"
    assert ended.stdout.split()[-1] == "usage"


def test_the_pins_are_what_the_project_allows() -> None:
    pins = {canonicalize_name(Requirement(package).name): package.partition("==")[2] for package in PACKAGES}
    allowed = [Requirement(line) for line in requires("aurax") or []]
    checked = 0
    for requirement in allowed:
        version = pins.get(canonicalize_name(requirement.name))
        if version is not None:
            assert requirement.specifier.contains(version), requirement
            checked += 1
    assert checked >= 14
