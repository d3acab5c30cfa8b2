"""How to reach a Temporal server of one's own, from Temporal's environment configuration.

Address, namespace, API key and certificates come from `TEMPORAL_…` variables or a profile of its file. An API key
turns TLS on. No message here quotes a key, nor a line of the file, which may hold one.
"""

from __future__ import annotations

from typing import Any

from temporalio.envconfig import ClientConfig

from aurax.errors import InvalidOption

_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})


def configured_options() -> dict[str, Any]:
    """The arguments of `Client.connect` that Temporal's configuration names.

    Raises:
        InvalidOption: it cannot be read, names no address, or would send an API key without TLS.
    """
    try:
        options = dict(ClientConfig.load_client_connect_config())
    except OSError as error:
        raise InvalidOption(
            "the files that the TEMPORAL_… variables name to be readable",
            f"{error.filename}: {error.strerror}",
            "correct TEMPORAL_CONFIG_FILE and TEMPORAL_TLS_…_PATH",
        ) from error
    except Exception as error:
        raise InvalidOption(
            "a readable Temporal configuration",
            str(error).partition("\n")[0][:300],
            "correct the TEMPORAL_… variables or its file",
        ) from None  # what follows in the error quotes the file
    address = str(options.get("target_host") or "")
    if not address:
        raise InvalidOption(
            "Temporal's configuration to name an address", "none", "set TEMPORAL_ADDRESS, or address in the profile"
        )
    if options.get("api_key") and not options.get("tls") and address.rpartition(":")[0] not in _LOOPBACK:
        raise InvalidOption(
            "TLS, where an API key is sent", f"TLS switched off for {address}", "unset TEMPORAL_TLS, or set it to true"
        )
    return options
