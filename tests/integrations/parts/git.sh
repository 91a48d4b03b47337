# Hooks, the action, plain shell, and what Argo CD's repo server runs.
export GIT_CONFIG_GLOBAL=$scratch/gitconfig GIT_CONFIG_NOSYSTEM=1
git config --global user.name test
git config --global user.email test@example.com
git config --global safe.directory '*'
quiet() { "$@" >/dev/null 2>&1; }

if have pre-commit "${PRE_COMMIT:-}"; then
  example pre-commit
  # The hooks as a repository of their own: what is committed there, not what lies here.
  mkdir -p "$scratch/hooks" && cp "$root/.pre-commit-hooks.yaml" "$scratch/hooks/"
  (cd "$scratch/hooks" && quiet git init -q && git add -A && quiet git commit -m hooks && git tag v0.1.0)
  cd "$scratch/pre-commit" || exit 1
  sed -i "s|https://github.com/mesh-lang/meshc|file://$scratch/hooks|" .pre-commit-config.yaml
  meshc build mesh --out rendered
  quiet git init -q && git add -A
  export PRE_COMMIT_HOME=$scratch/pre-commit-home
  fact 'the hooks pass' "$PRE_COMMIT" run --all-files
  sed -i 's/timeout 5s/timeout   6s/' mesh/shop.mesh && git add -A
  fact 'one formats' says 1 'files were modified by this hook' "$PRE_COMMIT" run meshc-fmt --all-files
  git add -A
  fact 'one finds what is stale' says 1 'differs      rendered/virtual-service.yaml' \
    "$PRE_COMMIT" run meshc-rendered --all-files
  sed -i 's/timeout 6s/timeout 2s/' mesh/shop.mesh && git add -A
  fact 'one finds mistakes' says 1 'error[E0402]' "$PRE_COMMIT" run meshc-check --all-files
fi

# The action is steps of shell; the runner is GitHub's own.
example pre-commit
cd "$scratch/pre-commit" || exit 1
meshc build mesh --out rendered
action() {
  : >"$scratch/outputs"
  GITHUB_OUTPUT=$scratch/outputs MESHC=meshc PROGRAM=mesh ARGUMENTS='--deny warnings' RENDERED=rendered SARIF=meshc.sarif \
    "$root/compiler/integrations/github/check.sh"
}
fact 'the action passes' action
fact 'the action names its SARIF' grep -qx 'sarif=meshc.sarif' "$scratch/outputs"
fact 'the SARIF is whole' grep -q '"version": "2.1.0"' meshc.sarif
sed -i 's/weight: 10/weight: 20/' rendered/virtual-service.yaml
fact 'the action finds what is stale' says 1 '::error::rendered is not what the program compiles to' action
sed -i 's/timeout 5s/timeout 2s/' mesh/shop.mesh
fact 'the action fails at a mistake' says 1 'mesh/shop.mesh:11:3: error[E0402]' action
fact 'the SARIF has the mistake' grep -q '"ruleId": "E0402"' meshc.sarif
matched() {
  (action 2>&1 || true) | python3 -c '
import json, re, sys
pattern = json.load(open(sys.argv[1]))["problemMatcher"][0]["pattern"][0]
found = [re.match(pattern["regexp"], line) for line in sys.stdin]
print([match.group(pattern["file"], pattern["line"], pattern["column"], pattern["code"]) for match in found if match])
' "$root/compiler/integrations/github/problem-matcher.json"
}
fact 'the matcher finds the line of the mistake' says 0 "('mesh/shop.mesh', '11', '3', 'E0402')" matched
fact 'a wrong file is a wrong call' says 2 'cannot be read' env PROGRAM=nowhere.mesh ARGUMENTS= RENDERED= SARIF=x MESHC=meshc \
  GITHUB_OUTPUT="$scratch/outputs" "$root/compiler/integrations/github/check.sh"

example flux && example shell
fact 'the folder for Flux is what the program compiles to' "$scratch/shell/render.sh" check
sed -i 's/timeout 5s/timeout 6s/' "$scratch/flux/mesh/shop.mesh"
fact 'a change without a build is found' says 1 'timeout: 6s' "$scratch/shell/render.sh" check
fact 'a build mends it' "$scratch/shell/render.sh"
fact 'and is found to' "$scratch/shell/render.sh" check

# The command of the plugin, as the repo server runs it; the server itself could not be had.
example argocd
cd "$scratch/argocd/mesh" || exit 1
generate() { python3 -c '
import subprocess, sys
lines = open("../plugin.yaml").read().split("  generate:\n")[1].split("args:\n    - |\n")[1].splitlines()
sys.exit(subprocess.run(["sh", "-ec", "\n".join(line[6:] for line in lines)]).returncode)'; }
if have jq jq; then
  fact "Argo CD's plugin compiles with parameters" says 0 'weight: 35' \
    env ARGOCD_APP_PARAMETERS='[{"name":"set","map":{"canary":"35%"}}]' bash -c "$(declare -f generate); generate"
  fact 'and without' says 0 'weight: 10' generate
  fact 'a parameter that is not there is an error' says 2 'has no parameter `canry`' \
    env ARGOCD_APP_PARAMETERS='[{"name":"set","map":{"canry":"35%"}}]' bash -c "$(declare -f generate); generate"
fi
