"""From a clean clone in an empty home to the first song: what a new user waits for."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks import report

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Clone, `make song`, and say how long each part took."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        clone = Path(scratch) / "aurax"
        home.mkdir()
        kept = ("PATH", "LANG", "SSL_CERT_FILE", "PIP_CERT", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
        environment = {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(home)}
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True, env=environment)
        started = time.perf_counter()
        subprocess.run(["make", "--silent", ".venv/.song"], cwd=clone, check=True, env=environment)
        installed_s = time.perf_counter() - started
        subprocess.run(["make", "--silent", "song"], cwd=clone, check=True, env=environment)
        total_s = time.perf_counter() - started
        size_mb = sum(path.stat().st_size for path in (clone / ".venv").rglob("*") if path.is_file()) / 1e6
        shutil.rmtree(clone, ignore_errors=True)
    report.write(
        "fresh",
        {"install_s": round(installed_s, 1), "first_song_s": round(total_s, 1), "environment_mb": round(size_mb)},
        [
            report.table(
                ("clean clone, empty home", "value"),
                (
                    ("installing", f"{installed_s:.1f} s"),
                    ("installing and the first song (one minute of lo-fi)", f"{total_s:.1f} s"),
                    ("size of .venv", f"{size_mb:.0f} MB"),
                ),
            )
        ],
    )


if __name__ == "__main__":
    main()
