#!/bin/sh
# Writes the versions in .venv to constraints.txt: names and versions only, no addresses.
set -eu
cd "$(dirname "$0")/.."
{
    echo "# Pinned versions of everything that .venv holds. Written by 'make lock'."
    .venv/bin/python -m pip list --format=freeze --exclude-editable | grep -vE '^(pip|setuptools|wheel|aurax)==' |
        sed 's/+.*//' # the local part of a version names one build, such as +cpu
} >constraints.txt
