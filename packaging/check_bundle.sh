#!/usr/bin/env bash
# Build the executable and use it as on a machine without Python: packaging/check_bundle.sh [FOLDER [PART ...]]
#   FOLDER  an executable that exists (default: make one, in dist/deepcinac)
#   PART    commands, files, demo, training, desktop, window (default: all of them)
# The pictures of the window are in dist/pictures. Linux; wants xdotool, which is installed where it can be.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || packaging/bundle.sh
folder=${1:-dist/deepcinac}

if ! command -v xdotool >/dev/null && command -v apt-get >/dev/null; then
    echo "Installing xdotool, which presses the keys"
    as_root() {
        if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
    }
    { as_root apt-get update -qq && as_root apt-get install -qq -y --no-install-recommends \
        xdotool; } </dev/null >/dev/null 2>&1 || true
fi
command -v xdotool >/dev/null || {
    echo "xdotool is needed to press the keys (apt-get install xdotool)." >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TF_CPP_MIN_LOG_LEVEL=2
packaging/screen.sh .venv/bin/python packaging/check_bundle.py "$folder" "$work" "${@:2}"
