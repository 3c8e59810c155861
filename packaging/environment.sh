#!/usr/bin/env bash
# Make a virtual environment with DeepCINAC in it: packaging/environment.sh VENV REQUIREMENT
#   VENV         folder of the environment, made when it is missing or broken
#   REQUIREMENT  what to install, in the form of pip: ".[tensorflow]" or ".[tensorflow,dev]" (always editable)
# PYTHON=/path/to/python chooses the interpreter.
set -euo pipefail

venv=$1
requirement=$2

stop() {
    echo "deepcinac: $*" >&2
    exit 1
}

# Python 3.10 to 3.13? (A shim of pyenv may exist and still not run.)
suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        suitable "$PYTHON" || stop "PYTHON=$PYTHON is not a Python from 3.10 to 3.13."
        echo "$PYTHON"
        return
    fi
    local with_venv_only="" candidate
    for candidate in python3.11 python3.12 python3.13 python3.10 python3 python; do
        command -v "$candidate" >/dev/null && suitable "$candidate" || continue
        "$candidate" -c 'import venv, ensurepip' 2>/dev/null || continue
        if "$candidate" -c 'import tkinter' 2>/dev/null; then
            echo "$candidate"
            return
        fi
        with_venv_only=${with_venv_only:-$candidate}
    done
    [ -n "$with_venv_only" ] || stop "Python 3.10 to 3.13 with its venv module is needed and was" \
        "not found (Debian, Ubuntu: apt-get install python3 python3-venv python3-tk;" \
        "elsewhere: python.org). 'make PYTHON=/path/to/python3 ...' names one that lies elsewhere."
    echo "$with_venv_only"
}

if ! suitable "$venv/bin/python"; then
    python=$(find_python)
    echo "Making $venv with $("$python" --version) ($(command -v "$python"))"
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        stop "$python has no venv module (Debian, Ubuntu: apt-get install python3-venv)."
    rm -rf "$venv"
    "$python" -m venv "$venv" || stop "no virtual environment could be made in $venv."
fi
"$venv/bin/python" -c 'import tkinter' 2>/dev/null ||
    echo "Note: this Python has no Tk, so the window will not open" \
        "(Debian, Ubuntu: apt-get install python3-tk). Everything else works." >&2

echo "Installing DeepCINAC and what it needs (TensorFlow alone is 2 GB; once only)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint constraints.txt --editable "$requirement" ||
    stop "pip could not install what is needed; its reason stands above." \
        "The first run needs a connection to the Python package index and about 3 GB of disk."
