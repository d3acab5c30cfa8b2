"""Modal as a host for engines: `AURAX_GPU=modal`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aurax.adapters.modal.functions import HOST
from aurax.engines.runtime import EngineRuntime
from aurax.engines.runtime_registry import RuntimeCheck, RuntimeContext, RuntimeSpec


def _open(context: RuntimeContext) -> EngineRuntime:
    from aurax.adapters.modal.modal_runtime import ModalRuntime
    from aurax.adapters.modal.sound import is_shared
    from aurax.adapters.objects.store import ObjectStore

    shared = is_shared(context.objects_location)
    return ModalRuntime(ObjectStore(context.objects_location, context.cache_dir) if shared else None, context.local)


def _checks() -> Iterator[RuntimeCheck]:
    yield RuntimeCheck("Modal", _token)


def _token() -> str:
    from aurax.adapters.modal.remote import require_token

    require_token()
    return "a token is here; 'aurax modal status' shows what is deployed"


def _commands() -> object:
    from aurax.adapters.modal.commands import app

    return app


RUNTIME = RuntimeSpec(
    name=HOST,
    title="Modal",
    open=_open,
    figures=Path(__file__).with_name("figures.toml"),
    checks=_checks,
    commands=_commands,
)
