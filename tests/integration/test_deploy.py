"""What `deploy/` names exists, fits together, and makes a song when its parts are started as plain processes."""

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from builders.command_lines import complaint
from builders.deployment import DEPLOY, ROOT, Parts, compose, containerfile, image_environment, manifests, pods
from builders.postgres_server import postgres_server
from builders.s3_server import free_port
from packaging.specifiers import SpecifierSet

from aurax.adapters.cli.settings_page import other_variables, variable
from aurax.settings import Settings
from aurax.version import __version__

FILES = [DEPLOY / "Containerfile", DEPLOY / "compose.yaml", DEPLOY / "kubernetes" / "aurax.yaml"]
OF_SERVERS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "RCLONE_AUTH_KEY", "PATH"}
OF_THE_PERSON = {"POSTGRES_PASSWORD", "S3_SECRET_KEY", "AURAX_PAYLOAD_KEY"}
STOPS_WITHIN_S = 30
"""Cancelled work is waited for as long as this, after the grace."""


def environments() -> list[dict[str, Any]]:
    """Every set of variables that the files give to a process."""
    services = [service.get("environment") or {} for service in compose()["services"].values()]
    maps = [one["data"] for one in manifests() if one["kind"] == "ConfigMap"]
    return [image_environment(), *services, *maps]


def commands() -> list[list[str]]:
    """Every `aurax` command of the files, without its first word."""
    services = [one["command"] for one in compose()["services"].values() if one.get("image", "").startswith("aurax:")]
    words = [[str(word) for word in command] for command in services if command[0] != "server"]
    return [*words, *([str(word) for word in one["args"]] for pod in pods() for one in pod["containers"])]


def test_every_variable_is_a_setting_or_one_of_the_page_of_settings() -> None:
    known = {variable(field) for field in Settings.model_fields} | other_variables() | OF_SERVERS
    assert {name for environment in environments() for name in environment} <= known


def test_every_value_is_one_that_its_setting_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in environments():
        own = {name: str(value) for name, value in environment.items() if name.startswith("AURAX_")}
        with monkeypatch.context() as patched:
            for name, value in own.items():
                patched.setenv(name, re.sub(r"\$\{\w+:\?\}", "x", value))
            Settings.load()


def test_what_the_person_must_give_is_asked_for_by_name() -> None:
    assert set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "compose.yaml").read_text())) == OF_THE_PERSON


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_exists_with_its_options(words: list[str]) -> None:
    assert complaint(words) == ""


def test_the_port_of_probes_is_the_same_everywhere() -> None:
    port = image_environment()["AURAX_HEALTH_ADDRESS"].rpartition(":")[2]
    (exposed,) = [rest for name, rest in containerfile() if name == "EXPOSE"]
    (probed,) = re.findall(r"127\.0\.0\.1:(\d+)/healthz", (DEPLOY / "Containerfile").read_text())
    (deployment,) = [one for one in manifests() if one["kind"] == "Deployment"]
    template = deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    scraped = template["metadata"]["annotations"]["prometheus.io/port"]
    assert {exposed, probed, scraped, str(container["ports"][0]["containerPort"])} == {port}
    paths = {container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert paths == {"/healthz", "/readyz"}


def test_a_worker_is_given_more_time_to_stop_than_its_grace() -> None:
    worker = compose()["services"]["worker"]
    grace_s = float(worker["environment"]["AURAX_SHUTDOWN_GRACE_S"])
    assert float(worker["stop_grace_period"].removesuffix("s")) >= grace_s + STOPS_WITHIN_S
    (of_cluster,) = [one["data"] for one in manifests() if one["kind"] == "ConfigMap"]
    (stops_s,) = [pod["terminationGracePeriodSeconds"] for pod in pods() if "terminationGracePeriodSeconds" in pod]
    assert stops_s >= float(of_cluster["AURAX_SHUTDOWN_GRACE_S"]) + STOPS_WITHIN_S


def test_every_image_is_pinned_and_ones_own_has_this_version() -> None:
    images = [one["image"] for one in compose()["services"].values()]
    images += [one["image"] for pod in pods() for one in pod["containers"]]
    images += [rest.split()[0] for name, rest in containerfile() if name == "FROM"]
    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []
    assert {image for image in images if image.startswith("aurax")} == {f"aurax:{__version__}"}


def test_nothing_runs_as_root() -> None:
    assert [rest for name, rest in containerfile() if name == "USER"] == ["10001:10001"]
    assert all(pod["securityContext"]["runAsNonRoot"] for pod in pods())
    assert all(not one["securityContext"]["allowPrivilegeEscalation"] for pod in pods() for one in pod["containers"])


def test_the_image_has_a_python_and_extras_that_the_project_knows() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    (needed,) = re.findall(r'requires-python = "(.+)"', project)
    pythons = {
        rest.split()[0].rpartition("python:")[2].partition("-")[0] for _, rest in containerfile() if "python:" in rest
    }
    assert len(pythons) == 1
    assert SpecifierSet(needed).contains(pythons.pop())
    (extras,) = re.findall(r"\.\[([\w,]+)\]", (DEPLOY / "Containerfile").read_text())
    assert all(re.search(rf"^{extra} = \[", project, re.MULTILINE) for extra in extras.split(","))


def test_what_the_image_is_made_of_is_sent_to_the_build() -> None:
    copied = [rest.split()[:-1] for name, rest in containerfile() if name == "COPY" and "--from" not in rest]
    sent = set((ROOT / ".dockerignore").read_text().split())
    assert {f"!{path}" for paths in copied for path in paths} <= sent
    assert all((ROOT / path).exists() for paths in copied for path in paths)


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_the_parts_of_the_compose_file_make_a_song(tmp_path: Path) -> None:
    ports = {name: free_port() for name in ("s3", "temporal", "health")}
    with postgres_server() as server, ExitStack() as stack:
        database = server.new_database()
        login = database.partition("://")[2].rpartition("/")
        given = _made_as_the_page_says(tmp_path)
        places = {
            f"aurax:{given['POSTGRES_PASSWORD']}@postgres:5432/aurax": f"{login[0]}/{login[2]}",
            "http://s3:9000": f"http://127.0.0.1:{ports['s3']}",
            "temporal:7233": f"127.0.0.1:{ports['temporal']}",
            "127.0.0.1:7233": f"127.0.0.1:{ports['temporal']}",
            "7233": str(ports["temporal"]),
            ":9000": f"127.0.0.1:{ports['s3']}",
            "0.0.0.0:9464": f"127.0.0.1:{ports['health']}",
            ":9464": f":{ports['health']}",
            "0.0.0.0": "127.0.0.1",
        }
        parts = Parts(tmp_path, places, given)
        stack.enter_context(parts.running("s3"))
        stack.enter_context(parts.running("temporal"))
        _wait(lambda: _listens(ports["temporal"]), "Temporal listens")
        upgraded = parts.run(parts.command("upgrade"), "upgrade")
        assert upgraded.returncode == 0, upgraded.stdout + upgraded.stderr
        worker = stack.enter_context(parts.running("worker"))
        stack.enter_context(parts.running("render", AURAX_HEALTH_ADDRESS=""))
        for service in ("worker", "render"):
            _wait(lambda log=tmp_path / f"{service}.log": "worker polls" in log.read_text(), f"{service} polls")
        healths = [parts.run(parts.health(service), service) for service in ("temporal", "worker")]
        assert [health.returncode for health in healths] == [0, 0], healths

        asked = ["aurax", "make", "lofi, 84 bpm, 5 seconds", "--seed", "3", "--json", "--out", str(tmp_path / "song")]
        # On another machine, as far as files are concerned.
        made = parts.run(asked, "worker", AURAX_DATA_DIR=str(tmp_path / "client"))

        assert made.returncode == 0, made.stdout + made.stderr + (tmp_path / "worker.log").read_text()[-4000:]
        assert (tmp_path / "song" / "master.flac").stat().st_size > 10_000
        assert server.execute("SELECT status FROM songs", database)[0][0] == "delivered"
        assert any((tmp_path / "s3" / "aurax" / "audio").iterdir())
        looked = parts.run(["aurax", "doctor", "--json"], "worker")
        assert [finding for finding in json.loads(looked.stdout) if not finding["ok"]] == []
        worker.terminate()
        assert worker.wait(120) == 0
        assert "worker stops" in {line["message"] for line in _lines(tmp_path / "worker.log")}
        assert {"render", "mix"} <= {line.get("stage") for line in _lines(tmp_path / "render.log")}
        assert "render" not in {line.get("stage") for line in _lines(tmp_path / "worker.log")}


def _made_as_the_page_says(folder: Path) -> dict[str, str]:
    """What `deploy/.env` holds when it is made with the command of docs/operating.md."""
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    (command,) = [line for line in page.splitlines() if line.endswith("> deploy/.env)")]
    (folder / "deploy").mkdir()
    subprocess.run(["sh", "-c", command], cwd=folder, check=True)
    made = folder / "deploy" / ".env"
    assert made.stat().st_mode & 0o077 == 0
    given = dict(line.split("=", 1) for line in made.read_text().splitlines())
    assert given.keys() == OF_THE_PERSON
    return given


def _lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(condition: Callable[[], bool], why: str) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited too long until {why}")
        time.sleep(0.2)
