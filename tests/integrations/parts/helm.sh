# Helm 3, which takes a path, and Helm 4, which takes a plugin.
example helm
cd "$scratch/helm" || exit 1
export HELM_CONFIG_HOME=$scratch/helm-config HELM_DATA_HOME=$scratch/helm-data HELM_CACHE_HOME=$scratch/helm-cache
# The objects without the comments and empty lines that releases of Helm put between them.
objects() { grep -v '^#\|^$'; }

renders() {
  local version=$1 helm=$2
  shift 2
  "$helm" template shop shop --namespace store --set canary=30% "$@" | objects >"helm$version.yaml"
  fact "Helm $version renders the chart and its mesh" diff "helm$version.yaml" <(objects <expected.yaml)
  fact "Helm $version stops at a mistake" says 1 '300% is more than everything' \
    "$helm" template shop shop --set canary=300% "$@"
  fact "Helm $version stops at a version without pods" says 1 'error[E0429]' \
    "$helm" template shop shop --set 'reviews.versions={v1}' "$@"
  fact "Helm $version stops at a port that the program says otherwise" says 1 'error[E0428]' \
    "$helm" template shop shop --set reviews.port=9081 "$@"
}
if have 'Helm 3' "${HELM3:-}"; then
  renders 3 "$HELM3" --post-renderer meshc --post-renderer-args post-render
  fact 'arguments of the post-renderer win over values' says 0 'weight: 45' "$HELM3" template shop shop \
    --post-renderer meshc --post-renderer-args post-render --post-renderer-args --set=canary=45%
fi
if have 'Helm 4' "${HELM4:-}"; then
  fact 'Helm 4 installs the plugin' "$HELM4" plugin install "$root/compiler/integrations/helm/mesh"
  renders 4 "$HELM4" --post-renderer mesh
fi
rm shop/templates/mesh.yaml
if command -v "${HELM3:-}" >/dev/null; then
  fact 'a chart without a program is an error' says 1 'there is no program' \
    "$HELM3" template shop shop --post-renderer meshc --post-renderer-args post-render
  fact 'a program beside the chart' says 0 'kind: VirtualService' "$HELM3" template shop shop \
    --post-renderer meshc --post-renderer-args post-render --post-renderer-args shop/mesh
fi
