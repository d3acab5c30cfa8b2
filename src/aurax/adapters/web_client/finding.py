"""The web interface that is meant: the one that the environment names, or the one of this data folder."""

from __future__ import annotations

from aurax.adapters.http.access import launch_token
from aurax.adapters.local.runtime_folder import RuntimeFolder
from aurax.adapters.web_client.client import AuraxClient
from aurax.errors import NotAllowed, ServiceUnavailable
from aurax.settings import Settings


def find_client(settings: Settings, *, allow_http: bool = False) -> AuraxClient:
    """A client of the web interface that is meant.

    Args:
        settings: its address and key; without an address, where the data folder is on which `aurax up` runs.
        allow_http: whether the key may travel without TLS to another machine.

    Raises:
        NotAllowed: an API key is needed, and there is none.
        ServiceUnavailable: no web interface runs on the data folder.
    """
    key = None if settings.api_key is None else settings.api_key.get_secret_value()
    if settings.web_url is not None:
        if key is None:
            raise NotAllowed(f"an API key for {settings.web_url}", "none", "set AURAX_API_KEY")
        return AuraxClient(settings.web_url, key, allow_http=allow_http)
    runtime = RuntimeFolder(settings.run_dir).read()
    if runtime is None or runtime.web_address is None:
        found = "nothing runs there" if runtime is None else "the servers run without it"
        raise ServiceUnavailable(
            f"a web interface on {settings.data_dir}", found, "start 'aurax up', or set AURAX_WEB_URL and AURAX_API_KEY"
        )
    if key is None and settings.web_access == "local":
        key = launch_token(settings.run_dir)
    if key is None:
        raise NotAllowed("an API key", "none", "set AURAX_API_KEY; 'aurax keys add' makes one")
    return AuraxClient(runtime.web_address, key, allow_http=allow_http)
