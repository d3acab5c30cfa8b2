"""The data converter that clients, workers and tests share."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter

from aurax.adapters.temporal.keys import PayloadKeys
from aurax.adapters.temporal.refusal import SealedFailureConverter, SealedPayloadConverter
from aurax.adapters.temporal.sealing import SealingCodec
from aurax.settings import Settings


def data_converter(keys: PayloadKeys | None) -> DataConverter:
    """How values become payloads and back.

    Args:
        keys: seal and open the payloads; None leaves them in clear, as recorded histories for tests are.
    """
    if keys is None:
        return pydantic_data_converter
    return DataConverter(
        payload_converter_class=SealedPayloadConverter,
        payload_codec=SealingCodec(keys),
        failure_converter_class=SealedFailureConverter,
    )


def task_queue(client: Client, settings: Settings) -> str:
    """The task queue on which a client asks and a worker answers.

    Args:
        client: a connected client; its keys may make the name private.
        settings: the configured name.
    """
    codec = client.data_converter.payload_codec
    return codec.keys.task_queue(settings.task_queue) if isinstance(codec, SealingCodec) else settings.task_queue
