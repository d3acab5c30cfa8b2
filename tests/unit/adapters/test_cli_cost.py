"""`aurax estimate` and `aurax cost` on a ledger in a data folder of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from aurax.adapters.cli.cost import cost
from aurax.adapters.cli.estimate import estimate
from aurax.adapters.cli.library import open_database
from aurax.adapters.local.runtime_folder import RuntimeFolder
from aurax.adapters.sql.ledger import Ledger
from aurax.adapters.sql.songs import Songs
from aurax.engines.runtime import Usage
from aurax.settings import Settings

app = typer.Typer()
app.command("estimate")(estimate)
app.command("cost")(cost)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and the settings of a fresh installation."""
    for name in ("GPU", "DEVICE", "PRICES", "SEPARATOR", "MONTHLY_CAP_USD", "DATABASE_URL"):
        monkeypatch.delenv(f"AURAX_{name}", raising=False)
    monkeypatch.setenv("AURAX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path / "data"


def aurax(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def told(*arguments: str) -> Any:
    result = aurax(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(*arguments: str) -> dict[str, str]:
    result = aurax(*arguments, "--json")
    assert result.exit_code == 1, result.output
    error: dict[str, str] = json.loads(result.stdout)["error"]
    return error


def write(work: Callable[[Ledger, Songs], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_database(Settings.load()) as database:
            await work(Ledger(database), Songs(database))

    asyncio.run(run())


async def pay(ledger: Ledger, songs: Songs, song: str, *, usd: float, engine: str = "musicgen-large") -> None:
    """A delivered song of three minutes with one paid call."""
    await songs.create_song(song, f"lofi {song}", 1)
    await songs.set_song_status(song, "delivered", duration_s=180.0, title=f"Song {song}")
    usage = Usage(engine=engine, runtime="modal", device="A100-40GB", seconds=80, cold=True, load_s=20, audio_s=180)
    held = await ledger.reserve(song, "generation", f"{engine}: take 1", 0.2, key=f"{song}/take 1")
    await ledger.settle(held, usage, usd, priced_on=date(2026, 11, 1))


def test_a_composed_song_is_free_and_its_time_is_told() -> None:
    result = aurax("estimate", "lofi beat, 2 minutes")
    assert result.exit_code == 0, result.output
    assert "It costs nothing: everything runs on this machine." in result.stdout
    assert "$0." not in result.stdout
    found = told("estimate", "lofi beat, 2 minutes")
    assert (found["mode"], found["duration_s"], found["runtime"]) == ("symbolic", 120.0, "local")
    assert found["warm"]["usd"]["high"] == 0.0
    assert found["warm"]["seconds"]["typical"] > 0


def test_an_estimate_starts_no_server(data: Path) -> None:
    assert aurax("estimate", "lofi beat", "--engine", "debug").exit_code == 0
    assert not RuntimeFolder(data / "run").is_supervised()
    assert not (data / "aurax.db").exists()


def test_on_modal_warm_and_cold_are_told_apart() -> None:
    found = told("estimate", "lofi beat", "--engine", "debug", "--gpu", "modal", "--duration", "3m")
    assert found["duration_s"] == 180.0
    assert 0 < found["warm"]["usd"]["typical"] < found["cold"]["usd"]["typical"]
    assert [line["stage"] for line in found["warm"]["stages"]].count("idle") == 0
    text = aurax("estimate", "lofi beat", "--engine", "debug", "--gpu", "modal", "--duration", "3m").stdout
    assert "cost, warm" in text
    assert "cost, cold" in text
    assert "A100-40GB" in text


def test_a_budget_decides_how_much_is_tried() -> None:
    asked = ("estimate", "lofi", "--engine", "debug", "--gpu", "modal", "--takes", "5", "--duration", "2m")
    rich, poor = told(*asked, "--budget", "5"), told(*asked, "--budget", "0.18")
    assert (rich["candidates"], rich["takes_at_most"]) == (3, 5)
    assert poor["takes_at_most"] < 5


def test_a_budget_that_pays_for_nothing_is_refused() -> None:
    error = refusal("estimate", "lofi", "--engine", "debug", "--gpu", "modal", "--budget", "0.001")
    assert error["kind"] == "BudgetExceeded"
    assert "--budget" in error["fix"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("--engine", "musicgem"), "UnknownPlugin"),
        (("--dual",), "InvalidOption"),
        (("--gpu", "elsewhere"), "InvalidOption"),
        (("--duration", "soon"), "InvalidOption"),
        (("--budget", "-1"), "InvalidOption"),
    ],
)
def test_impossible_wishes_are_refused(arguments: tuple[str, ...], kind: str) -> None:
    assert refusal("estimate", "lofi", *arguments)["kind"] == kind


def test_own_prices_and_a_warning_about_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(
        '[[price]]\nname = "modal/A100-40GB"\nusd = 1\nper = "second"\nvalid_from = 2020-01-01\n'
        'checked = 2020-01-01\nsource = "long ago"\n'
    )
    monkeypatch.setenv("AURAX_PRICES", str(file))
    found = told("estimate", "lofi", "--engine", "debug", "--gpu", "modal")
    assert found["warm"]["stages"][0]["usd"]["typical"] > found["warm"]["stages"][0]["seconds"]["typical"]
    assert "modal/A100-40GB" in found["warnings"][0]


def test_an_empty_ledger_shows_estimates_and_says_that_nothing_is_measured() -> None:
    text = aurax("cost").stdout
    for row in ("generation", "separation", "mixing and mastering", "orchestration", "total", "100 songs a month"):
        assert row in text
    assert "cap for a song" in text
    assert "$0.60" in text
    assert text.count("Nothing measured yet") == 2
    found = told("cost")
    assert [table["engine"] for table in found["tables"]] == ["musicgen-large", "ace-step"]
    assert all(table["total"]["measured"] is None for table in found["tables"])
    assert found["month_usd"] == 0.0


def test_what_was_paid_stands_beside_the_estimate_with_a_warning_where_they_differ() -> None:
    async def work(ledger: Ledger, songs: Songs) -> None:
        await pay(ledger, songs, "one", usd=0.4)
        await pay(ledger, songs, "two", usd=0.5)

    write(work)
    (table,) = told("cost")["tables"]
    assert (table["engine"], table["songs"]) == ("musicgen-large", 2)
    assert table["total"]["measured"]["usd"] == pytest.approx(0.45)
    assert table["total"]["measured"]["cold_calls"] == 2
    result = aurax("cost")
    assert "$0.45" in result.stdout
    assert "2, 2 cold" in result.stdout
    assert "$45.00" in result.stdout
    assert "generation: measured $0.4500" in result.stderr


def test_the_lines_of_a_song_and_of_a_month() -> None:
    async def work(ledger: Ledger, songs: Songs) -> None:
        await pay(ledger, songs, "one", usd=0.0411)
        await pay(ledger, songs, "two", usd=0.1)
        await ledger.reserve("two", "separation", "htdemucs: take 1", 0.05, key="open")

    write(work)
    one = told("cost", "--song", "one")
    assert (one["song"], one["usd"], one["reserved_usd"], len(one["lines"])) == ("one", 0.0411, 0.0, 1)
    assert one["lines"][0]["cold"] is True
    text = aurax("cost", "--song", "two").stdout
    assert "separation (reserved)" in text
    assert "total $0.10, and $0.05 reserved" in text
    month = one["lines"][0]["at"][:7]
    whole = told("cost", "--month", month)
    assert (whole["usd"], whole["reserved_usd"], len(whole["lines"])) == (0.1411, 0.05, 3)
    assert "total $0.14, and $0.05 reserved" in aurax("cost", "--month", month).stdout
    assert told("cost", "--month", "2020-01")["lines"] == []


@pytest.mark.parametrize("arguments", [("--song", "nobody"), ("--month", "November")])
def test_an_unknown_song_or_month_is_refused(arguments: tuple[str, ...]) -> None:
    assert refusal("cost", *arguments)["kind"] == "InvalidOption"
