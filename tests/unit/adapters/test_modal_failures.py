import importlib
import logging
from pathlib import Path

import pytest

from aurax.adapters.modal.failures import typed_failure, without_secrets
from aurax.adapters.modal.modal_runtime import ModalRuntime
from aurax.adapters.objects.store import ObjectStore
from aurax.engines.engine import EngineContext
from aurax.engines.local_runtime import LocalRuntime
from aurax.errors import (
    AuraxError,
    EngineTimeout,
    InvalidOption,
    OutOfMemory,
    Preempted,
    QuotaExceeded,
    ServiceUnavailable,
    VersionMismatch,
)
from aurax.settings import Settings

modal_exception = importlib.import_module("modal.exception")


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("AuthError", "Token missing. Could not authenticate client.", InvalidOption),
        ("AuthError", "Token ID is malformed", InvalidOption),
        ("PermissionDeniedError", "no access", InvalidOption),
        ("ResourceExhaustedError", "too many", QuotaExceeded),
        ("RemoteError", "workspace reached its spend limit", QuotaExceeded),
        ("PermissionDeniedError", "Workspace billing cycle budget exceeded", QuotaExceeded),
        ("FunctionTimeoutError", "Task's current input hit its timeout of 1800s", EngineTimeout),
        ("NotFoundError", "App 'aurax' not found", ServiceUnavailable),
        ("VersionError", "client is too old", VersionMismatch),
        ("InternalFailure", "lost", Preempted),
        ("OutputExpiredError", "expired", Preempted),
        ("RemoteError", "Runner terminated", Preempted),
        ("RemoteError", "container was preempted", Preempted),
        (
            "ExecutionError",
            "Could not deserialize remote exception: torch.OutOfMemoryError: CUDA out of memory",
            OutOfMemory,
        ),
        ("RemoteError", "container exited: OOM", OutOfMemory),
        ("ServiceError", "unavailable", ServiceUnavailable),
        ("ConnectionError", "Could not connect", ServiceUnavailable),
        ("InternalError", "oops", ServiceUnavailable),
        ("RequestSizeError", "too large", InvalidOption),
        ("InvalidError", "surprise", AuraxError),
    ],
)
def test_what_modal_raises_becomes_an_error_of_its_own_type(name: str, text: str, kind: type[AuraxError]) -> None:
    error = typed_failure(getattr(modal_exception, name)(text), "Generate")
    assert type(error) is kind
    assert error.expected
    assert error.found
    assert error.fix


def test_the_classes_that_are_known_by_name_exist() -> None:
    """A renamed class would silently become a general error."""
    for name in (
        "AuthError",
        "ClientClosed",
        "ConnectionError",
        "FunctionTimeoutError",
        "InternalError",
        "InternalFailure",
        "NotFoundError",
        "OutputExpiredError",
        "PermissionDeniedError",
        "RequestSizeError",
        "ResourceExhaustedError",
        "ServiceError",
        "VersionError",
    ):
        assert issubclass(getattr(modal_exception, name), Exception)


def test_an_app_that_is_not_deployed_is_not_asked_again() -> None:
    assert not typed_failure(modal_exception.NotFoundError("gone"), "Generate").retryable
    assert typed_failure(modal_exception.ServiceError("gone"), "Generate").retryable


def test_a_full_gpu_is_known_by_the_name_of_its_error() -> None:
    kind = type("OutOfMemoryError", (RuntimeError,), {})
    assert isinstance(typed_failure(kind("allocation"), "Generate"), OutOfMemory)


def test_errors_of_our_own_pass_unchanged() -> None:
    error = Preempted("a", "b", "c")
    assert typed_failure(error, "Generate") is error


@pytest.mark.parametrize(
    "secret", ["ak-AbCdEf123456", "as-AbCdEf123456", "hf_AbCdEf123456", "AKIAIOSFODNN7EXAMPLE", "user:word"]
)
def test_secrets_are_blotted_out_of_messages(secret: str) -> None:
    text = f"refused https://{secret}@host" if ":" in secret else f"refused {secret} today"
    assert secret not in without_secrets(text)
    error = typed_failure(modal_exception.ServiceError(text), "Generate")
    assert secret not in str(error)


def test_no_token_is_shown_or_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, "as-very-secret-word")
    with caplog.at_level(logging.DEBUG):
        settings = Settings.load(data_dir=tmp_path)
        runtime = ModalRuntime(ObjectStore("memory:///", tmp_path / "cache"), LocalRuntime(EngineContext(tmp_path), {}))
        shown = f"{runtime!r} {vars(runtime)!r} {settings!r}"
    assert "very-secret-word" not in shown
    assert "very-secret-word" not in caplog.text
