#!/usr/bin/env bash
# Run a command with a screen: the one there is, otherwise a virtual one (Xvfb), otherwise none.
# Tests that open a window skip themselves where there is no screen.
set -euo pipefail

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

if [ "$(uname)" != Linux ] || [ -n "${DISPLAY:-}" ]; then
    exec "$@"
fi
missing=()
command -v xvfb-run >/dev/null || missing+=(xvfb xauth)
command -v openbox >/dev/null || missing+=(openbox) # a window manager and keys, for the test of the whole loop
command -v xdotool >/dev/null || missing+=(xdotool)
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]}, for the tests that open a window"
    { as_root apt-get update -qq && as_root apt-get install -qq -y --no-install-recommends \
        "${missing[@]}"; } </dev/null >/dev/null 2>&1 || true
fi
if command -v xvfb-run >/dev/null; then
    exec xvfb-run --auto-servernum --server-args="-screen 0 1366x768x24" "$@"
fi
echo "Note: no screen and no Xvfb (apt-get install xvfb xauth): tests that open a window are" \
    "skipped." >&2
exec "$@"
