#!/usr/bin/env bash
# Checks a Mesh program with meshc, and the YAML that is committed for it.
set -euo pipefail
workspace={{workspace}}
compiler={{compiler}}

# Where the runfiles are: a folder that holds the compiler, or a manifest with a line for each.
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
root=
manifest=
for folder in "${RUNFILES_DIR:-}" "${TEST_SRCDIR:-}" "${self%%.runfiles/*}.runfiles"; do
  if [[ -z "$root" && -n "$folder" && -e "$folder/$compiler" ]]; then root=$folder; fi
done
for file in "${RUNFILES_MANIFEST_FILE:-}" "$self.runfiles_manifest" "$self.runfiles/MANIFEST"; do
  if [[ -z "$root$manifest" && -n "$file" && -f "$file" ]]; then manifest=$file; fi
done
if [[ -n "$root" ]]; then
  # Messages then name files as the workspace does.
  cd "$root/$workspace"
elif [[ -z "$manifest" ]]; then
  echo "the runfiles of $self are not to be found" >&2
  exit 2
fi

# Prints where a runfile is, or a folder of runfiles.
place() {
  if [[ -n "$root" ]]; then
    if [[ "$1" == "$workspace"/* ]]; then echo "./${1#"$workspace"/}"; else echo "../$1"; fi
    return
  fi
  local key path rest
  while IFS=' ' read -r key path; do
    path=${path%$'\r'}
    if [[ "$key" == "$1" ]]; then
      echo "$path"
      return
    elif [[ "$key" == "$1"/* ]]; then
      rest=${key#"$1"}
      echo "${path%"$rest"}"
      return
    fi
  done <"$manifest"
  echo "$1 is not among the runfiles" >&2
  echo "$1"
}

meshc=$(place "$compiler")
{{commands}}
