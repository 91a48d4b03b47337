# Kustomize: the function in the standalone one, the exec plugin in kubectl's.
example kustomize
cd "$scratch/kustomize" || exit 1
plugin() { KUSTOMIZE_PLUGIN_HOME=$root/compiler/integrations/kustomize "$@"; }

if have kustomize "${KUSTOMIZE:-}"; then
  on=(--enable-alpha-plugins --enable-exec)
  fact 'kustomize runs the function' "$KUSTOMIZE" build prod "${on[@]}" -o function.yaml
  fact 'its output is what the example shows' diff function.yaml expected.yaml
  fact 'the guard fails where exec is not enabled' says 1 'no matches for Id VirtualService' \
    "$KUSTOMIZE" build prod --enable-alpha-plugins
  # What the guard is for: Kustomize itself says nothing.
  "$KUSTOMIZE" build base --enable-alpha-plugins >without.yaml
  fact 'without a guard the objects of the mesh are missing and nothing is said' lacks VirtualService without.yaml
  sed -i 's/20%/120%/' base/mesh.yaml
  fact 'a mistake stops kustomize, and is shown' says 1 '120% is more than everything' "$KUSTOMIZE" build prod "${on[@]}"
  sed -i 's/120%/20%/; s/files:/fiels:/' base/mesh.yaml
  fact 'a word that a MeshProgram does not have is shown' says 1 'fiels' "$KUSTOMIZE" build prod "${on[@]}"
  sed -i 's/fiels:/files:/' base/mesh.yaml
  sed -i 's/9080/9081/' base/workloads.yaml
  fact 'a port that contradicts the program stops kustomize' says 1 'error[E0428]' "$KUSTOMIZE" build prod "${on[@]}"
  sed -i 's/9081/9080/; s/version: v2/version: v3/' base/workloads.yaml
  fact 'so does a version without pods' says 1 'error[E0429]' "$KUSTOMIZE" build prod "${on[@]}"
  sed -i 's/version: v3/version: v2/' base/workloads.yaml
  echo 'namespace: store' >>base/kustomization.yaml
  fact 'so does a namespace that the program does not know' says 1 'error[E0432]' "$KUSTOMIZE" build prod "${on[@]}"
  sed -i '/^namespace/d' base/kustomization.yaml
  sed -i 's/^  name: web$/  name: website/' base/workloads.yaml
  fact 'a service that is not rendered is a warning' says 0 'warning[not-rendered]' "$KUSTOMIZE" build prod "${on[@]}"
  sed -i 's/^  name: website$/  name: web/' base/workloads.yaml
  printf 'param canary of percent default 10%%\nin shop\n' >base/mesh/shop.mesh
  fact 'a program that is nothing is an error' says 1 'compiles to no object' "$KUSTOMIZE" build prod "${on[@]}"
  example kustomize && cd "$scratch/kustomize" || exit 1
  sed -i 's/^transformers/generators/' base/kustomization.yaml
  fact 'it generates as well as it transforms' "$KUSTOMIZE" build prod "${on[@]}" -o generated.yaml
  fact 'and makes the same' diff <(sort generated.yaml) <(sort expected.yaml)
fi
if have kubectl "${KUBECTL:-}"; then
  example kustomize && cd "$scratch/kustomize" || exit 1
  fact 'kubectl runs no function, and the guard says so' says 1 'no matches for Id VirtualService' \
    "$KUBECTL" kustomize prod --enable-alpha-plugins
  sed -i '/annotations/,/args/d' base/mesh.yaml
  plugin "$KUBECTL" kustomize prod --enable-alpha-plugins >plugin.yaml
  fact 'kubectl runs the exec plugin, to the same end' diff plugin.yaml expected.yaml
  sed -i 's/20%/120%/' base/mesh.yaml
  fact 'a mistake stops kubectl, and is shown' says 1 '120% is more than everything' \
    plugin "$KUBECTL" kustomize prod --enable-alpha-plugins
fi
