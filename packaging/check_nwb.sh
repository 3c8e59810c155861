#!/usr/bin/env bash
# What we write as NWB, read by the programs that others use: packaging/check_nwb.sh [ENVIRONMENT]
#   ENVIRONMENT  folder of the environment, kept for the next time (default: .venv-nwb)
# It holds pynwb, nwbinspector, roiextractors and pynapple (0.7 GB).
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${1:-.venv-nwb}
packaging/environment_beside.sh "$environment" packaging/constraints-nwb.txt \
    pynwb nwbinspector roiextractors pynapple

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH="$PWD/$environment/bin:$PATH" TF_CPP_MIN_LOG_LEVEL=2
[ "${environment#/}" = "$environment" ] || export PATH="$environment/bin:$PATH"
python -m pytest -q -n 0 tests/results tests/formats/test_nwb_export.py
python packaging/check_nwb.py "$work"
