#!/bin/sh
# Rendered manifests, for any CI: writes what the program compiles to, or with `check` fails where that is not what is there.
set -eu
cd "$(dirname "$0")/../flux"
how=--out
[ "${1:-}" = check ] && how=--check
"${MESHC:-meshc}" check mesh --deny warnings
"${MESHC:-meshc}" build mesh --set canary=10% "$how" rendered/prod
