"""Opening a remote object store: its address, its limits, and what is not allowed.

Keys, region and endpoint come from the environment as obstore reads it: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
`AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_VIRTUAL_HOSTED_STYLE_REQUEST`. Buckets are addressed by path
unless the last one is `true`.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from obstore.store import MemoryStore, ObjectStore, from_url

from aurax.errors import InvalidOption

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
"""Variables that obstore reads, the strongest first."""
_LONGEST_REQUEST = timedelta(hours=2)
"""A large object over a slow line; silence is noticed by the read timeout much earlier."""


@dataclass(frozen=True)
class Patience:
    """How long a remote store may take.

    Args:
        retry_s: for how long a request is tried again after it failed for the first time.
        silence_s: without a byte for so long, a request has failed.
        connect_s: a connection must be made so soon.
        allow_http: whether an endpoint without TLS may be elsewhere than on this machine.
    """

    retry_s: float = 60.0
    silence_s: float = 60.0
    connect_s: float = 5.0
    allow_http: bool = False


def connect(location: str, patience: Patience) -> ObjectStore:
    """Open a remote store; nothing is asked of it yet.

    Args:
        location: a URL such as `s3://bucket/folder`.
        patience: how long it may take.

    Raises:
        InvalidOption: the address holds a password, or the endpoint is not encrypted.
        ValueError: the address is none.
    """
    parts = urlsplit(location)
    if parts.username is not None or parts.password is not None:
        raise InvalidOption(
            "AURAX_OBJECTS_URL without keys", "an address with a name or password", "set AWS_ACCESS_KEY_ID instead"
        )
    if parts.query or parts.fragment:
        raise ValueError("an address has no '?' and no '#'")
    if parts.scheme == "memory":
        return MemoryStore()
    plain = _check_endpoint(patience.allow_http) if parts.scheme in ("s3", "s3a") else parts.scheme == "http"
    return from_url(
        location,
        client_options={
            "connect_timeout": timedelta(seconds=patience.connect_s),
            "read_timeout": timedelta(seconds=patience.silence_s),
            "timeout": _LONGEST_REQUEST,
            "allow_http": plain,
        },
        retry_config={
            "max_retries": 30,
            "retry_timeout": timedelta(seconds=patience.retry_s),
            "backoff": {
                "init_backoff": timedelta(milliseconds=200),
                "max_backoff": timedelta(seconds=8),
                "base": 2,
            },
        },
    )


def _check_endpoint(allow_http: bool) -> bool:
    """Whether the endpoint is one without TLS; refuses what would show songs and signatures to the network."""
    name, url = next(((name, url) for name in _ENDPOINTS if (url := os.environ.get(name))), ("", ""))
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise InvalidOption(f"{name} to be an address", "another value", f"correct or unset {name}") from None
    if parts.username is not None or parts.password is not None:
        raise InvalidOption(
            f"{name} without keys", "an address with a name or password", "set AWS_ACCESS_KEY_ID instead"
        )
    if parts.scheme != "http":
        return False
    if not allow_http and not _is_this_machine(host):
        raise InvalidOption(
            f"{name} with https, or with http on this machine",
            f"http to {host}",
            "use https, or set AURAX_OBJECTS_ALLOW_HTTP=true in a network that you trust",
        )
    return True


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
