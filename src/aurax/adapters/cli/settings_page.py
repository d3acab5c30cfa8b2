"""The page of `docs/` that lists every variable of the environment, made from the fields of `Settings`."""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from aurax.settings import Settings

_PAGE = """\
# Settings

Everything that the environment decides. Without any of it AURA-X runs on one machine, with everything in its data
folder; each variable that is set moves one part elsewhere, and the code stays the same. `aurax doctor` tells what they
come to.
This page is made from the fields of `Settings` by `scripts/document_settings.py`.

## AURA-X's own

| variable | takes | unset | meaning |
|---|---|---|---|
{rows}

## In production

What an installation of several machines sets, on every client and worker alike unless it says otherwise.

| variable | why |
|---|---|
{production}

## Of others

Read by the libraries that AURA-X uses, under the names that their makers gave them.

| variable | what it decides |
|---|---|
{others}
"""

_PRODUCTION: dict[str, str] = {
    "database_url": "one PostgreSQL for all",
    "objects_url": "one bucket for all, on S3, R2 or another S3-compatible store",
    "payload_key": "the same keys everywhere; without one, a Temporal server of your own is refused",
    "data_dir": "a disk of each machine for clips, copies and half-made files; nothing in it is lost with the machine",
    "render_workers": "on workers: about the number of cores",
    "monthly_cap_usd": "a bound for what paid calls may cost",
    "health_address": "on workers: where the cluster probes and Prometheus scrapes, such as `0.0.0.0:9464`",
    "log_format": "on workers: `json` for whatever collects logs",
    "shutdown_grace_s": "on workers: as long as a step of a song takes, so that a rollout repeats little",
}
"""Fields that production sets, and why; the others are fine as they are."""

_OTHERS: dict[str, str] = {
    "TEMPORAL_ADDRESS": "Host and port of your own Temporal server; unset, its development server is started here.",
    "TEMPORAL_NAMESPACE": "The namespace on it.",
    "TEMPORAL_API_KEY": "A key of Temporal Cloud; turns TLS on. Secret.",
    "TEMPORAL_TLS_CLIENT_CERT_PATH": "The certificate of this client, for mTLS.",
    "TEMPORAL_TLS_CLIENT_KEY_PATH": "Its private key.",
    "TEMPORAL_TLS_SERVER_CA_CERT_PATH": "Who may have signed the server's certificate.",
    "TEMPORAL_PROFILE": "A profile of Temporal's configuration file, instead of the variables above.",
    "TEMPORAL_CONFIG_FILE": "That file.",
    "AWS_ACCESS_KEY_ID": "Who asks the object store.",
    "AWS_SECRET_ACCESS_KEY": "With what its requests are signed. Secret.",
    "AWS_SESSION_TOKEN": "For temporary keys. Secret.",
    "AWS_REGION": "The region of the bucket; `auto` for R2.",
    "AWS_ENDPOINT_URL": "Where the store is when it is not Amazon's, such as `https://<account>.r2.cloudflarestorage.com`.",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "A collector of traces, over HTTP; unset, there are none.",
    "OTEL_EXPORTER_OTLP_HEADERS": "What the collector wants as a login. Secret.",
    "OTEL_SERVICE_NAME": "The name in traces; unset, `aurax` for commands and `aurax-worker` for workers.",
    "OTEL_TRACES_SAMPLER": "Which songs are traced, such as `parentbased_traceidratio`; unset, all.",
    "OTEL_TRACES_SAMPLER_ARG": "For that: the share of songs, from 0 to 1.",
    "OTEL_SDK_DISABLED": "`true` turns traces off whatever else is set.",
}
"""Variables of other programs that matter here, and what they decide."""


def settings_page() -> str:
    """The page, in Markdown."""
    meanings = _meanings()
    rows = [_row(name, field, meanings[name]) for name, field in Settings.model_fields.items()]
    production = [(f"`{variable(name)}`", why) for name, why in _PRODUCTION.items()]
    others = [(f"`{name}`", what) for name, what in _OTHERS.items()]
    return _PAGE.format(rows=_table(rows), production=_table(production), others=_table(others))


def variable(field: str) -> str:
    """The variable of a field.

    Args:
        field: its name.
    """
    return f"AURAX_{field.upper()}"


def other_variables() -> frozenset[str]:
    """Variables of other programs that the page names."""
    return frozenset(_OTHERS)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(name: str, field: FieldInfo, meaning: str) -> tuple[str, ...]:
    return f"`{variable(name)}`", _takes(field), _unset(field), meaning.replace("|", "\\|")


def _meanings() -> dict[str, str]:
    """What stands below each field in the source."""
    (of_class,) = ast.parse(textwrap.dedent(inspect.getsource(Settings))).body
    assert isinstance(of_class, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(of_class.body, of_class.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str):
            found[field.target.id] = " ".join(text.value.value.split())
    return found


def _takes(field: FieldInfo) -> str:
    kinds = [kind for kind in _flat(field.annotation) if kind is not type(None)]
    words: list[str] = []
    for kind in kinds:
        if get_origin(kind) is Literal:
            words.append(", ".join(f"`{value}`" for value in get_args(kind)))
        else:
            words.append(_WORDS.get(kind, getattr(kind, "__name__", str(kind))))
    low = next((f"from {_number(one.ge)}" for one in field.metadata if isinstance(one, Ge)), "")
    low = low or next((f"above {_number(one.gt)}" for one in field.metadata if isinstance(one, Gt)), "")
    high = next((f"to {_number(one.le)}" for one in field.metadata if isinstance(one, Le)), "")
    high = high or next((f"below {_number(one.lt)}" for one in field.metadata if isinstance(one, Lt)), "")
    bounds = " ".join(part for part in (low, high) if part)
    return " or ".join(dict.fromkeys(words)) + (f", {bounds}" if bounds else "")


_WORDS: dict[Any, str] = {
    bool: "`true` or `false`",
    int: "a whole number",
    float: "a number",
    str: "text",
    SecretStr: "secret text",
    Path: "a path",
}


def _flat(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _unset(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "by the machine"
    if field.default is None:
        return ""
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return _number(field.default) if isinstance(field.default, int | float) else f"`{field.default}`"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
