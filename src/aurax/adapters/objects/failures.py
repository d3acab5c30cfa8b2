"""What an object store's failures mean, in words that say what to do and hold no key.

Neither the library's text nor the server's is shown: the first names whole requests, the second may repeat the key's id
or what was signed.

Source: Amazon S3 API reference, "Error responses"; obstore 0.12 for the shape of its text.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from obstore.exceptions import BaseError

from aurax.audio.reference import ObjectRef
from aurax.errors import AuraxError, DamagedObject, ServiceUnavailable, StorageFull, StorageRefused, is_disk_full

_CODE = re.compile(r"<Code>\s*([A-Za-z0-9.]{1,64})\s*</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_METHOD = re.compile(r"Error performing ([A-Z]+) (\S+)")
_KIND = re.compile(r"HttpError \{\s*kind: (\w+)")

_CREDENTIALS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_WRONG_KEYS = {
    "InvalidAccessKeyId": "an access key that the store does not know",
    "SignatureDoesNotMatch": "a secret key that does not belong to the access key",
    "AuthorizationHeaderMalformed": "a signature for another region or service",
    "InvalidToken": "a session token that is not valid",
    "ExpiredToken": "a session token that has expired",
    "TokenRefreshRequired": "a session token that has expired",
    "Unauthorized": "keys that the store does not take",
}
_RIGHTS = {"put": "s3:PutObject", "get": "s3:GetObject", "list": "s3:ListBucket", "delete": "s3:DeleteObject"}
_NO_ROOM = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "EntityTooLarge"})
_KINDS = {
    "Connect": "nothing that listens there",
    "Timeout": "no answer in time",
    "Interrupted": "a connection that was cut",
    "Request": "a connection that was cut",
}
_TRY_AGAIN = frozenset({408, 409, 425, 429})


@contextlib.contextmanager
def translating_errors(what: str) -> Iterator[None]:
    """Turn the library's errors, and those of a full disk, into AURA-X's own.

    Args:
        what: the object or place, for the message.

    Raises:
        StorageFull: no room is left, here or there.
        StorageRefused: the store will not do it, however often it is asked.
        ServiceUnavailable: the store does not answer, or not now.
        FileNotFoundError: there is no such object.
    """
    try:
        yield
    except OSError as error:
        if is_disk_full(error):
            raise StorageFull(f"room for {what}", str(error), "free some disk space and try again") from error
        if isinstance(error, FileNotFoundError) and not is_missing_object(error):
            raise _explained(what, error) from None
        raise
    except BaseError as error:
        raise _explained(what, error) from None


def is_missing_object(error: FileNotFoundError) -> bool:
    """Whether an object is missing, and not the whole bucket or an unfinished upload.

    Args:
        error: the library's.
    """
    return _code(error) not in ("NoSuchBucket", "NoSuchUpload")


def damaged(ref: ObjectRef, found: str) -> DamagedObject:
    """An object that is gone, or not what was stored.

    Args:
        ref: the object.
        found: what is there instead.
    """
    return DamagedObject(
        f"object {ref.key} of {ref.bytes} bytes", found, "make the song again; it will be stored again"
    )


def _explained(what: str, error: BaseException) -> AuraxError:
    text, code = str(error), _code(error)
    first_line = text.partition("\n")[0]
    status = int(found[1]) if (found := _STATUS.search(first_line)) else None
    if is_disk_full(error) or code in _NO_ROOM or status == 507:
        room = code or f"status {status}" if status else "a full disk"
        return StorageFull(f"room for {what}", room, "free some room and try again")
    expected = f"the object store to take or give {what}"
    if status in (301, 307, 308) or "Received redirect without LOCATION" in first_line:
        return StorageRefused(
            "the bucket in this region", "the store points elsewhere", "correct AWS_REGION or AWS_ENDPOINT_URL"
        )
    if status is None:
        return _without_answer(expected, text)
    if code == "NoSuchBucket":
        return StorageRefused("a bucket of that name", "none", "create it, or correct AURAX_OBJECTS_URL")
    if code == "NoSuchUpload":
        return ServiceUnavailable(expected, "an upload that the store has forgotten", "try again")
    if code == "RequestTimeTooSkewed":
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return StorageRefused(
            "a clock that agrees with the object store's",
            f"one that is minutes off, at {now}",
            "set this machine's clock",
        )
    if code in _WRONG_KEYS:
        region = code == "AuthorizationHeaderMalformed"
        fix = "check AWS_REGION (for R2: auto)" if region else _CREDENTIALS
        return StorageRefused("keys that the object store accepts", f"{_WRONG_KEYS[code]} ({code})", fix)
    if status in (401, 403):
        right = _RIGHTS[_operation(first_line)]
        return StorageRefused(
            f"the right {right} for {what}",
            f"{code or 'a refusal'} (status {status})",
            f"give these keys that right, or {_CREDENTIALS}",
        )
    shown = f"{code} (status {status})" if code else f"status {status}"
    if (status >= 500 and status != 501) or status in _TRY_AGAIN:
        return ServiceUnavailable(expected, shown, "try again later")
    return StorageRefused(expected, shown, "check AURAX_OBJECTS_URL, AWS_ENDPOINT_URL and AWS_REGION")


def _without_answer(expected: str, text: str) -> AuraxError:
    found = _METHOD.search(text)
    if found is not None and "/latest/" in found[2]:
        return StorageRefused("keys for the object store", "none, and no role of this machine", _CREDENTIALS)
    lowered = text.lower()
    if "dns error" in lowered:
        reason = "no host of that name"
    elif "certificate" in lowered or "invalidcertificate" in lowered:
        reason = "a certificate that is not trusted"
    elif "timedout" in lowered or "timed out" in lowered:
        reason = _KINDS["Timeout"]
    else:
        reason = _KINDS.get(kind[1] if (kind := _KIND.search(text)) else "", "no answer")
    return ServiceUnavailable(expected, reason, "check the network, AURAX_OBJECTS_URL and AWS_ENDPOINT_URL")


def _code(error: BaseException) -> str:
    found = _CODE.search(str(error))
    return found[1] if found else ""


def _operation(first_line: str) -> str:
    if "list request" in first_line or "list-type=" in first_line:
        return "list"
    found = _METHOD.search(first_line)
    method, url = (found[1], found[2]) if found else ("GET", "")
    if method == "DELETE" or (method == "POST" and "?delete" in url):
        return "delete"
    return "put" if method in ("PUT", "POST") else "get"
