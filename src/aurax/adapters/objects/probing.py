"""Whether an object store does all that songs need: asked with one small object, which does not stay."""

from __future__ import annotations

import contextlib
import time
import uuid

import obstore
from obstore.exceptions import BaseError

from aurax.adapters.objects.connection import Patience, connect
from aurax.adapters.objects.failures import translating_errors
from aurax.errors import InvalidOption, StorageRefused
from aurax.services.clock import ahead_s

_CONTENT = b'{"from": "aurax doctor"}'


def probe(location: str, patience: Patience) -> float:
    """Write, list, read and delete an object of a remote store.

    Args:
        location: a URL such as `s3://bucket/folder`.
        patience: how long it may take.

    Returns:
        By how many seconds the store's clock is ahead of this machine's at least.

    Raises:
        InvalidOption: the address cannot be understood or is not allowed.
        ServiceUnavailable: the store does not answer.
        StorageRefused: it refuses; says which right is missing.
        StorageFull: it has no room.
    """
    try:
        store = connect(location, patience)
    except (BaseError, ValueError) as error:
        raise InvalidOption(
            "AURAX_OBJECTS_URL to be a URL such as s3://bucket", str(error).splitlines()[0], "correct or unset it"
        ) from error
    folder = f"documents/doctor-{uuid.uuid4().hex}"
    key = f"{folder}/probe.json"
    try:
        with translating_errors("a small object"):
            before_s = time.time()
            obstore.put(store, key, _CONTENT)
            try:
                written_s = obstore.head(store, key)["last_modified"].timestamp()
                # Stores cut the time to whole seconds.
                skew_s = ahead_s(written_s, before_s, time.time(), grain_s=1.0)
                listed = [one["path"] for page in obstore.list(store, folder) for one in page]
                content = bytes(obstore.get(store, key).bytes())
            except BaseException:
                with contextlib.suppress(Exception):
                    obstore.delete(store, key)
                raise
            obstore.delete(store, key)
    except FileNotFoundError:
        raise _strange("no trace of it") from None
    if content != _CONTENT or listed != [key]:
        raise _strange("other content" if content != _CONTENT else "a list without it")
    return skew_s


def _strange(found: str) -> StorageRefused:
    return StorageRefused(
        "the object store to give back what it was just given", found, "check AURAX_OBJECTS_URL and AWS_ENDPOINT_URL"
    )
