"""Opening the object store that the settings name."""

from __future__ import annotations

from aurax.adapters.objects.connection import Patience
from aurax.adapters.objects.store import ObjectStore
from aurax.settings import Settings


def open_objects(settings: Settings) -> ObjectStore:
    """The object store of the settings.

    Args:
        settings: where it is, and what limits it.

    Raises:
        InvalidOption: the address cannot be understood or is not allowed.
        StorageFull: no room to create the folder.
    """
    patience = Patience(
        retry_s=settings.objects_retry_s,
        silence_s=settings.objects_silence_s,
        allow_http=settings.objects_allow_http,
    )
    return ObjectStore(
        settings.objects_location, settings.cache_dir, cache_bytes=settings.cache_bytes, patience=patience
    )
