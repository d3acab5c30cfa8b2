"""Another user of the machine, uid 65534, against a real embedded line: nothing is read, nothing is written.

Where the tests do not run as root, or uid 65534 can run no Python with these packages, the stranger is played by this
user without the key; then the tests of file permissions are skipped.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import temporalio
from command import Command
from google.protobuf.message import Message
from stranger import LIE
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowExecutionStatus

from aurax.adapters.temporal.keys import load_keys
from aurax.adapters.temporal.sealing import SEALED
from aurax.settings import Settings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes and sockets are read from /proc"),
]

SECRET = f"zanzi{uuid.uuid4().hex[:6]}"
PROMPT = f"lofi about {SECRET}, 10 seconds"
SCRIPT = (Path(__file__).parent / "stranger.py").read_text()
NOBODY = 65534
PACKAGES = {"PYTHONPATH": str(Path(temporalio.__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Stranger:
    """Runs stranger.py.

    Args:
        address: of the owner's server.
        python: runs it.
        identity: arguments of `subprocess` that make it another user; empty where that cannot be done.
    """

    address: str
    python: str
    identity: dict[str, Any]

    def start(self, what: str, **given: Any) -> subprocess.Popen[bytes]:
        """Have it do one thing."""
        process = subprocess.Popen(
            [self.python, "-P", "-", self.address, what, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            env=PACKAGES,
            **self.identity,
        )
        assert process.stdin is not None
        process.stdin.write(SCRIPT.encode())
        process.stdin.close()
        process.stdin = None
        return process

    def run(self, what: str, **given: Any) -> bytes:
        """Have it do one thing to the end."""
        process = self.start(what, **given)
        said, _ = process.communicate(timeout=90)
        assert process.returncode == 0
        return said

    @contextmanager
    def polling(self, what: str, **given: Any) -> Iterator[None]:
        """Have it poll the owner's task queue while inside."""
        process = self.start(what, **given)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"polling\n"
            yield
        finally:
            process.kill()
            process.communicate()


@dataclass(frozen=True)
class Owner:
    """A person with a secret file, a private folder of songs, and `aurax up` on a data folder."""

    home: Path
    command: Command

    @cached_property
    def queue(self) -> str:
        """The task queue of the worker."""
        return load_keys(Settings.load(data_dir=self.command.data), embedded=True).task_queue("aurax")

    @cached_property
    def ports(self) -> list[int]:
        """Every port on which the Temporal server listens."""
        server = Path("/proc", str(self.command.runtime()["child_pids"]["temporal"]), "fd")
        own = {str(one.readlink()) for one in server.iterdir()}
        sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return [int(one[1].split(":")[1], 16) for one in sockets if one[3] == "0A" and f"socket:[{one[9]}]" in own]

    def start(self, name: str) -> subprocess.Popen[str]:
        """Ask for the song, with one candidate, so that whoever takes that step holds the song."""
        options = ["--seed", "5", "--candidates", "1", "--out", str(self.home / "songs" / name), "--json"]
        return self.command.start("make", "-", *options, told=PROMPT)

    def make(self, name: str) -> dict[str, Any]:
        """Make the song."""
        process = self.start(name)
        said, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, said + complaints
        song: dict[str, Any] = json.loads(said)
        return song

    def refused(self, process: subprocess.Popen[str]) -> dict[str, str]:
        """The error of a song that could not be made."""
        said, complaints = process.communicate(timeout=60)  # nobody waits longer without a word
        assert process.returncode == 1, said + complaints
        assert LIE not in said + complaints
        error: dict[str, str] = json.loads(said)["error"]
        return error

    def files(self) -> dict[str, str]:
        """Everything in the home folder with its hash, but for what the servers write all the time."""
        busy = ("data/temporal.db", "data/aurax.db", "data/logs/", "data/run/")
        return {
            str(path.relative_to(self.home)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            for path in sorted(self.home.rglob("*"))
            if not str(path.relative_to(self.home)).startswith(busy)
        }

    def songs(self) -> list[dict[str, Any]]:
        """What the database knows."""
        songs: list[dict[str, Any]] = json.loads(self.command.run("songs", "--json").stdout)
        return songs


@pytest.fixture(scope="module")
def owner() -> Iterator[Owner]:
    with tempfile.TemporaryDirectory(prefix="aurax-owner-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        (home / "songs").mkdir(mode=0o700)
        (home / "tmp").mkdir()
        (home / "tmp").chmod(0o1777)
        (home / "secret.txt").write_text(f"{SECRET}, in a file")
        (home / "secret.txt").chmod(0o600)
        command = Command(home / "data", {"TMPDIR": str(home / "tmp")})
        process = command.start("up", "--ui")
        try:
            command.wait_until(command.runtime, "the servers are up")
            yield Owner(home, command)
        finally:
            process.terminate()
            process.communicate(timeout=60)


@pytest.fixture(scope="module")
def stranger(owner: Owner) -> Stranger:
    address = owner.command.runtime()["temporal_address"]
    identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    # This Python may lie where another user cannot go; the system's own may serve as well.
    for python in (sys.executable, shutil.which(f"python3.{sys.version_info.minor}", path=os.defpath)):
        if os.geteuid() == 0 and python is not None and is_able(python, identity):
            return Stranger(address, python, identity)
    return Stranger(address, sys.executable, {})


def is_able(python: str, identity: dict[str, Any]) -> bool:
    asked = [python, "-P", "-c", "import temporalio.client, cryptography"]
    try:
        tried = subprocess.run(asked, cwd="/", env=PACKAGES, capture_output=True, check=False, **identity)
    except OSError:
        return False
    return tried.returncode == 0


@pytest.fixture(scope="module")
def reference(owner: Owner, stranger: Stranger) -> tuple[dict[str, Any], list[bytes], str]:
    """The song, everything that the stranger saw meanwhile, and the hash of its master."""
    folders = [str(owner.home), str(owner.command.data), str(owner.home / "tmp")] if stranger.identity else []
    process, seen = owner.start("reference"), []
    while process.poll() is None:
        seen += [stranger.run("look"), stranger.run("rummage", folders=folders)]
    said, complaints = process.communicate()
    assert process.returncode == 0, said + complaints
    seen += [stranger.run("look"), stranger.run("rummage", folders=folders)]
    return json.loads(said), seen, master(owner.home / "songs" / "reference")


def master(folder: Path) -> str:
    return hashlib.sha256((folder / "master.flac").read_bytes()).hexdigest()


def parts(message: Message, kind: type[Message]) -> Iterator[Any]:
    """Every message of a kind within another."""
    if isinstance(message, kind):
        yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            inner = [one for one in value.values() if isinstance(one, Message)]
        else:
            inner = [value] if isinstance(value, Message) else list(value)
        for one in inner:
            yield from parts(one, kind)


async def open_parts(address: str, queue: str) -> list[str]:
    """Payloads and failures of the owner's workflows that are not sealed."""
    client = await Client.connect(address)
    found = []
    async for listed in client.list_workflows(f"TaskQueue = '{queue}'"):
        events = (await client.get_workflow_handle(listed.id, run_id=listed.run_id).fetch_history()).events
        for event in events:
            found += [str(one) for one in parts(event, Payload) if one.metadata["encoding"] != SEALED]
            found += [
                str(one)
                for one in parts(event, Failure)
                if one.HasField("application_failure_info")
                and (one.message != "Encoded failure" or one.stack_trace or not one.HasField("encoded_attributes"))
            ]
    return found


async def test_another_user_reads_nothing_of_a_song(
    owner: Owner, stranger: Stranger, reference: tuple[dict[str, Any], list[bytes], str]
) -> None:
    song, looks, _ = reference
    seen = b"".join(looks)
    key = (owner.command.data / "payload.key").read_bytes()
    assert f"song-{song['id']}".encode() in seen
    assert SEALED in seen
    for secret in (SECRET.encode(), key, key.hex().encode(), b"Traceback"):
        assert secret not in seen
    assert await open_parts(stranger.address, owner.queue) == []
    assert list((owner.home / "tmp").iterdir()) == []


def test_another_user_enters_no_folder(owner: Owner, stranger: Stranger, reference: object) -> None:
    if not stranger.identity:
        pytest.skip("file permissions were not tried: only root can play another user, and only one who can run Python")
    seen = stranger.run("rummage", folders=[str(owner.home)])
    assert str(owner.home / "tmp").encode() in seen
    assert f"{owner.home}/data/".encode() not in seen
    assert f"{owner.home}/songs/".encode() not in seen
    assert SECRET.encode() not in seen


def test_a_page_of_another_site_gets_nothing_done(owner: Owner, stranger: Stranger, reference: object) -> None:
    answers = stranger.run("browse", ports=owner.ports, queue=owner.queue).decode().splitlines()
    assert len(owner.ports) > 2
    assert len(answers) > 12
    assert {answer.split()[1][0] for answer in answers} == {"4"}
    assert {answer.split()[2] for answer in answers} == {"None"}


async def test_what_another_user_asks_for_is_not_done(
    owner: Owner, stranger: Stranger, reference: tuple[dict[str, Any], list[bytes], str]
) -> None:
    before, songs = owner.files(), owner.songs()
    asked = json.loads(stranger.run("ask", queue=owner.queue, song=f"song-{reference[0]['id']}").splitlines()[-1])
    client = await Client.connect(stranger.address)
    *orders, own = (client.get_workflow_handle(one) for one in asked)
    for order in orders:
        while (described := await order.describe()).status == WorkflowExecutionStatus.RUNNING:
            time.sleep(0.1)
        assert described.status == WorkflowExecutionStatus.FAILED, order.id
    deadline = time.monotonic() + 60.0
    failed, ends = "activity_task_failed_event_attributes", list[str | None]()
    # The server keeps ends back from the history while the workflow's own next step is out.
    while ends.count(failed) < 10 and time.monotonic() < deadline:
        time.sleep(0.1)
        ends = [event.WhichOneof("attributes") for event in (await own.fetch_history()).events]
    assert ends.count(failed) == 10
    assert "activity_task_completed_event_attributes" not in ends
    assert owner.files() == before
    assert owner.songs() == songs


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("other key", "UntrustedPayload"),
        ("twice", "ServiceFailed"),
        ("result sealed", "UntrustedPayload"),
        ("result sent back", "UntrustedPayload"),
        ("result failed", "ServiceUnavailable"),
    ],
)
def test_what_another_user_answers_is_not_believed(
    owner: Owner, stranger: Stranger, reference: object, how: str, kind: str
) -> None:
    before = owner.files()
    with stranger.polling("answer", queue=owner.queue, how=how):
        error = owner.refused(owner.start(f"refused {how}"))
    assert error["kind"] == kind
    assert "docs/security.md" in error["fix"]
    assert {path for path in owner.files() if not path.startswith("data/objects")} == {
        path for path in before if not path.startswith("data/objects")
    }


async def test_a_song_that_another_user_spoilt_can_be_had(
    owner: Owner, stranger: Stranger, reference: tuple[dict[str, Any], list[bytes], str]
) -> None:
    spoilt = next(song for song in owner.songs() if song["state"] not in ("collected", "finished"))
    done = owner.command.run("resume", spoilt["id"], "--out", str(owner.home / "songs" / "resumed"), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert master(owner.home / "songs" / "resumed") == reference[2]


def test_a_step_that_another_user_takes_and_never_answers_is_told_and_made_up_for(
    owner: Owner, stranger: Stranger, reference: tuple[dict[str, Any], list[bytes], str]
) -> None:
    with stranger.polling("swallow", queue=owner.queue):
        process = owner.start("delayed")
        said, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, said + complaints
    assert "stranger\\x1b[31m' took a step of the song" in complaints
    assert master(owner.home / "songs" / "delayed") == reference[2]


def test_another_user_cannot_lead_later_songs_astray(
    owner: Owner, stranger: Stranger, reference: tuple[dict[str, Any], list[bytes], str]
) -> None:
    ways = json.loads(stranger.run("meddle", queue=owner.queue))
    assert "" not in ways.values(), ways
    owner.make("after all")
    assert master(owner.home / "songs" / "after all") == reference[2]
