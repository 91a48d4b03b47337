//! `plugin` and `envoy`: extensions of the proxies, and patches of Envoy's own configuration.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause(
        "plugin",
        &[File],
        &["targets:TARGET, as object:NAME [ in namespace:NAMESPACE ]"],
        "an extension of the proxies: a Wasm module, or Lua",
        "plugin httpbin as basic-auth < url \"oci://registry.example.com/basic-auth:1\" >",
        "WasmPlugin; TrafficExtension for Lua",
    )
    .must(Plugin)
    .many(),
    clause(
        "url",
        &[Plugin],
        &["url:STRING"],
        "where the module is",
        "url \"oci://registry.example.com/basic-auth:1\"",
        "WasmPlugin `url`",
    )
    .sets(&[("url", "url")]),
    clause(
        "lua",
        &[Plugin],
        &["code:STRING"],
        "the script itself",
        "lua \"function envoy_on_request(handle) end\"",
        "TrafficExtension `lua.inlineCode`",
    )
    .sets(&[("code", "lua.inlineCode")]),
    clause(
        "phase",
        &[Plugin],
        &["name:{authn|authz|stats}"],
        "before which of Istio's own filters it runs",
        "phase authn",
        "WasmPlugin `phase`",
    )
    .sets(&[("name", "phase")]),
    clause(
        "priority",
        &[Plugin, Envoy],
        &["count:INTEGER"],
        "its order among others of the phase: in `plugin` higher first, in `envoy` lower first",
        "priority 10",
        "`priority`",
    )
    .sets(&[("count", "priority")]),
    clause(
        "config",
        &[Plugin],
        &["text:STRING"],
        "its configuration, as YAML",
        "config \"{ realm: shop }\"",
        "WasmPlugin `pluginConfig`",
    )
    .sets(&[("text", "pluginConfig")]),
    clause(
        "sha256",
        &[Plugin],
        &["digest:STRING"],
        "the digest that the module must have",
        "sha256 \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
        "WasmPlugin `sha256`",
    )
    .sets(&[("digest", "sha256")]),
    clause(
        "pull",
        &[Plugin],
        &["when:{always|if-absent}"],
        "when an image is fetched again",
        "pull if-absent",
        "WasmPlugin `imagePullPolicy`",
    )
    .sets(&[("when", "imagePullPolicy")]),
    clause(
        "pull-secret",
        &[Plugin],
        &["name:NAME"],
        "the secret for the registry",
        "pull-secret registry",
        "WasmPlugin `imagePullSecret`",
    )
    .sets(&[("name", "imagePullSecret")]),
    clause(
        "fail",
        &[Plugin],
        &["how:{close|open|reload}"],
        "what becomes of requests when the module fails; by default they are refused",
        "fail open",
        "WasmPlugin `failStrategy`",
    )
    .sets(&[("how", "failStrategy")]),
    clause(
        "type",
        &[Plugin],
        &["name:{http|network}"],
        "whether it sees requests or connections",
        "type network",
        "WasmPlugin `type`",
    )
    .sets(&[("name", "type")]),
    clause(
        "root-id",
        &[Plugin],
        &["name:STRING"],
        "the name of the plugin within its module",
        "root-id \"basic_auth\"",
        "WasmPlugin `pluginName`",
    )
    .sets(&[("name", "pluginName")]),
    clause(
        "env",
        &[Plugin],
        &["name:VARIABLE from-host", "name:VARIABLE value:TEXT"],
        "an environment variable of the module",
        "env LEVEL \"debug\"",
        "WasmPlugin `vmConfig.env`",
    )
    .many(),
    clause(
        "on",
        &[Plugin],
        &["side:{client|server|both} [ ports ports:PORTNUM, ]"],
        "on which side of a call it runs, and for which ports",
        "on server ports 8080",
        "WasmPlugin `match`",
    )
    .many(),
    clause(
        "envoy",
        &[File],
        &["targets:TARGET, as object:NAME [ in namespace:NAMESPACE ]"],
        "patches of Envoy's own configuration, which Istio does not keep stable",
        "envoy productpage as ratelimit < patch CLUSTER merge < value \"{ per_connection_buffer_limit_bytes: 32768 }\" > >",
        "EnvoyFilter",
    )
    .must(Envoy)
    .many(),
    clause(
        "patch",
        &[Envoy],
        &[
            "apply:{LISTENER|FILTER_CHAIN|NETWORK_FILTER|HTTP_FILTER|ROUTE_CONFIGURATION|VIRTUAL_HOST|HTTP_ROUTE|CLUSTER|EXTENSION_CONFIG|BOOTSTRAP|LISTENER_FILTER} operation:{merge|add|remove|insert-before|insert-after|insert-first|replace|merge-and-replace-list}",
        ],
        "one patch: what is patched and how",
        "patch CLUSTER merge < value \"{ per_connection_buffer_limit_bytes: 32768 }\" >",
        "EnvoyFilter `configPatches`",
    )
    .must(Patch)
    .many()
    .sets(&[("apply", "applyTo"), ("operation", "patch.operation")]),
    clause(
        "context",
        &[Patch],
        &["place:{any|inbound|outbound|gateway|waypoint}"],
        "in which configuration: of inbound or outbound traffic of sidecars, of gateways",
        "context inbound",
        "configPatches[].match.context",
    )
    .sets(&[("place", "match.context")]),
    clause(
        "filter",
        &[Patch],
        &["name:STRING [ within outer:STRING ]"],
        "the filter that is patched, or that others are put beside",
        "filter \"envoy.filters.http.router\" within \"envoy.filters.network.http_connection_manager\"",
        "configPatches[].match.listener.filterChain.filter",
    ),
    clause(
        "listener",
        &[Patch],
        &["name:STRING", "port port:PORTNUM"],
        "the listener",
        "listener port 8080",
        "configPatches[].match.listener",
    )
    .sets(&[("name", "match.listener.name"), ("port", "match.listener.portNumber")]),
    clause(
        "cluster",
        &[Patch],
        &["host host:STRING [ port port:PORTNUM ] [ subset subset:STRING ]", "name name:STRING"],
        "the cluster",
        "cluster host \"orders.shop.svc.cluster.local\" port 8080",
        "configPatches[].match.cluster",
    )
    .sets(&[
        ("host", "match.cluster.service"),
        ("port", "match.cluster.portNumber"),
        ("subset", "match.cluster.subset"),
        ("name", "match.cluster.name"),
    ]),
    clause(
        "vhost",
        &[Patch],
        &["name:STRING [ route route:STRING ]"],
        "the virtual host, and the route in it",
        "vhost \"inbound|http|8080\" route \"default\"",
        "configPatches[].match.routeConfiguration.vhost",
    )
    .sets(&[("name", "match.routeConfiguration.vhost.name"), ("route", "match.routeConfiguration.vhost.route.name")]),
    clause(
        "proxy-version",
        &[Patch],
        &["pattern:REGEX"],
        "the versions of the proxy that it is for",
        "proxy-version ~\"1\\.31.*\"",
        "configPatches[].match.proxy.proxyVersion",
    )
    .sets(&[("pattern", "match.proxy.proxyVersion")]),
    clause(
        "value",
        &[Patch],
        &["text:STRING"],
        "what is put in or merged, as YAML",
        "value \"{ per_connection_buffer_limit_bytes: 32768 }\"",
        "configPatches[].patch.value",
    )
    .sets(&[("text", "patch.value")]),
];
