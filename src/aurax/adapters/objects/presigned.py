"""A presigned address that also names the file that a browser saves.

The library signs no query of ours, so the address is signed again with the keys of the environment.

Source: Amazon S3, "Authenticating requests: using query parameters (AWS Signature Version 4)".
"""

from __future__ import annotations

import hashlib
import hmac
import os
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

_SIGNATURE = "X-Amz-Signature"
_DISPOSITION = "response-content-disposition"


def with_filename(url: str, filename: str) -> str:
    """The same address for a download under a name of its own.

    Args:
        url: presigned with Signature Version 4.
        filename: what the browser should save it as.

    Returns:
        The new address; the old one where the secret key is not in the environment, as with a machine's role.
    """
    secret, access = os.environ.get("AWS_SECRET_ACCESS_KEY"), os.environ.get("AWS_ACCESS_KEY_ID")
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    if not secret or not access or not query.get("X-Amz-Credential", "").startswith(f"{access}/"):
        return url
    plain = "".join(one if one.isascii() and one.isprintable() and one not in '"\\' else "_" for one in filename)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
    return sign_again(url, {_DISPOSITION: disposition}, secret)


def sign_again(url: str, more: dict[str, str], secret_key: str) -> str:
    """Add parameters to a presigned address and sign it anew, with its own time, region and access key.

    Args:
        url: presigned for GET with Signature Version 4, with `host` as its only signed header.
        more: parameters to add.
        secret_key: that belongs to the address's access key.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | more
    query.pop(_SIGNATURE, None)
    canonical_query = "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
    request = "\n".join(
        [
            "GET",
            parts.path,
            canonical_query,
            f"host:{parts.netloc}",
            "",
            query["X-Amz-SignedHeaders"],
            "UNSIGNED-PAYLOAD",
        ]
    )
    scope = query["X-Amz-Credential"].split("/", 1)[1]
    text = "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return urlunsplit(parts._replace(query=f"{canonical_query}&{_SIGNATURE}={signature}"))
