#!/usr/bin/env bash
# What people install, packed and installed, as TAP: MESHC=/path/to/meshc tests/distribution/run.sh
#
# MESHC_STATIC is a static binary, for archive, npm packages and wheel, and for an empty root; without it MESHC is
# packed and the empty root left out. ACTIONLINT, HADOLINT and SHELLCHECK name these tools, PYTHON a Python with
# hatchling; what is not named is installed into target/tools. What cannot be had is said and left out.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/distribution from=$root/compiler/distribution tools=$root/target/tools
meshc=$(realpath "${MESHC:?say where meshc is}")
static=${MESHC_STATIC:+$(realpath "$MESHC_STATIC")}
packed=${static:-$meshc} loader=allowed
[ -z "$static" ] || loader=refused
version=$("$meshc" --version | sed 's/^meshc //')
target=$(uname -m)-unknown-linux-musl
tutorial=$root/examples/tutorial
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$tools" "$work/home"
printf 'in shop\nroute a < v1: 90%% v2: 20%% >\n' >"$work/broken.mesh"

has() { command -v "$1" >/dev/null; }
left_out() { echo "# $1: $2"; }
fact() {
  local name=$1
  shift
  # In a shell of its own that ends at the first failure, which a function behind `if` would not.
  set +e
  (set -e; "$@") >"$work/fact.log" 2>&1
  local code=$?
  set -e
  if [ "$code" = 0 ]; then
    echo "ok - $name"
  else
    echo "not ok - $name"
    sed 's/^/# /' "$work/fact.log"
  fi
}
# The code that a command ends with.
code_is() {
  local wanted=$1 code=0
  shift
  "$@" || code=$?
  echo "it ended with $code"
  [ "$code" = "$wanted" ]
}
says() {
  local wanted=$1
  shift
  "$@" 2>&1 | tee "$work/said" || true
  grep -qF -- "$wanted" "$work/said"
}
compiles() { "$@" build "$tutorial" 2>/dev/null | cmp - "$tutorial/expected/bundle.yaml"; }
# The facts of every way to call meshc.
is_meshc() {
  fact "$1: --version" says "meshc $version" "${@:2}" --version
  fact "$1: compiles the tutorial as the repository has it" compiles "${@:2}"
  fact "$1: ends with 1 for a broken program" code_is 1 "${@:2}" check "$work/broken.mesh"
  fact "$1: ends with 2 for a file that is not there" code_is 2 "${@:2}" check "$work/none.mesh"
}

# Tools.

python_tools() {
  [ -z "${PYTHON:-}" ] || return 0
  has python3 || return 1
  [ -x "$tools/python/bin/python" ] || python3 -m venv "$tools/python" || return 1
  "$tools/python/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" || return 1
  PYTHON=$tools/python/bin/python
  SHELLCHECK=${SHELLCHECK:-$tools/python/bin/shellcheck} HADOLINT=${HADOLINT:-$tools/python/bin/hadolint}
}
go_tools() {
  [ -z "${ACTIONLINT:-}" ] || return 0
  local wanted=v1.7.12
  if ! "$tools/bin/actionlint" --version 2>/dev/null | grep -q "$wanted"; then
    has go && GOBIN=$tools/bin go install "github.com/rhysd/actionlint/cmd/actionlint@$wanted" || return 1
  fi
  ACTIONLINT=$tools/bin/actionlint
}

# cargo, where it has compiled the crate already and does not begin anew.

cargo_facts() {
  local profile folder
  folder=$(dirname "$meshc")
  profile=$(basename "$folder")
  if ! has cargo || [ "$profile" != quick ]; then
    left_out cargo 'MESHC is not from the profile quick: cargo install is not run'
    return
  fi
  fact 'cargo: installs from a clone' cargo install --quiet --locked --profile quick --path "$root/compiler/meshc" \
    --root "$work/installed" --target-dir "$(dirname "$folder")" --no-track
  is_meshc cargo "$work/installed/bin/meshc"
}

# Archive, wheel and npm packages, all of them as a release packs them.

pack() {
  mkdir -p "$work/binaries/$target"
  cp "$packed" "$work/binaries/$target/meshc"
  MESHC_LOADER=$loader PYTHON=$PYTHON MESHC=$meshc "$from/pack.sh" "$version" "$work/binaries" "$work/$1"
}
pack_again() {
  # Other rights, another zone, and a file without the bit that lets it be run, as artifacts of a workflow are.
  umask 077
  chmod 644 "$work/binaries/$target/meshc"
  TZ=Asia/Tokyo pack again
  diff -r "$work/packed" "$work/again"
}
refuses_a_loader() {
  mkdir -p "$work/dynamic/$target"
  cp "$meshc" "$work/dynamic/$target/meshc"
  says 'is not static' env PYTHON="$PYTHON" "$from/pack.sh" "$version" "$work/dynamic" "$work/none"
}

archive_facts() {
  local name=meshc-$version-$target
  local folder=$work/unpacked/$name
  mkdir "$work/unpacked"
  fact 'archive: its checksum holds' sh -c "cd '$work/packed/archives' &&
    sha256sum --check --strict '$name.tar.gz.sha256' SHA256SUMS"
  fact 'archive: unpacks' tar --extract --gzip --file "$work/packed/archives/$name.tar.gz" --directory "$work/unpacked"
  fact 'archive: has README, licence and notices' sh -c "cd '$folder' && cmp README.md '$root/README.md' &&
    cmp LICENSE '$root/LICENSE' && grep -q '^serde_json ' NOTICES.txt"
  fact 'archive: has a manual page of each command' manual "$folder"
  fact 'archive: has completions of four shells, and those of Bash complete' completions "$folder"
  is_meshc archive "$folder/meshc"
  fact 'archive: another version is refused' says 'not meshc 9.9.9' \
    "$from/archive.sh" 9.9.9 "$target" "$packed" "$folder/NOTICES.txt" "$work/none"
}
manual() {
  local name
  grep -q '^\.TH meshc 1' "$1/man/man1/meshc.1"
  # Every command of the help but the help itself.
  for name in $("$meshc" --help | sed -n '/^Commands:/,/^Options:/s/^  \([a-z]\+\) .*/\1/p' | grep -v '^help$'); do
    grep -q "^\.TH meshc-$name 1" "$1/man/man1/meshc-$name.1"
  done
}
completions() {
  (cd "$1/completions" && test -s _meshc && test -s meshc.fish && test -s _meshc.ps1)
  if has zsh; then zsh -n "$1/completions/_meshc"; fi
  if has fish; then fish --no-execute "$1/completions/meshc.fish"; fi
  bash -c '. "$0" && COMP_WORDS=(meshc bui) COMP_CWORD=1 && _meshc meshc bui meshc && test "${COMPREPLY[*]}" = build' \
    "$1/completions/meshc.bash"
}

# npm.

npm_quiet() { HOME=$work/home npm --offline --no-audit --no-fund --no-update-notifier --loglevel=error "$@"; }
project() {
  mkdir "$work/$1" && cd "$work/$1" && npm_quiet init --yes >/dev/null && npm_quiet install "${@:2}"
}
npm_facts() {
  if ! has npm || ! has node; then left_out npm 'npm is not installed'; return; fi
  local wrapper=$work/packed/npm/meshc-$version.tgz platform
  platform=$(echo "$work"/packed/npm/mesh-lang-meshc-linux-*-"$version".tgz)
  fact 'npm: both packages are installed without a network' project both "$wrapper" "$platform"
  fact 'npm: no script runs at installation' no_scripts "$work/both/node_modules"
  fact 'npm: the package of the platform names its system, its processor, and no libc' platform_fields \
    "$work/both/node_modules"
  cd "$work/both"
  is_meshc npx npx --offline meshc
  fact 'npm: standard input reaches the binary' sh -c "
    npx --offline meshc build - <'$tutorial/tutorial.mesh' 2>/dev/null | cmp - '$tutorial/expected/bundle.yaml'"
  fact 'npm: a signal ends the binary too, and the exit code tells it' signalled "$work/both/node_modules/.bin/meshc"
  fact 'npm: a system without a package is told how to build' says 'there is no binary for sunos x64' \
    pretending sunos x64
  fact 'npm: node_modules of another system are recognized' says 'seems to come from another system' \
    pretending darwin arm64
  cd "$work"
  fact 'npm: --omit=optional leaves the binary out' project alone --omit=optional "$wrapper"
  cd "$work/alone"
  fact 'npm: what is missing is named' says 'which holds the binary, is not installed' npx --offline meshc --version
  fact 'npm: it ends with 2 where the binary is missing' code_is 2 npx --offline meshc --version
  cd "$work"
  fact 'npm: a binary for another machine is refused' says 'is not a program for aarch64-apple-darwin' \
    node "$from/npm/build.mjs" --version "$version" --target aarch64-apple-darwin --binary "$packed" \
    --notices "$root/LICENSE" --out "$work/none"
}
no_scripts() {
  node -e 'for (const file of process.argv.slice(1)) if (require(file).scripts) throw new Error(file)' \
    "$1/meshc/package.json" "$1"/@mesh-lang/*/package.json
}
platform_fields() {
  # shellcheck disable=SC2016
  node -e 'const assert = require("node:assert");
    const { os, cpu, libc, version } = require(process.argv[1]);
    const { optionalDependencies } = require(process.argv[2]);
    assert.deepStrictEqual({ os, cpu, libc }, { os: ["linux"], cpu: [process.arch], libc: undefined });
    assert.strictEqual(Object.keys(optionalDependencies).length, 5);
    for (const one of Object.values(optionalDependencies)) assert.strictEqual(one, version);' \
    "$1"/@mesh-lang/*/package.json "$1/meshc/package.json"
}
pretending() {
  printf 'Object.defineProperty(process, "%s", { value: "%s" });\n' platform "$1" arch "$2" >"$work/pretend.cjs"
  node --require "$work/pretend.cjs" "$work/both/node_modules/meshc/bin/meshc.js" --version
}
# The language server waits for its input, so that it can be ended from outside.
signalled() {
  mkfifo "$work/input"
  "$1" lsp <"$work/input" >/dev/null 2>&1 &
  local launcher=$! child='' code=0 tries
  exec 9>"$work/input"
  for tries in $(seq 100); do
    child=$(cat "/proc/$launcher/task/$launcher/children" 2>/dev/null | tr -d ' ') && [ -n "$child" ] && break
    sleep 0.1
  done
  echo "the binary is $child, after $tries looks"
  # Node forwards signals only once the launcher has come to its end.
  sleep 0.5
  kill -TERM "$launcher"
  wait "$launcher" || code=$?
  exec 9>&-
  echo "the launcher ended with $code"
  [ "$code" = 143 ] && ! kill -0 "$child" 2>/dev/null
}

# Python.

wheel_facts() {
  local wheel bin=$work/venv/bin
  wheel=$(echo "$work"/packed/wheels/*.whl)
  fact 'wheel: its name says manylinux and musllinux' says musllinux_1_1 echo "$wheel"
  fact 'wheel: installed without an index' sh -c "
    python3 -m venv '$work/venv' && '$bin/pip' install --quiet --no-index '$wheel'"
  cd "$work"
  is_meshc wheel "$bin/meshc"
  is_meshc 'python -m' "$bin/python" -m meshc
  fact 'wheel: find_meshc_bin says where the binary is' test \
    "$("$bin/python" -c 'import meshc; print(meshc.find_meshc_bin())')" = "$bin/meshc"
  fact 'wheel: pip finds all as it was packed' says 'No broken requirements' "$bin/pip" check
  fact 'wheel: found behind pip install --target' elsewhere --target "$work/where" '*/where/meshc'
  fact 'wheel: found behind pip install --prefix' elsewhere --prefix "$work/prefix" '*/site-packages/meshc'
  rm "$bin/meshc"
  fact 'wheel: what is missing is named' says 'is in none of these folders' env HOME="$work/home" "$bin/python" -m meshc
  fact 'wheel: it ends with 2 where the binary is missing' code_is 2 env HOME="$work/home" "$bin/python" -m meshc
}
elsewhere() {
  "$work/venv/bin/pip" install --quiet --no-index --ignore-installed "$1" "$2" "$work"/packed/wheels/*.whl
  local packages
  packages=$(dirname "$(find "$2" -name meshc -path "$3")")
  says "meshc $version" env PYTHONPATH="$packages" python3 -m meshc --version
}

# A root with nothing in it but the binary, and the root of the image.

static_facts() {
  if [ -z "$static" ]; then left_out static 'MESHC_STATIC names no binary: none is run in an empty root'; return; fi
  fact 'static: no loader is asked for' sh -c "readelf --program-headers '$static' >'$work/headers' &&
    ! grep INTERP '$work/headers'"
  if [ "$(id -u)" != 0 ]; then left_out static 'only root may chroot: none is run in an empty root'; return; fi
  mkdir "$work/empty"
  cp "$static" "$work/empty/meshc"
  cp "$tutorial/tutorial.mesh" "$work/empty/"
  fact 'static: compiles in a root with nothing else' in_root "$work/empty" /meshc /tutorial.mesh
  fact 'image: its layout is written' "$from/docker/layout.sh" "$static" "$root/LICENSE" "$work/image"
  mkdir -p "$work/image/mesh"
  cp "$tutorial/tutorial.mesh" "$work/image/mesh/"
  fact 'image: compiles in its root, as nobody' in_root "$work/image" /usr/bin/meshc /mesh
  fact 'image: completions and manual are where systems look' image_pages "$work/image/usr/share"
}
in_root() {
  chmod 755 "$1"
  # mktemp gives a folder that is its maker's only.
  chmod 711 "$work"
  chroot --userspec=65532:65532 "$1" "$2" build "$3" 2>/dev/null | cmp - "$tutorial/expected/bundle.yaml"
}
image_pages() {
  (cd "$1" && test -s bash-completion/completions/meshc && test -s zsh/site-functions/_meshc &&
    test -s fish/vendor_completions.d/meshc.fish && test -s man/man1/meshc-build.1 && test -s doc/meshc/LICENSE)
}

# What the tools of others say of workflows, Dockerfile and scripts, and whether all name the same targets.

lint_facts() {
  local scripts=("$from"/*.sh "$from"/docker/*.sh "$here"/*.sh)
  if [ -n "${SHELLCHECK:-}" ]; then
    fact 'shellcheck: the scripts' "$SHELLCHECK" "${scripts[@]}"
  else
    left_out shellcheck 'it could not be had'
  fi
  if [ -n "${HADOLINT:-}" ]; then
    fact 'hadolint: the Dockerfile' "$HADOLINT" "$from/docker/Dockerfile"
  else
    left_out hadolint 'it could not be had'
  fi
  if [ -n "${ACTIONLINT:-}" ]; then
    fact 'actionlint: the workflows' "$ACTIONLINT" -shellcheck "${SHELLCHECK:-}" "$root"/.github/workflows/*.yml
  else
    left_out actionlint 'it could not be had'
  fi
  # Cargo writes beside a binary what it was compiled from.
  if grep -qs " $root/compiler/" "$meshc.d"; then
    fact 'docker: the context has all that meshc is compiled from' context
  else
    left_out docker 'Cargo left no list of sources beside MESHC: the context is not compared with them'
  fi
  fact 'the same five targets are named everywhere' same_targets
}
context() {
  local name member members
  members=$(cd "$root" && cargo metadata --offline --no-deps --format-version 1 | grep -oE "$root/[^\"]*Cargo\.toml")
  tr ' ' '\n' <"$meshc.d" | grep "^$root/[^:]*$" | xargs realpath >"$work/sources"
  for member in Cargo.toml Cargo.lock $members; do echo "$root/${member#"$root/"}"; done >>"$work/sources"
  sed "s|^$root/||" "$work/sources" | grep -v '^target/' | sort -u >"$work/needed"
  [ "$(wc -l <"$work/needed")" -gt 100 ]
  sed -n 's/^!//p' "$from/docker/Dockerfile.dockerignore" >"$work/context"
  while read -r name; do
    while read -r member; do
      case $name in "$member" | "$member"/*) continue 2 ;; esac
    done <"$work/context"
    echo "the context lacks $name"
    return 1
  done <"$work/needed"
}
same_targets() {
  local file
  for file in "$from"/{npm/build.mjs,pypi/hatch_build.py,notices.sh} "$root/.github/workflows/release.yml"; do
    grep -oE '(x86_64|aarch64)-(unknown|apple|pc)-[a-z]+(-[a-z]+)?' "$file" | sort -u | tr '\n' ' '
    echo
  done | sort | uniq -c | tee "$work/targets"
  [ "$(wc -l <"$work/targets")" = 1 ] && [ "$(wc -w <"$work/targets")" = 6 ]
}

facts() {
  python_tools || left_out python 'what builds wheels, shellcheck and hadolint could not be installed'
  go_tools || left_out go 'actionlint could not be installed'
  lint_facts
  cargo_facts
  if [ "$(uname -s)" != Linux ]; then left_out packages 'they are packed on Linux only'; return; fi
  if [ -z "${PYTHON:-}" ] || ! has npm || ! has cargo; then
    left_out packages 'Python with hatchling, npm and cargo pack them, and are not all here'
  else
    fact 'pack: archive, npm packages and wheel are made' pack packed
    fact 'pack: made again, they are the same bytes' pack_again
    if readelf --program-headers "$meshc" | grep -q INTERP; then
      fact 'pack: a binary that asks for a loader is refused' refuses_a_loader
    else
      left_out pack 'MESHC is static itself: no binary is here to be refused'
    fi
    archive_facts
    npm_facts
    wheel_facts
  fi
  static_facts
}

facts | awk '
  /^(not )?ok - / { n++; failed += /^not/; sub(/ok - /, "ok " n " - ") }
  { print; fflush() }
  END { print "1.." n + 0; exit failed > 0 || n == 0 }'
