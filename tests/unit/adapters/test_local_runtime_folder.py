import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from aurax.adapters.local.runtime_folder import Runtime, RuntimeFolder
from aurax.errors import InvalidOption

RUNTIME = Runtime(
    supervisor_pid=os.getpid(), temporal_address="127.0.0.1:7233", ui_address=None, child_pids={"worker": 2}
)


def test_only_one_process_may_supervise(tmp_path: Path) -> None:
    first, second = RuntimeFolder(tmp_path), RuntimeFolder(tmp_path)
    with first.supervising() as alone:
        assert alone
        with second.supervising() as also_alone:
            assert not also_alone
    with second.supervising() as alone_now:
        assert alone_now


def test_a_record_counts_only_while_its_supervisor_lives(tmp_path: Path) -> None:
    folder = RuntimeFolder(tmp_path)
    with folder.supervising():
        folder.publish(RUNTIME)
        assert folder.read() == RUNTIME
    assert folder.read() is None


def test_the_record_of_a_killed_supervisor_does_not_count_for_the_next(tmp_path: Path) -> None:
    folder = RuntimeFolder(tmp_path)
    with folder.supervising():
        folder.publish(RUNTIME.model_copy(update={"supervisor_pid": os.getpid() + 1}))
        assert folder.read() is None
        assert folder.supervisor_pid() == os.getpid()
    assert folder.supervisor_pid() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"supervisor_pid": "x"}'])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    folder = RuntimeFolder(tmp_path)
    (tmp_path / "runtime.json").write_text(text)
    with folder.supervising():
        assert folder.read() is None


def test_the_servers_retire_only_when_no_client_is_left(tmp_path: Path) -> None:
    folder = RuntimeFolder(tmp_path)
    with folder.supervising():
        folder.publish(RUNTIME)
        with folder.using():
            assert folder.has_clients()
            assert not folder.retire_if_unused()
            assert folder.read() == RUNTIME
        assert folder.retire_if_unused()
        assert folder.read() is None


def test_a_killed_client_no_longer_counts(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from aurax.adapters.local.runtime_folder import RuntimeFolder\n"
        "with RuntimeFolder(Path(sys.argv[1])).using(): print('in', flush=True); time.sleep(60)"
    )
    client = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
    assert client.stdout is not None
    client.stdout.readline()
    folder = RuntimeFolder(tmp_path)
    assert folder.has_clients()
    client.kill()
    client.wait()
    client.stdout.close()
    assert not folder.has_clients()


def test_a_port_is_kept_from_run_to_run(tmp_path: Path) -> None:
    port = RuntimeFolder(tmp_path).choose_port("temporal")
    assert RuntimeFolder(tmp_path).choose_port("temporal") == port


def test_a_remembered_port_in_use_is_replaced_by_a_free_one(tmp_path: Path) -> None:
    port = RuntimeFolder(tmp_path).choose_port("temporal")
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert RuntimeFolder(tmp_path).choose_port("temporal") != port


def test_a_wanted_port_in_use_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(InvalidOption, match="choose another port"):
            RuntimeFolder(tmp_path).choose_port("temporal", other.getsockname()[1])
