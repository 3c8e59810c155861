#!/usr/bin/env bash
# Make the executable: packaging/bundle.sh, or make bundle. Its folder is dist/deepcinac (macOS:
# dist/DeepCINAC.app as well).
#   PYTHON=/path/to/python  the interpreter it holds (default: that of .venv); it must have Tk
# Works in an environment of its own, build/bundle/env (2 GB). Takes about 6 minutes of a core.
set -euo pipefail
cd "$(dirname "$0")/.."

built=$PWD/build/bundle
environment=$built/env
python=${PYTHON:-$(readlink -f .venv/bin/python)}

"$python" -c 'import tkinter' || {
    echo "$python has no Tk, so the executable would have no window." >&2
    exit 1
}
ours() { # the Python of the environment, which lies elsewhere on Windows
    if [ -d "$environment/Scripts" ]; then
        "$environment/Scripts/python" "$@"
    else
        "$environment/bin/python" "$@"
    fi
}
pip_install() {
    ours -m pip install --quiet --disable-pip-version-check "$@"
}

made=$environment/.installed
asked=$(cat packaging/constraints-bundle.txt constraints.txt pyproject.toml; "$python" --version)
rm -rf "$built/wheel" build/lib
if [ "$(cat "$made" 2>/dev/null)" != "$asked" ]; then
    echo "Installing what the executable is made of into $environment"
    rm -rf "$environment"
    "$python" -m venv "$environment"
    ours -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$built/wheel" .
    pip_install -c packaging/constraints-bundle.txt -c constraints.txt \
        "$(echo "$built"/wheel/deepcinac-*.whl)[tensorflow-cpu]" pyinstaller pyinstaller-hooks-contrib
    if [ "$(uname)" = Linux ]; then
        # Only TensorFlow's: the libraries of NumPy and SciPy were changed after linking and do not survive.
        find "$environment" -path '*/site-packages/tensorflow/*' -name '*.so*' -type f \
            -exec strip --strip-unneeded {} +
    fi
    echo "$asked" >"$made"
else
    ours -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$built/wheel" .
    pip_install --no-deps --force-reinstall "$built"/wheel/deepcinac-*.whl
fi

ours packaging/make_icons.py "$built/icons"
root=$PWD
# From another folder: here the library would be found without gui, models and data, which lie beside it.
(cd "$built" && ours -m PyInstaller --noconfirm --log-level ERROR --distpath "$root/dist" \
    --workpath "$built/work" "$root/packaging/deepcinac.spec")

folder=dist/deepcinac
[ "$(uname)" != Darwin ] || folder=dist/DeepCINAC.app/Contents/Resources
ours packaging/licences.py --texts "$folder/LICENCES.txt"
if [ "$(uname)" = Linux ]; then
    strip --strip-unneeded "$folder"/_internal/libpython*.so*
    mkdir -p "$folder/share/icons"
    cp packaging/linux/install.sh "$folder"
    cp packaging/linux/deepcinac.desktop packaging/linux/deepcinac-mime.xml "$folder/share"
    cp "$built"/icons/*.png "$folder/share/icons"
fi

echo "Megabytes in dist/deepcinac, the largest first"
du -sm dist/deepcinac
du -sm dist/deepcinac/_internal/* | sort -rn | head -n 12 || true
