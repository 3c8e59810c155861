#!/usr/bin/env bash
# What we write as NWB, read by the programs that others use: packaging/check_nwb.sh [ENVIRONMENT]
#   ENVIRONMENT  folder of the environment, kept for the next time (default: .venv-nwb)
# It holds pynwb, nwbinspector, roiextractors and pynapple (0.7 GB), and sees our own environment behind
# them. Without a connection to the package index the check fails, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${1:-.venv-nwb}
constraints=packaging/constraints-nwb.txt
made=$environment/.installed
ours=$PWD/.venv/bin/python

if ! cmp -s "$constraints" "$made"; then
    echo "Installing the readers of NWB into $environment"
    rm -rf "$environment"
    "$(readlink -f "$ours")" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
        --constraint "$constraints" pynwb nwbinspector roiextractors pynapple || {
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

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$PWD/$environment/bin:$PATH" TF_CPP_MIN_LOG_LEVEL=2
[ "${environment#/}" = "$environment" ] || export PATH="$environment/bin:$PATH"
python -m pytest -q -n 0 tests/results tests/formats/test_nwb_export.py
python packaging/check_nwb.py "$work"
