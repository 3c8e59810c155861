#!/usr/bin/env bash
# The wheel and the source distribution, installed into empty environments, predict the demo alike: with each
# Python from 3.10 to 3.13 that this machine has. packaging/check_installs.sh [MINOR ...], for instance 11 13
# The last installs from the source distribution, the others the wheel. Needs the package index, and about
# 2 GB of disk at a time.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TF_CPP_MIN_LOG_LEVEL=2 PIP_DISABLE_PIP_VERSION_CHECK=1

find_python() { # of a minor version; a shim of pyenv may exist and still not run
    local candidate
    for candidate in "python3.$1" "$HOME/.pyenv/versions/3.$1".*/bin/python; do
        if "$candidate" -c "import sys, venv; sys.exit(sys.version_info[:2] != (3, $1))" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

check() { # an interpreter and what to install
    local environment=$work/environment bin=$work/environment/bin
    rm -rf "$environment"
    "$1" -m venv "$environment"
    "$bin/pip" install --quiet -c constraints.txt -c packaging/constraints-bundle.txt \
        "$2[tensorflow-cpu]"
    "$bin/pip" check
    (cd "$work" && "$bin/deepcinac" demo --no-gui --out demo --progress none >said) || {
        cat "$work/said"
        return 1
    }
    "$bin/python" - "$work/demo/prediction.npz" "$work/first.npz" <<'PYTHON'
import os, shutil, sys
import numpy as np

this, first = sys.argv[1:]
if not os.path.exists(first):
    shutil.copy(this, first)
apart = abs(np.load(this)["probability"] - np.load(first)["probability"]).max()
print(f"  largest difference to the first: {apart:.1g}")
sys.exit(bool(apart > 1e-5))
PYTHON
    echo "  $(du -sm "$environment" | cut -f1) MB"
}

.venv/bin/python -m venv "$work/builder"
"$work/builder/bin/pip" install --quiet build
rm -rf build/lib                                          # of a stale build, it would end up in the wheel
"$work/builder/bin/python" -m build --outdir "$work" . >/dev/null # the wheel is made from the source distribution
.venv/bin/python packaging/check_wheel.py "$work"/deepcinac-*.whl

found=()
for minor in ${*:-10 11 12 13}; do
    python=$(find_python "$minor")
    if [ -n "$python" ]; then
        found+=("$python")
    else
        echo "Python 3.$minor is not here: skipped"
    fi
done
[ ${#found[@]} -gt 0 ] || found=("$(readlink -f .venv/bin/python)") # rather than nothing
for python in "${found[@]}"; do
    what=$(echo "$work"/deepcinac-*.whl)
    [ "$python" != "${found[-1]}" ] || what=$(echo "$work"/deepcinac-*.tar.gz)
    echo "$("$python" --version), from $(basename "$what")"
    check "$python" "$what"
done
