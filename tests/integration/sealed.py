"""Payloads sealed with a key for tests."""

import base64

from aurax.adapters.temporal.converter import data_converter
from aurax.adapters.temporal.keys import PayloadKey, PayloadKeys

_SECRET = bytes(range(32))
KEYS = PayloadKeys((PayloadKey("tests", _SECRET),))
AS_A_SETTING = f"tests:{base64.b64encode(_SECRET).decode()}"
"""The same key for processes of their own, in AURAX_PAYLOAD_KEY."""
SEALED = data_converter(KEYS)
