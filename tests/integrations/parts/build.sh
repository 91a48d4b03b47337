# Make, Ninja, and cargo: what changed is made again, and nothing else.
old() { touch -d '1 hour ago' "$@"; }
newer() { [ "$1" -nt "$2" ]; }

if have Make make; then
  example make
  cd "$scratch/make" || exit 1
  # What changes within a tick of the file system's clock before a build is made twice.
  sleep 0.1
  fact 'make builds the bundle, and what is behind it' says 0 'sha256sum' make -j2
  fact 'make finds nothing to do' says 0 'is up to date' make
  find . -exec touch -d '2 hours ago' {} +
  old build/mesh/.meshc-files build/mesh/*.yaml && sleep 0.1 && touch -d '50 minutes ago' build/routes.sum
  echo '# A comment.' >>mesh/shop.mesh
  make >"$scratch/made" 2>&1
  fact 'make builds again after a change' grep -q 'meshc build' "$scratch/made"
  fact 'and makes nothing from a file that is the same' lacks sha256sum "$scratch/made"
  fact 'files with the same bytes are not new' newer build/mesh/.meshc-files build/mesh/virtual-service.yaml
  printf 'in shop\nservice cart < http 80; versions v1 >\n' >mesh/cart.mesh
  fact 'make builds again after a new file' says 0 'meshc build' make
  fact 'the new file is in the bundle' grep -q 'name: cart' build/mesh/destination-rule.yaml
  rm mesh/cart.mesh
  fact 'make builds again after a file is gone' says 0 'meshc build' make
  fact 'the file is out of the bundle' lacks 'name: cart' build/mesh/destination-rule.yaml
  sed -i 's/canary, v1/canary, v3/' mesh/shop.mesh
  fact 'make stops at a mistake' says 2 'error[E0202]' make
fi

if have Ninja ninja; then
  example ninja
  cd "$scratch/ninja" || exit 1
  fact 'ninja builds the bundle' says 0 'sum build/bundle.sha256' ninja
  fact 'ninja finds nothing to do' says 0 'no work to do' ninja
  sleep 0.1
  echo '# A comment.' >>mesh/shop.mesh
  fact 'ninja makes nothing from a bundle that is the same' says 0 '[1/2] meshc' ninja
  fact 'ninja finds nothing to do behind it' says 0 'no work to do' ninja
  printf 'in shop\nservice cart < http 80; versions v1 >\n' >mesh/cart.mesh
  fact 'ninja builds again after a new file' says 0 '[2/2] sum' ninja
  rm mesh/cart.mesh
  fact 'ninja builds again after a file is gone' says 0 '[2/2] sum' ninja
fi

example cargo
cd "$scratch/cargo" || exit 1
sed -i "s|../../../compiler|$root/compiler|" Cargo.toml
cp "$root/Cargo.lock" .
export CARGO_TARGET_DIR=$root/target/consumer
fact 'a crate carries its bundle' says 0 'weight: 25' cargo run --quiet
fact 'the bundle is what the command line makes' diff <(cargo run --quiet 2>/dev/null) <(meshc build mesh --set canary=25%)
fact 'cargo runs no script where nothing changed' says 0 'Fresh mesh-in-cargo' cargo build --verbose
sed -i 's/timeout 5s/timeout 4s/' mesh/shop.mesh
fact 'cargo runs the script after a change' says 0 'timeout: 4s' cargo run --quiet
printf 'in shop\nservice cart < http 80; versions v1 >\n' >mesh/cart.mesh
fact 'cargo runs the script after a new file' says 0 'name: cart' cargo run --quiet
sed -i 's/timeout 4s/timeout 1s/' mesh/shop.mesh
fact 'cargo shows the mistake' says 101 'error[E0402]: 3 tries of 1s take 3s, and the timeout is 1s' cargo build
fact 'cargo shows the line' says 101 '   retry 2 x 1s on connect-failure, reset' cargo build
unset CARGO_TARGET_DIR
