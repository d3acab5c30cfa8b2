"""Putting the app on Modal, and showing its logs."""

from __future__ import annotations

import contextlib
import subprocess
import sys

from aurax.adapters.modal.failures import typed_failure, without_secrets
from aurax.adapters.modal.functions import APP, HUB_SECRET, OBJECTS_SECRET
from aurax.adapters.modal.remote import require_token
from aurax.errors import InvalidOption
from aurax.version import __version__


def deploy() -> None:
    """Deploy the app; what Modal has to say goes to stderr.

    Raises:
        MissingExtra: Modal's client is not installed.
        InvalidOption: there is no token, or it is refused, or a secret is missing.
        AuraxError: Modal could not build or take the app.
    """
    require_token()
    import modal

    from aurax.adapters.modal.app import app

    try:
        with contextlib.redirect_stdout(sys.stderr), modal.enable_output():
            app.deploy(tag=__version__)
    except modal.exception.NotFoundError as error:
        # The app makes its Volume itself; only secrets have to be there before it.
        raise InvalidOption(
            f"the secrets {OBJECTS_SECRET} (where AURAX_OBJECTS_URL is set) "
            f"and {HUB_SECRET} (where AURAX_MODAL_HUB_SECRET is)",
            without_secrets(str(error)),
            f"make it: modal secret create {OBJECTS_SECRET} AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…",
        ) from error
    except Exception as error:
        raise typed_failure(error, f"the app {APP!r}") from error


def show_logs(*, follow: bool, last: int) -> int:
    """Write the app's logs to stdout.

    Args:
        follow: continue until interrupted.
        last: otherwise, how many entries.

    Returns:
        Modal's exit status.

    Raises:
        MissingExtra: Modal's client is not installed.
        InvalidOption: there is no token.
    """
    require_token()
    how_many = ["--follow"] if follow else ["--tail", str(last)]
    return subprocess.run([sys.executable, "-m", "modal", "app", "logs", APP, *how_many], check=False).returncode
