"""What Modal raises, as AURA-X's own errors.

Modal's types are known by their names, so that nothing of Modal need be imported here.
"""

from __future__ import annotations

import re

from aurax.errors import (
    AuraxError,
    EngineTimeout,
    InvalidOption,
    MissingExtra,
    OutOfMemory,
    Preempted,
    QuotaExceeded,
    ServiceUnavailable,
    VersionMismatch,
)

_SPENT = re.compile(r"spend(ing)? limit|budget|billing|payment|credit|quota|usage limit|rate limit", re.IGNORECASE)
_MEMORY = re.compile(r"out of memory|OutOfMemoryError|\boom\b", re.IGNORECASE)
_TAKEN = re.compile(
    r"preempt|worker (was )?(lost|shut)|terminated|was killed|container (was )?(lost|stopped)", re.IGNORECASE
)
_SECRET = re.compile(r"\b(a[ks]-[A-Za-z0-9]{6,}|hf_[A-Za-z0-9]{6,}|AKIA[A-Z0-9]{8,})|(?<=://)[^/@\s]+:[^/@\s]+(?=@)")


def missing_modal(error: ImportError) -> MissingExtra:
    """The error where Modal's client is not installed."""
    return MissingExtra("the package that talks to Modal", f"no {error.name}", "install it: pip install 'aurax[modal]'")


def missing_token() -> InvalidOption:
    """The error where nobody is logged in to Modal."""
    return InvalidOption(
        "a token for Modal, in the environment or in ~/.modal.toml",
        "none",
        "make an account at modal.com and run 'modal token new'",
    )


def not_deployed(what: str) -> ServiceUnavailable:
    """The error where a function is not on Modal."""
    return _final(ServiceUnavailable(f"{what} on Modal", "nothing of that name", "run 'aurax modal deploy'"))


def typed_failure(error: BaseException, what: str) -> AuraxError:
    """The error behind something that Modal raised.

    Args:
        error: from Modal's client, or from the code that it ran.
        what: was called, such as `Generate`.
    """
    if isinstance(error, AuraxError):
        return error
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = without_secrets(next(iter(str(error).strip().splitlines()), "") or type(error).__name__)
    whole = str(error)
    if "AuthError" in kinds:
        return missing_token() if "missing" in whole.lower() else _refused(what, text)
    if "ResourceExhaustedError" in kinds or _SPENT.search(whole):
        return QuotaExceeded(
            f"Modal to run {what}",
            text,
            "raise the workspace's budget or limits at modal.com/settings, or set AURAX_GPU=local",
        )
    if _MEMORY.search(whole) or "OutOfMemoryError" in kinds:
        return OutOfMemory(
            f"enough memory for {what} on Modal", text, "ask for fewer candidates or less audio, or a smaller engine"
        )
    if "FunctionTimeoutError" in kinds:
        return EngineTimeout(f"{what} on Modal to finish in its time", text, "ask for less audio or fewer candidates")
    if "NotFoundError" in kinds:
        return not_deployed(what)
    if "VersionError" in kinds:
        return VersionMismatch(
            "a client and an image builder that Modal supports",
            text,
            "do as it says, or pip install --upgrade 'aurax[modal]'",
        )
    if "PermissionDeniedError" in kinds:
        return _refused(what, text)
    if "RequestSizeError" in kinds:
        return InvalidOption(
            f"a request that {what} on Modal takes",
            text,
            "keep songs in an object store that both sides reach (AURAX_OBJECTS_URL), then run 'aurax modal deploy'",
        )
    if kinds & {"InternalFailure", "OutputExpiredError"} or _TAKEN.search(whole):
        return Preempted(f"{what} on Modal to finish", text, "ask again")
    if kinds & {"ServiceError", "InternalError", "ConnectionError", "ClientClosed", "TimeoutError", "OSError"}:
        return ServiceUnavailable(f"Modal to answer for {what}", text, "check the network and status.modal.com")
    return AuraxError(f"{what} on Modal to work", f"{type(error).__name__}: {text}", "see 'aurax modal logs'")


def without_secrets(text: str) -> str:
    """Text in which tokens and passwords are blotted out."""
    return _SECRET.sub("***", text)


def _refused(what: str, text: str) -> AuraxError:
    return InvalidOption(
        f"a token that may use {what} on Modal",
        text,
        "run 'modal token new', or 'modal profile activate' for another one",
    )


def _final(error: ServiceUnavailable) -> ServiceUnavailable:
    error.retryable = False
    return error
