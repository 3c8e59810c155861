#!/usr/bin/env bash
# The published program (1.1.10) reads our .cinac, and we its weights: packaging/check_published.sh [ENVIRONMENT]
#   ENVIRONMENT  folder of the environment, kept for the next time (default: .venv-published)
# It holds the published program, tf_keras and zarr, and sees our own environment behind them. Without a
# connection to the package index the check fails, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${1:-.venv-published}
ours=$PWD/.venv/bin/python
packages="deepcinac==1.1.10 tf_keras==2.21.0 shapely==2.2.0 networkx==3.6.1 sortedcontainers==2.4.0 PyYAML==6.0.4"

if [ "$(cat "$environment/.installed" 2>/dev/null)" != "$packages" ]; then
    rm -rf "$environment"
    "$(readlink -f "$ours")" -m venv "$environment"
    # shellcheck disable=SC2086
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps $packages &&
        "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
            --target "$environment/zarr" --no-deps zarr==3.1.6 numcodecs==0.16.6 donfig==0.8.1.post1 \
            google-crc32c==1.9.0 PyYAML==6.0.4 typing_extensions packaging || {
        echo "The packages could not be installed; the reason of pip stands above." >&2
        exit 1
    }
    echo "$packages" >"$environment/.installed"
fi
paths='import sysconfig; print(sysconfig.get_path("purelib"))'
echo "import site; site.addsitedir('$("$ours" -c "$paths")')" \
    >"$("$environment/bin/python" -c "$paths")/of_the_checkout.pth"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TF_CPP_MIN_LOG_LEVEL=2
"$ours" packaging/check_published.py write "$work"
"$environment/bin/python" packaging/check_published.py run "$work"
"$ours" packaging/check_published.py compare "$work"
export PYTHONPATH
PYTHONPATH="$(readlink -f "$environment")/zarr"
"$ours" -c "import zarr" # without it the tests would only be skipped
"$ours" -m pytest -q -n 0 tests/results/test_zarr_form.py
