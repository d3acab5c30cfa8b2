"""Payloads sealed with a key for tests."""

from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.keys import PayloadKey, PayloadKeys

KEYS = PayloadKeys((PayloadKey("tests", bytes(range(32))),))
SEALED = data_converter(KEYS)
