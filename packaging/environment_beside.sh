#!/usr/bin/env bash
# An environment of other programs with ours behind it: packaging/environment_beside.sh ENVIRONMENT CONSTRAINTS PACKAGE...
#   ENVIRONMENT  its folder, kept for the next time and made anew when CONSTRAINTS changed
# Without a connection to the package index it fails, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=$1 constraints=$2
shift 2
made=$environment/.installed
ours=$PWD/.venv/bin/python

if ! cmp -s "$constraints" "$made"; then
    echo "Installing $* into $environment"
    rm -rf "$environment"
    "$(readlink -f "$ours")" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
        --constraint "$constraints" "$@" || {
        echo "They could not be installed; the reason of pip stands above. Without a connection to" \
            "the package index this check cannot be made." >&2
        exit 1
    }
    cp "$constraints" "$made"
fi
# Behind the packages of this environment come those of ours, DeepCINAC among them.
paths='import sysconfig; print(sysconfig.get_path("purelib"))'
echo "import site; site.addsitedir('$("$ours" -c "$paths")')" \
    >"$("$environment/bin/python" -c "$paths")/deepcinac_of_the_checkout.pth"
echo "Size of the environment: $(du -sm "$environment" | cut -f1) MB"
