#!/usr/bin/env bash
# Helix in a terminal of tmux. The lines are facts: `ok - …` or `not ok - …`; run.sh counts them, and has set up the
# home folder. $MESH_WORK is a folder with broken.mesh.
set -u

screen() { tmux -S "$MESH_WORK/tmux" capture-pane -p "$@"; }
keys() { tmux -S "$MESH_WORK/tmux" send-keys "$@"; }

fact() {
  if [ "$1" = 0 ]; then
    printf 'ok - %s\n' "$2"
  else
    printf 'not ok - %s\n' "$2"
    screen | sed 's/^/# /'
  fi
}

# Waits until a regular expression is on the screen.
shows() {
  local end=$((SECONDS + 20))
  until screen | grep -qE -- "$1"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# Waits until it no longer is.
hides() {
  local end=$((SECONDS + 20))
  while screen | grep -qE -- "$1"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

health=$(hx --health mesh | sed 's/\x1b\[[0-9;]*m//g')
for part in '✓ meshc' 'Tree-sitter parser: ✓' 'Highlight queries: ✓' 'Textobject queries: ✓' 'Indent queries: ✓'; do
  grep -qF "$part" <<<"$health"
  fact $? "hx --health says: $part"
done

tmux -S "$MESH_WORK/tmux" -u new-session -d -x 150 -y 30 "cd '$MESH_WORK' && hx broken.mesh"
trap 'tmux -S "$MESH_WORK/tmux" kill-server' EXIT

shows '^ *4 .*service orders'
fact $? 'the program is shown'
# A file without colours has one change of them a line at most.
[ "$(screen -e | grep -F orders | grep -F 8080 | head -1 | grep -oF $'\e[' | wc -l)" -gt 6 ]
fact $? 'it is coloured'

keys '/timout 5s' Enter
shows 'is not a clause of'
fact $? 'the slip is a diagnostic'
keys Space a
shows 'Write `timeout`'
fact $? 'there is a fix'
keys Enter
shows 'v2; timeout 5s' && hides 'is not a clause of'
fact $? 'the fix is applied, and the diagnostic goes'

keys gg '/orders' Enter
keys Space r
shows 'rename'
keys C-u 'invoices' Enter
shows 'service invoices' && shows 'calls invoices' && shows 'route invoices'
fact $? 'a service is renamed wherever it is used'

keys ':format' Enter
shows ' route checkout <'
fact $? 'the file is formatted'

keys gg '/invoices' Enter Space k
shows 'called by'
fact $? 'the hover says what a service is'
