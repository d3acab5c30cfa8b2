# No `from __future__ import annotations` here: Modal reads the types of its parameters from the classes themselves.
"""The app on Modal. Deploy it with `aurax modal deploy`.

Everything that it does is in `service` and `admin`; here is only what runs where. Every function also runs in
this process with `.local()`, without an account: weights are then looked for in AURA-X's own folder.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import modal

from aurax.adapters.modal import admin
from aurax.adapters.modal.functions import (
    APP,
    DISCRIMINATE,
    GENERATE,
    HUB_SECRET,
    MASTER,
    OBJECTS_SECRET,
    SEPARATE,
    SEPARATE_HQ,
    VOLUME,
    WEIGHTS_DIR,
    ModalFunction,
)
from aurax.adapters.modal.image import build_image, hub_secret_wanted, objects_url
from aurax.adapters.modal.service import Service
from aurax.settings import Settings

app = modal.App(APP, include_source=False)
image = build_image()
volume = modal.Volume.from_name(VOLUME, create_if_missing=True)
secrets = [modal.Secret.from_name(OBJECTS_SECRET)] if objects_url() else []
hub_secrets = [modal.Secret.from_name(HUB_SECRET)] if hub_secret_wanted() else []
again = modal.Retries(max_retries=2, backoff_coefficient=2.0, initial_delay=1.0)


def _resources(function: ModalFunction) -> dict[str, Any]:
    # Modal repeats no generators: the caller does, and Modal itself starts pre-empted ones again.
    return {
        "image": image,
        "volumes": {WEIGHTS_DIR: volume.with_mount_options(read_only=True)},
        "secrets": secrets,
        "gpu": function.gpu,
        "cpu": function.cores,
        "memory": function.memory_mib,
        "timeout": function.timeout_s,
        "scaledown_window": function.scaledown_s,
        "max_containers": function.max_containers,
        "enable_memory_snapshot": True,
    }


class _Engines:
    """What all classes do: engines of one kind, one of them in each container.

    Modal finds the decorated methods of a base class. Its parameters it looks for in the class itself, so every class
    declares `engine`.
    """

    function: ClassVar[ModalFunction]
    engine: str
    service: Service

    @modal.enter(snap=True)
    def prepare(self) -> None:
        """Import what is needed; the container's memory is then remembered."""
        refresh = None if modal.is_local() else volume.reload
        self.service = Service(self.function, self.engine, Settings.load(), refresh=refresh)
        self.service.prepare()

    @modal.enter(snap=False)
    def start(self) -> None:
        """Load the engine where it is to run."""
        self.service.start()

    @modal.method()
    def stream(self, message: bytes) -> Iterator[bytes]:
        """Answer a call."""
        yield from self.service.answer(message, None if modal.is_local() else modal.current_function_call_id())

    @modal.exit()
    def close(self) -> None:
        """Free all memory."""
        self.service.close()


@app.cls(**_resources(GENERATE))
class Generate(_Engines):
    """Makes audio."""

    function = GENERATE
    engine: str = modal.parameter(default="")


@app.cls(**_resources(SEPARATE))
class Separate(_Engines):
    """Takes audio apart."""

    function = SEPARATE
    engine: str = modal.parameter(default="")


@app.cls(**_resources(SEPARATE_HQ))
class SeparateHq(_Engines):
    """Takes audio apart with the larger models."""

    function = SEPARATE_HQ
    engine: str = modal.parameter(default="")


@app.cls(**_resources(DISCRIMINATE))
@modal.concurrent(max_inputs=DISCRIMINATE.at_once)
class Discriminate(_Engines):
    """Judges audio."""

    function = DISCRIMINATE
    engine: str = modal.parameter(default="")


@app.cls(**_resources(MASTER))
@modal.concurrent(max_inputs=MASTER.at_once)
class Master(_Engines):
    """Finishes mixes; needs no GPU."""

    function = MASTER
    engine: str = modal.parameter(default="")


# One container at a time: the weights have one lock file, and of a file a Volume keeps what is committed last.
@app.function(
    image=image,
    volumes={WEIGHTS_DIR: volume},
    secrets=hub_secrets,
    timeout=3600,
    retries=again,
    cpu=2.0,
    max_containers=1,
)
def fetch_weights(engine: str) -> str:
    """Fill the Volume with an engine's weights."""
    return admin.fetch_weights(engine, Settings.load().weights_dir, None if modal.is_local() else volume.commit)


@app.function(image=image, volumes={WEIGHTS_DIR: volume}, timeout=60, retries=again)
def versions() -> str:
    """What is deployed, and which weights are in the Volume."""
    return admin.versions(Settings.load())
