#!/bin/sh
# Packs meshc-VERSION-TARGET.tar.gz, and its checksum beside it:
#
#   archive.sh VERSION TARGET BINARY NOTICES FOLDER
#
# NOTICES is what notices.sh printed. Where BINARY is for another machine, MESHC names one of the same version that runs
# here, for completions and manual pages. The same files give the same bytes: names are sorted, nobody owns them, and
# their time is SOURCE_DATE_EPOCH, or the start of 1980.
set -eu
export LC_ALL=C
[ $# = 5 ] || { echo 'usage: archive.sh VERSION TARGET BINARY NOTICES FOLDER' >&2; exit 2; }
version=$1 target=$2 binary=$3 notices=$4 out=$5
here=$(cd "$(dirname "$0")" && pwd)
tar --version 2>/dev/null | grep -q 'GNU tar' || { echo 'archive.sh: this needs GNU tar' >&2; exit 2; }
meshc=$(realpath "${MESHC:-$binary}")
fail() { echo "archive.sh: $1" >&2 && exit 2; }
said=$("$meshc" --version) || fail "$meshc does not run here; name one that does with MESHC"
[ "$said" = "meshc $version" ] || fail "$meshc is $said, not meshc $version"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=meshc-$version-$target
folder=$work/$name
mkdir "$folder"
case $target in
  *windows*) cp "$binary" "$folder/meshc.exe" && chmod 755 "$folder/meshc.exe" ;;
  *) cp "$binary" "$folder/meshc" && chmod 755 "$folder/meshc" ;;
esac
cp "$here/../../README.md" "$here/../../LICENSE" "$folder/"
cp "$notices" "$folder/NOTICES.txt"
"$here/pages.sh" "$meshc" "$folder"

mkdir -p "$out"
# In two steps, so that a failure of tar is one of the script.
tar --create --file "$work/$name.tar" --directory "$work" --format=ustar --sort=name --mode='u+rwX,go+rX,go-w' \
  --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-315532800}" "$name"
gzip --no-name --best --stdout "$work/$name.tar" >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "$out/$name.tar.gz"
