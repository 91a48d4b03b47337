#!/bin/sh
# Prints the licences of what is compiled into meshc, which want to be handed on with it. cargo fetches what it lacks.
set -eu
export LC_ALL=C
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One list for all targets: what only one of them has is named too.
cargo tree --quiet --locked --package meshc --edges normal,no-proc-macro --no-dedupe --prefix none --format '{p}|{l}' \
  --target x86_64-unknown-linux-musl --target aarch64-unknown-linux-musl --target x86_64-apple-darwin \
  --target aarch64-apple-darwin --target x86_64-pc-windows-msvc >"$work/tree"
# The crates of the workspace have a path behind their version.
sort -u "$work/tree" | grep '|' | grep -v ' (.*)|' >"$work/crates"

# Texts that are the same are printed once, under the names of all that have them.
mkdir "$work/texts" "$work/names"
while IFS='|' read -r crate license; do
  name=${crate% v*} version=${crate##* v}
  folder=
  for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name-$version"; do :; done
  [ -d "$folder" ] || { echo "notices.sh: the source of $name $version is not where cargo keeps it" >&2; exit 1; }
  for file in "$folder"/*; do
    case ${file##*/} in
      LICEN[CS]E* | licen[cs]e* | COPYING* | COPYRIGHT* | NOTICE*) ;;
      *) continue ;;
    esac
    [ -f "$file" ] || continue
    sum=$(sha256sum <"$file" | cut -c 1-64)
    cp "$file" "$work/texts/$sum"
    echo "$name $version" >>"$work/names/$sum"
  done
  echo "$name $version: ${license:-see its text}"
done <"$work/crates" >"$work/list"

cat <<END
meshc itself is under the Apache License 2.0. Compiled into it are these packages, under licences of their own, whose
texts follow as far as the packages hold them:

END
cat "$work/list"
cat <<'END'

So is the standard library of Rust, copyright The Rust Project Developers, under MIT OR Apache-2.0; the binaries for
Linux also hold musl, copyright 2005-2020 Rich Felker and others, under MIT.
END
# By name, so that the order is the same everywhere.
for sum in "$work"/names/*; do
  printf '%s %s\n' "$(tr '\n' ' ' <"$sum")" "${sum##*/}"
done | sort | sed 's/.* //' | while read -r sum; do
  printf '\n%s\n' '--------------------------------------------------------------------------------'
  sed 's/^/  /' "$work/names/$sum" | sort -u
  echo
  tr -d '\r' <"$work/texts/$sum"
done
