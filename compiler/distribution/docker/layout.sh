#!/bin/sh
# Writes the files of the image: layout.sh MESHC NOTICES FOLDER
set -eu
[ $# = 3 ] || { echo 'usage: layout.sh MESHC NOTICES FOLDER' >&2; exit 2; }
meshc=$1 notices=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
"$here/../pages.sh" "$meshc" "$pages"

share=$out/usr/share
mkdir -p "$out/usr/bin" "$share/bash-completion/completions" "$share/zsh/site-functions" \
  "$share/fish/vendor_completions.d" "$share/man/man1" "$share/doc/meshc"
cp "$meshc" "$out/usr/bin/meshc"
cp "$pages/completions/meshc.bash" "$share/bash-completion/completions/meshc"
cp "$pages/completions/_meshc" "$share/zsh/site-functions/_meshc"
cp "$pages/completions/meshc.fish" "$share/fish/vendor_completions.d/meshc.fish"
cp "$pages"/man/man1/*.1 "$share/man/man1/"
cp "$here/../../../LICENSE" "$share/doc/meshc/LICENSE"
cp "$notices" "$share/doc/meshc/NOTICES.txt"
chmod -R u+rwX,go+rX,go-w "$out"
chmod 755 "$out/usr/bin/meshc"
