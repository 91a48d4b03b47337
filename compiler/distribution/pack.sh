#!/bin/sh
# Packs a release from its binaries:
#
#   pack.sh VERSION BINARIES OUT
#
# takes each BINARIES/TARGET/meshc, or meshc.exe, and writes OUT/archives with SHA256SUMS, OUT/npm and OUT/wheels.
# Needed are GNU tar, cargo, npm, and a Python with pypi/requirements.txt, which PYTHON names. MESHC names a meshc of
# this version that runs here; without it, it is the one for Linux on x86-64. A binary for Linux has to be static;
# MESHC_LOADER=allowed is for tries of the packages.
set -eu
export LC_ALL=C
[ $# = 3 ] || { echo 'usage: pack.sh VERSION BINARIES OUT' >&2; exit 2; }
version=$1 binaries=$(realpath "$2")
mkdir -p "$3"
out=$(realpath "$3")
here=$(cd "$(dirname "$0")" && pwd)
MESHC=$(realpath "${MESHC:-$binaries/x86_64-unknown-linux-musl/meshc}")
python=${PYTHON:-python3}
# What carries files from one machine to the next loses the bit that lets them be run.
[ -x "$MESHC" ] || chmod +x "$MESHC"
# hatchling has a time of its own where none is said.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-315532800}
export MESHC SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/notices.sh" >"$work/NOTICES.txt"
rm -rf "$out/archives" "$out/npm" "$out/wheels"
mkdir "$out/archives" "$out/npm" "$out/wheels"

for folder in "$binaries"/*/; do
  target=$(basename "$folder")
  binary=$folder/meshc
  [ -f "$binary" ] || binary=$folder/meshc.exe
  # A binary that needs a loader would run on some systems and not on others.
  case $target in
    *linux*)
      headers=$(readelf --program-headers "$binary")
      case ${MESHC_LOADER:-refused}:$headers in
        allowed:*) ;;
        *INTERP*) echo "pack.sh: $binary is not static" >&2 && exit 1 ;;
      esac
      ;;
  esac
  "$here/archive.sh" "$version" "$target" "$binary" "$work/NOTICES.txt" "$out/archives"
  node "$here/npm/build.mjs" --version "$version" --target "$target" --binary "$binary" --notices "$work/NOTICES.txt" \
    --out "$work/npm" >/dev/null
  (
    cd "$here/pypi"
    MESHC_VERSION=$version MESHC_TARGET=$target MESHC_BINARY=$binary MESHC_NOTICES=$work/NOTICES.txt \
      "$python" -m hatchling build -t wheel -d "$out/wheels"
  )
done
for folder in "$work"/npm/*/; do
  npm pack --silent --pack-destination "$out/npm" "$folder"
done
(cd "$out/archives" && sha256sum ./*.tar.gz | sed 's|\./||' >SHA256SUMS)
