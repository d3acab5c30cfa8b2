#!/bin/sh
# Makes .venv and installs AURA-X with pinned versions. Usage: setup.sh song|dev
set -eu
kind=$1
cd "$(dirname "$0")/.."

fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

python=""
for candidate in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || fail "expected Python 3.11 to 3.13 on the PATH; found none; install one or set PYTHON=/path/to/python3.12"

if ! [ -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    "$python" -m venv .venv || fail "expected the venv module of $python; found it unusable; on Debian install python3-venv"
fi

target=.
[ "$kind" = dev ] && target=.[dev,mcp,neural,modal,postgres,telemetry]

# uv installs several times faster; pip reads settings (mirrors, proxies) that uv does not, so it stays the fallback.
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv || true
if [ "$kind" = dev ]; then
    # First and with pip: a machine's own build of torch, such as one without CUDA, is named in pip's settings.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch ||
        fail "expected to install torch; found the error above; check the network and run it again"
fi
if ! { [ -x .venv/bin/uv ] &&
    UV_SYSTEM_CERTS=1 .venv/bin/uv pip install --quiet --python .venv/bin/python -c constraints.txt -e "$target"; }; then
    echo "setup: uv could not do it; trying pip" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$target" ||
        fail "expected to install the pinned packages; found the error above; check the network and run it again"
fi
touch .venv/.song
if [ "$kind" = dev ]; then touch .venv/.dev; fi
