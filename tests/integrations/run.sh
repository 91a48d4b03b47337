#!/usr/bin/env bash
# The integrations, each by its real host, over the examples. Given: MESHC, and of KUSTOMIZE, KUBECTL, HELM3, HELM4, PRE_COMMIT
# those that could be had. Prints a line for each fact, as TAP has it, and says what is left out.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
count=0
failed=0

# A fact holds where the command behind it ends well.
fact() {
  local name=$1
  shift
  count=$((count + 1))
  if "$@" >"$scratch/out" 2>&1; then
    echo "ok $count - $name"
  else
    echo "not ok $count - $name"
    sed 's/^/# /' "$scratch/out"
    failed=1
  fi
}
# A command ends with a code, and says something.
says() {
  local code=$1 text=$2 out status=0
  shift 2
  out=$("$@" 2>&1) || status=$?
  printf '%s\n' "$out"
  [ "$status" = "$code" ] && [[ $out == *"$text"* ]]
}
lacks() { ! grep -q "$1" "$2"; }
have() {
  if command -v "${2:-}" >/dev/null; then return; fi
  echo "$1 could not be had: what it runs is not run"
  return 1
}
# A copy of an example, with the name `meshc` on the path being the one that is tested.
example() { rm -rf "${scratch:?}/$1" && cp -r "$root/examples/integrations/$1" "$scratch/$1"; }
mkdir -p "$scratch/bin" && ln -s "$MESHC" "$scratch/bin/meshc"
export PATH="$scratch/bin:$PATH"

for part in "$here"/parts/*.sh; do
  # shellcheck source=/dev/null
  source "$part"
done
exit "$failed"
