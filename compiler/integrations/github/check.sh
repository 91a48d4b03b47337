#!/usr/bin/env bash
# What the action runs: the problems as SARIF and as lines for the problem matcher, then the comparison.
set -euo pipefail

read -r -a program <<<"$PROGRAM"
read -r -a arguments <<<"$ARGUMENTS"
echo "sarif=$SARIF" >>"$GITHUB_OUTPUT"

status=0
"$MESHC" check "${program[@]}" "${arguments[@]}" --diagnostics sarif >"$SARIF" || status=$?
if [ "$status" -gt 1 ]; then
  exit "$status"
fi
"$MESHC" check "${program[@]}" "${arguments[@]}" --diagnostics short || status=$?
if [ "$status" = 0 ] && [ -n "$RENDERED" ]; then
  "$MESHC" build "${program[@]}" "${arguments[@]}" --check "$RENDERED" || status=$?
  if [ "$status" = 1 ]; then
    echo "::error::$RENDERED is not what the program compiles to: run meshc build --out $RENDERED"
  fi
fi
exit "$status"
