"""`aurax modal`: the GPU functions on Modal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aurax.adapters.cli.console import EXIT_FAILED, fail, print_json, stderr, stdout
from aurax.adapters.cli.fetch import AcceptLicence, AsJson, Engines, names_to_fetch, print_fetched, print_sources
from aurax.adapters.modal.functions import FUNCTIONS, HOST, ModalFunction
from aurax.errors import AuraxError
from aurax.settings import Settings
from aurax.version import __version__

if TYPE_CHECKING:
    from aurax.adapters.modal.admin import Deployed
    from aurax.adapters.modal.remote import Remote

app = typer.Typer(help="Run engines on Modal's GPUs: deploy, fetch weights, look.", no_args_is_help=True)


def open_remote() -> Remote:
    """Modal, as the commands see it."""
    from aurax.adapters.modal.remote import ModalRemote, require_token

    require_token()
    return ModalRemote()


@app.command()
def deploy() -> None:
    """Put this version's functions on Modal; they cost nothing until they are called."""
    from aurax.adapters.modal import deploying

    try:
        deploying.deploy()
    except AuraxError as error:
        fail(error)
    stderr().print(f"AURA-X {__version__} is on Modal. Next: aurax modal fetch ENGINE", markup=False)


@app.command()
def fetch(engines: Engines = None, accept_licence: AcceptLicence = False, as_json: AsJson = False) -> None:
    """Fetch weights from their makers into the Volume on Modal."""
    if not engines:
        print_sources(as_json=as_json)
        return
    try:
        names = names_to_fetch(engines, accept_licence=accept_licence)
        remote = open_remote()
        fetched = {name: _fetch(remote, name) for name in names}
    except AuraxError as error:
        fail(error, as_json=as_json)
    print_fetched(fetched, as_json=as_json)


@app.command()
def status(as_json: AsJson = False) -> None:
    """What is deployed, what it may take, what it costs, and which weights are there."""
    from aurax.adapters.modal.admin import Deployed

    try:
        deployed = Deployed.model_validate_json(open_remote().call("versions"))
        prices = {function.name: _usd_per_second(function) for function in FUNCTIONS}
    except AuraxError as error:
        fail(error, as_json=as_json)
    if as_json:
        print_json(_as_json(deployed, prices))
    else:
        _print_status(deployed, prices)
    if deployed.aurax != __version__:
        raise typer.Exit(EXIT_FAILED)


@app.command()
def logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    last: Annotated[int, typer.Option(min=1, max=5000, help="How many entries.")] = 100,
) -> None:
    """What the functions wrote."""
    from aurax.adapters.modal import deploying

    try:
        code = deploying.show_logs(follow=follow, last=last)
    except AuraxError as error:
        fail(error)
    raise typer.Exit(code)


def _fetch(remote: Remote, engine: str) -> dict[str, int]:
    from aurax.adapters.modal.admin import Fetched

    stderr().print(f"fetching {engine} …", markup=False)
    result = Fetched.model_validate_json(remote.call("fetch_weights", engine))
    if result.error is not None:
        raise result.error.error()
    return result.files


def _usd_per_second(function: ModalFunction) -> float:
    from aurax.produce.cost.prices import Prices
    from aurax.produce.cost.usage import usd_per_second

    settings = Settings.load()
    return float(usd_per_second(HOST, function.device, Prices.load(settings.prices), datetime.now(UTC).date()))


def _as_json(deployed: Deployed, prices: dict[str, float]) -> dict[str, object]:
    return {
        "deployed": deployed.aurax,
        "here": __version__,
        "objects": deployed.objects,
        "functions": [
            {
                "name": function.name,
                "device": function.device,
                "cores": function.cores,
                "memory_mib": function.memory_mib,
                "timeout_s": function.timeout_s,
                "scaledown_s": function.scaledown_s,
                "max_containers": function.max_containers,
                "usd_per_s": prices[function.name],
            }
            for function in FUNCTIONS
        ],
        "weights": deployed.weights,
    }


def _print_status(deployed: Deployed, prices: dict[str, float]) -> None:
    console = stdout()
    same = deployed.aurax == __version__
    console.print(
        f"deployed: AURA-X {escape(deployed.aurax)}"
        + ("" if same else f" [bold red](here: {__version__}; run 'aurax modal deploy')[/]")
    )
    console.print(f"object store: {escape(deployed.objects or 'none shared; all audio travels in messages')}")
    table = Table("function", "device", "cores", "memory", "idle for", "at most", "per hour", box=None)
    for function in FUNCTIONS:
        table.add_row(
            function.name,
            function.device,
            f"{function.cores:g}",
            f"{function.memory_mib / 1024:g} GiB",
            f"{function.scaledown_s} s",
            f"{function.max_containers} containers",
            f"${prices[function.name] * 3600:.2f}",
        )
    console.print(table)
    for name, files in deployed.weights.items():
        console.print(f"weights: {escape(name)}, {sum(files.values()) / 1e9:.2f} GB")
    if not deployed.weights:
        console.print("weights: none; run 'aurax modal fetch ENGINE'")
