#!/bin/sh
# Put DeepCINAC into your menu, your file manager and your terminal: ./install.sh [--uninstall]
#
# For this user only, and without root. The program stays where this folder lies, so move the folder
# first: what is written are a menu entry, icons, the kind of file .deepcinac, and a link in
# ~/.local/bin. --uninstall takes them away again; the folder itself you delete yourself.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
data=${XDG_DATA_HOME:-$HOME/.local/share}
program=$here/deepcinac
link=$HOME/.local/bin/deepcinac
entry=$data/applications/deepcinac.desktop
kind=$data/mime/packages/deepcinac.xml

refresh() { # without these tools the desktop finds out at the next login
    update-mime-database "$data/mime" 2>/dev/null || true
    update-desktop-database "$data/applications" 2>/dev/null || true
    gtk-update-icon-cache -q -t "$data/icons/hicolor" 2>/dev/null || true
}

if [ "${1:-}" = --uninstall ]; then
    rm -f "$entry" "$kind" "$data"/icons/hicolor/*/apps/deepcinac.png
    if [ -L "$link" ]; then rm -f "$link"; fi
    refresh
    echo "DeepCINAC is no longer in the menu. To remove the program, delete $here"
    exit 0
fi

mkdir -p "$data/applications" "$data/mime/packages" "$(dirname "$link")"
# Exec= of a desktop entry has its own quoting: in double quotes, with \ before " ` $ and \, and %%.
# A line of the file doubles each \ once more, and so does the right-hand side of sed.
quoted=$(printf '%s' "$program" | sed -e 's/[\\"`$]/\\\\&/g' -e 's/%/%%/g' -e 's/[\\&|]/\\&/g')
sed -e "s|@PROGRAM@|\"$quoted\"|" "$here/share/deepcinac.desktop" >"$entry"
cp "$here/share/deepcinac-mime.xml" "$kind"
for picture in "$here"/share/icons/icon-*.png; do
    size=$(basename "$picture" .png)
    size=${size#icon-}
    folder=$data/icons/hicolor/${size}x$size/apps
    mkdir -p "$folder"
    cp "$picture" "$folder/deepcinac.png"
done
if [ -e "$link" ] && [ ! -L "$link" ]; then
    echo "$link is a file of its own and was left alone."
else
    ln -sfn "$program" "$link"
fi
refresh
if command -v xdg-mime >/dev/null; then
    xdg-mime default deepcinac.desktop application/x-deepcinac || true
fi
echo "DeepCINAC is in the menu, and .deepcinac files open with it."
case ":$PATH:" in
    *":$(dirname "$link"):"*) echo "In a terminal: deepcinac --help" ;;
    *) echo "In a terminal: $link --help" ;;
esac
