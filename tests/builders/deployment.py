"""The files of `deploy/` as values, and the parts of the Compose file as plain processes."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aurax.adapters.local.parent_watchdog import ending_with_us

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent


def containerfile() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, each with what follows it."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in map(str.strip, lines)]


def image_environment() -> dict[str, str]:
    """What the image sets."""
    words = [word for name, rest in containerfile() if name == "ENV" for word in shlex.split(rest)]
    return dict(word.split("=", 1) for word in words)


def compose() -> dict[str, Any]:
    """The Compose file."""
    document: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return document


def manifests() -> list[dict[str, Any]]:
    """The Kubernetes manifests."""
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / "aurax.yaml").read_text()))


def pods() -> list[dict[str, Any]]:
    """The pods of the manifests."""
    return [one["spec"]["template"]["spec"] for one in manifests() if "template" in one.get("spec", {})]


@dataclass(frozen=True)
class Parts:
    """Services of the Compose file on this machine.

    Args:
        folder: in place of the volumes, one folder for each service.
        places: in place of host names and ports of the services, such as `temporal:7233`.
        given: what `deploy/.env` would hold.
    """

    folder: Path
    places: Mapping[str, str]
    given: Mapping[str, str]

    def command(self, service: str) -> list[str]:
        """What a service runs, with this machine's places in it."""
        described = compose()["services"][service]
        entrypoint = described.get("entrypoint") or _image_entrypoint()
        return [self._here(str(word), service) for word in (*entrypoint, *described["command"])]

    def environment(self, service: str) -> dict[str, str]:
        """The variables of a service and of its image."""
        described = compose()["services"][service]
        own = {name: str(value) for name, value in (described.get("environment") or {}).items()}
        image = image_environment() if described["image"].startswith("aurax:") else {}
        told = {name: self._here(value, service) for name, value in {**image, **own}.items() if name != "PATH"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {**kept, **told, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}

    def health(self, service: str) -> list[str]:
        """What asks for the health of a service."""
        described = compose()["services"][service].get("healthcheck")
        test = described["test"] if described else ["CMD", *_image_health()]
        return [self._here(str(word), service) for word in test[1:]]

    @contextmanager
    def running(self, service: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A service until the block ends, with its variables and with more."""
        log = self.folder / f"{service}.log"
        (self.folder / service).mkdir(exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                ending_with_us(self.command(service)),
                env={**self.environment(service), **more},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def run(self, words: Sequence[str], service: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the variables of a service, and with more."""
        environment = {**self.environment(service), **more}
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=500)

    def _here(self, text: str, service: str) -> str:
        text = re.sub(r"\$\{(\w+):\?\}", lambda found: self.given[found[1]], text).replace("$$", "$")
        for there, here in self.places.items():
            text = text.replace(there, here)
        return re.sub(r"(^|(?<=[ =]))/data", str(self.folder / service), text)


_FOREIGN = ("AURAX_", "AWS_", "TEMPORAL_", "OTEL_", "RCLONE_")


def _image_entrypoint() -> list[str]:
    return _words("ENTRYPOINT")


def _image_health() -> list[str]:
    health = next(rest for name, rest in containerfile() if name == "HEALTHCHECK")
    words: list[str] = yaml.safe_load(health.partition("CMD")[2])
    return words


def _words(instruction: str) -> list[str]:
    words: list[str] = yaml.safe_load(next(rest for name, rest in containerfile() if name == instruction))
    return words
