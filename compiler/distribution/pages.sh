#!/bin/sh
# Writes the completions and manual pages of meshc: pages.sh MESHC FOLDER
set -eu
[ $# = 2 ] || { echo 'usage: pages.sh MESHC FOLDER' >&2; exit 2; }
meshc=$1 out=$2
mkdir -p "$out/completions" "$out/man/man1"
# The names that the shells look for.
"$meshc" completions bash >"$out/completions/meshc.bash"
"$meshc" completions zsh >"$out/completions/_meshc"
"$meshc" completions fish >"$out/completions/meshc.fish"
"$meshc" completions powershell >"$out/completions/_meshc.ps1"
"$meshc" man --out "$out/man/man1"
