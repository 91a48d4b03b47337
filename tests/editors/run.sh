#!/usr/bin/env bash
# What the plugins do in their editors, as TAP: MESHC=/path/to/meshc tests/editors/run.sh
# An editor that is not installed is named and left out. The home folder is a new one, in which the plugins are
# installed as their READMEs say, and nothing comes from the network.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
meshc=$(realpath "${MESHC:?say where meshc is}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/bin"
ln -s "$meshc" "$work/bin/meshc"
export PATH=$work/bin:$PATH HOME=$work/home LC_ALL=C.UTF-8 MESH_ROOT=$root
export XDG_CONFIG_HOME=$HOME/.config XDG_DATA_HOME=$HOME/.local/share
export XDG_STATE_HOME=$HOME/.local/state XDG_CACHE_HOME=$HOME/.cache
mkdir -p "$HOME"

# Each editor has a program of its own to change.
program() {
  export MESH_WORK=$work/$1
  mkdir "$MESH_WORK"
  cp "$root/tests/editors/broken.mesh" "$MESH_WORK/"
}

# Runs an editor and writes its facts. A script that breaks off is a fact too.
facts() {
  local out=$MESH_WORK/facts log=$MESH_WORK/log
  if ! timeout 300 "$@" >"$out" 2>"$log" </dev/null || ! grep -q '^ok' "$out"; then
    echo 'not ok - the script runs to its end' >>"$out"
  fi
  cat "$out"
  if grep -q '^not ok' "$out"; then sed 's/^/# /' "$log"; fi
}

fact() {
  local name=$1
  shift
  if "$@" >"$work/fact.log" 2>&1; then
    echo "ok - $name"
  else
    echo "not ok - $name"
    sed 's/^/# /' "$work/fact.log"
  fi
}

parser() {
  mkdir -p "$(dirname "$1")"
  cc -O2 -shared -fPIC -I "$root/editors/tree-sitter-mesh/src" -o "$1" "$root"/editors/tree-sitter-mesh/src/{parser,scanner}.c
}

vim_facts() {
  program vim
  mkdir -p "$HOME/.vim/pack/mesh/start"
  ln -s "$root/editors/vim" "$HOME/.vim/pack/mesh/start/mesh"
  printf 'filetype plugin indent on\nsyntax on\n' >"$HOME/.vimrc"
  # Vim writes to the screen even where there is none, so the facts take another way. It leaves no files (-n) beside
  # the examples.
  facts sh -c 'vim -N -n -es -i NONE -u "$HOME/.vimrc" -S "$MESH_ROOT/tests/editors/vim.vim" >&2; cat "$MESH_FACTS"'
}

neovim_facts() {
  program neovim
  mkdir -p "$XDG_DATA_HOME/nvim/site/pack/mesh/start" "$XDG_CONFIG_HOME/nvim"
  ln -s "$root/editors/neovim" "$XDG_DATA_HOME/nvim/site/pack/mesh/start/mesh"
  echo 'require("mesh").setup()' >"$XDG_CONFIG_HOME/nvim/init.lua"
  fact 'the parser is built' parser "$XDG_DATA_HOME/nvim/site/parser/mesh.so"
  facts nvim --headless -i NONE -S "$root/tests/editors/neovim.lua"
}

helix_facts() {
  program helix
  local config=$XDG_CONFIG_HOME/helix
  mkdir -p "$config/runtime/queries"
  cp "$root/editors/helix/languages.toml" "$config/"
  cp -rL "$root/editors/helix/queries/mesh" "$config/runtime/queries/"
  fact 'the parser is built' parser "$config/runtime/grammars/mesh.so"
  facts env TERM=xterm-256color COLORTERM=truecolor bash "$root/tests/editors/helix.sh"
}

emacs_facts() {
  program emacs
  cp "$root/editors/emacs/mesh-mode.el" "$work/"
  local file=$work/mesh-mode.el
  fact 'the mode compiles without warnings' emacs --batch -Q --eval '(setq byte-compile-error-on-warn t)' \
    -f batch-byte-compile "$file"
  fact 'checkdoc has nothing to say' sh -c \
    'said=$(emacs --batch -Q --eval "(checkdoc-file \"$0\")" 2>&1) && printf %s "$said" && test -z "$said"' "$file"
  facts emacs --batch -L "$work" -l "$root/tests/editors/emacs.el"
}

# Runs the facts of an editor, with its name before each.
editor() {
  local name=$1 command=$2 needed
  shift 2
  for needed in "$command" "$@"; do
    if ! command -v "$needed" >/dev/null; then
      echo "# $needed is not installed: $name is not run"
      return
    fi
  done
  echo "# $name: $("$command" --version | head -1)"
  "${name}_facts" | sed -E "s/^((not )?ok - )/\1$name: /"
}

has_eglot() { emacs --batch --eval "(require 'eglot)" 2>/dev/null; }

export MESH_FACTS=$work/vim/facts.vim
{
  # Debian lets Neovim be called `vim` where there is no Vim.
  if ! command -v vim >/dev/null || vim --version | grep -q '^VIM'; then
    editor vim vim
  else
    echo '# vim is Neovim here: vim is not run'
  fi
  editor neovim nvim cc
  editor helix hx tmux cc
  if ! command -v emacs >/dev/null || has_eglot; then
    editor emacs emacs
  else
    echo '# eglot is not installed: emacs is not run'
  fi
} | awk '
  /^(not )?ok - / { n++; failed += /^not/; sub(/ok - /, "ok " n " - ") }
  { print; fflush() }
  END { print "1.." n + 0; exit failed > 0 }'
