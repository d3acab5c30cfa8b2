"""`aurax fetch`: weights from their makers into this machine's weights folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from aurax.adapters.cli.console import fail, print_json, stderr, stdout
from aurax.engines.licence import Licence
from aurax.errors import AuraxError, InvalidOption, MissingExtra
from aurax.settings import Settings

Engines = Annotated[list[str] | None, typer.Argument(help="Which engines' weights; none lists them.")]
AcceptLicence = Annotated[bool, typer.Option("--accept-licence", help="Also fetch weights that forbid commercial use.")]
Renew = Annotated[bool, typer.Option("--renew", help="Accept other files than those fetched first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def fetch(
    engines: Engines = None, accept_licence: AcceptLicence = False, renew: Renew = False, as_json: AsJson = False
) -> None:
    """Fetch weights from their makers into this machine's weights folder."""
    from aurax.engines.weights.fetching import fetch as fetch_one

    if not engines:
        print_sources(as_json=as_json)
        return
    try:
        names = names_to_fetch(engines, accept_licence=accept_licence)
        weights_dir = Settings.load().weights_dir
        fetched = {}
        for name in names:
            stderr().print(f"fetching {name} into {weights_dir / name} …", markup=False, soft_wrap=True)
            try:
                fetched[name] = fetch_one(name, weights_dir, renew=renew)
            except ImportError as error:
                raise MissingExtra(
                    "the packages that fetch and run engines", f"no {error.name}", "pip install 'aurax[neural]'"
                ) from error
    except AuraxError as error:
        fail(error, as_json=as_json)
    print_fetched(fetched, as_json=as_json)


def print_sources(*, as_json: bool) -> None:
    """List what can be fetched, and under which licence."""
    from aurax.engines.weights.fetching import sources

    licences = licences_of_engines()
    if as_json:
        print_json({name: licences[name].model_dump() for name in sources()})
        return
    table = Table("engine", "licence of its weights", "commercial use", "from", box=None, header_style="bold")
    for name, source in sources().items():
        licence = licences[name]
        table.add_row(name, licence.name, "yes" if licence.commercial else "no", source.repository)
    stdout().print(table)


def names_to_fetch(engines: Sequence[str], *, accept_licence: bool) -> tuple[str, ...]:
    """The engines' own names, after their licences were shown.

    Args:
        engines: names or aliases.
        accept_licence: whether weights that forbid commercial use are accepted.

    Raises:
        UnknownPlugin: no such engine, or no source is known for its weights.
        InvalidOption: a licence is not accepted.
    """
    from aurax.engines.engine_registry import find_engine, load_engines
    from aurax.engines.weights.fetching import source_of

    installed, licences = load_engines(), licences_of_engines()
    names = tuple(find_engine(installed, engine).info.name for engine in engines)
    for name in names:
        source_of(name)
        licence = licences[name]
        words = [licence.name, licence.notice, licence.source]
        stderr().print(f"{name}: {'; '.join(word for word in words if word)}", markup=False)
        if not licence.commercial and not accept_licence:
            raise InvalidOption(
                f"--accept-licence, because {licence.name} of {name} does not allow commercial use",
                "no such option",
                "add it if you accept the licence",
            )
    return names


def print_fetched(fetched: dict[str, dict[str, int]], *, as_json: bool) -> None:
    """Say what came.

    Args:
        fetched: bytes by file, by engine.
        as_json: for a program.
    """
    if as_json:
        print_json(fetched)
        return
    for name, files in fetched.items():
        stdout().print(f"{name}: {len(files)} files, {sum(files.values()) / 1e9:.2f} GB", markup=False)


def licences_of_engines() -> dict[str, Licence]:
    """The licence of every installed engine's weights."""
    from aurax.engines.engine_registry import load_engines

    return {name: spec.info.licence for name, spec in load_engines().items()}
