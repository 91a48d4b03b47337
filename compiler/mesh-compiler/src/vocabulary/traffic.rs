//! `traffic`: pools, ejection, balance and TLS towards a target.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause("traffic", &[File], &["targets:TARGET, [ from caller:SERVICE ] [ in namespace:NAMESPACE ] [ as object:NAME ]"], "how callers talk to a target", "traffic orders < pool < max-connections 100 > >", "DestinationRule")
        .must(Traffic).many(),
    clause("balance", &[Traffic, Layer], &[
        "algorithm:{round-robin|least-request|random|passthrough}",
        "hash header name:HEADER [ ring size:COUNT ] [ maglev table:COUNT ]",
        "hash cookie name:COOKIE [ ttl:DURATION ] [ path path:PATH ] [ ring size:COUNT ] [ maglev table:COUNT ]",
        "hash query name:QUERY [ ring size:COUNT ] [ maglev table:COUNT ]",
        "hash source-ip [ ring size:COUNT ] [ maglev table:COUNT ]",
    ], "how endpoints are chosen", "balance hash header x-user", "trafficPolicy.loadBalancer"),
    clause("pool", &[Traffic, Layer], &[""], "limits of connections and requests", "pool < max-connections 100; max-pending 50 >", "trafficPolicy.connectionPool").must(Pool),
    clause("max-connections", &[Pool], &["count:COUNT"], "connections at most", "max-connections 100", "connectionPool.tcp.maxConnections").sets(&[("count", "tcp.maxConnections")]),
    clause("max-pending", &[Pool], &["count:COUNT"], "requests that may wait for a connection", "max-pending 50", "connectionPool.http.http1MaxPendingRequests").http().sets(&[("count", "http.http1MaxPendingRequests")]),
    clause("max-requests", &[Pool], &["count:COUNT"], "requests under way at most", "max-requests 1000", "connectionPool.http.http2MaxRequests").http().sets(&[("count", "http.http2MaxRequests")]),
    clause("requests-per-connection", &[Pool], &["count:COUNT"], "requests after which a connection is closed", "requests-per-connection 100", "connectionPool.http.maxRequestsPerConnection").http().sets(&[("count", "http.maxRequestsPerConnection")]),
    clause("max-retries", &[Pool], &["count:COUNT"], "retries under way at most", "max-retries 10", "connectionPool.http.maxRetries").http().sets(&[("count", "http.maxRetries")]),
    clause("connect-timeout", &[Pool], &["time:DURATION"], "how long a connection may take to open", "connect-timeout 500ms", "connectionPool.tcp.connectTimeout").sets(&[("time", "tcp.connectTimeout")]),
    clause("idle-timeout", &[Pool], &["time:DURATION"], "how long a connection may be idle", "idle-timeout 1h", "connectionPool.http.idleTimeout, and tcp.idleTimeout where there is no HTTP"),
    clause("max-age", &[Pool], &["time:DURATION"], "how old a connection may grow", "max-age 1h", "connectionPool.tcp.maxConnectionDuration").sets(&[("time", "tcp.maxConnectionDuration")]),
    clause("keepalive", &[Pool], &["time:DURATION [ every interval:DURATION ] [ probes count:COUNT ]"], "TCP keepalive after an idle time", "keepalive 2h every 75s probes 3", "connectionPool.tcp.tcpKeepalive").sets(&[("time", "tcp.tcpKeepalive.time"), ("interval", "tcp.tcpKeepalive.interval"), ("count", "tcp.tcpKeepalive.probes")]),
    clause("max-streams", &[Pool], &["count:COUNT"], "HTTP/2 streams on one connection", "max-streams 100", "connectionPool.http.maxConcurrentStreams").http().sets(&[("count", "http.maxConcurrentStreams")]),
    clause("eject", &[Traffic, Layer], &["count:COUNT x kinds:EJECT, [ every interval:DURATION ] [ for time:DURATION ] [ at-most share:PERCENT ] [ healthy-at-least floor:PERCENT ]"], "takes endpoints out after errors in a row: `5xx`, `gateway`, `local`, or status codes", "eject 5 x 5xx every 5s for 30s at-most 50%", "trafficPolicy.outlierDetection").many(),
    clause("tls", &[Traffic, Layer], &["mode:{mesh|off|simple|mutual}"], "TLS towards the target; `mesh` is Istio's own mutual TLS", "tls mesh", "trafficPolicy.tls").may(Tls),
    clause("sni", &[Tls], &["name:STRING"], "the server name to ask for", "sni \"db.example.pk\"", "tls.sni"),
    clause("cert", &[Tls], &["name:STRING", "file file:STRING key key:STRING"], "the client's certificate, by secret or by file", "cert \"client\"", "tls.credentialName"),
    clause("warmup", &[Traffic, Layer], &["time:DURATION [ from share:PERCENT ]"], "new endpoints get their share bit by bit", "warmup 60s from 10%", "trafficPolicy.loadBalancer.warmup"),
    clause("version", &[Traffic], &["names:VERSION,"], "settings of some versions, on top of the target's", "version v2 < pool < max-connections 10 > >", "subsets[].trafficPolicy").must(Layer).many(),
    clause("port", &[Traffic], &["port:PORT"], "settings of one port, on top of the target's", "port 8080 < pool < max-connections 10 > >", "trafficPolicy.portLevelSettings").must(Layer).many(),
    clause("locality", &[Traffic, Layer], &["", "off"], "where requests go by region and zone; `off` ignores both", "locality < failover eu-west: eu-central >", "trafficPolicy.loadBalancer.localityLbSetting").may(Locality),
    clause("failover", &[Locality], &["places:PAIR,"], "where requests go when a region fails", "failover eu-west: eu-central", "localityLbSetting.failover"),
    clause("prefer", &[Locality], &["zone", "label names:LABEL,"], "endpoints near the caller first: of its zone, or with the same labels", "prefer zone", "localityLbSetting.enabled, failoverPriority"),
    clause("split", &[Locality], &["places:ANYTHING,"], "shares by locality", "split eu/a/*: (eu/a/*: 70%, eu/b/*: 30%)", "localityLbSetting.distribute").many(),
    clause("h2-upgrade", &[Pool], &["when:{always|never}"], "whether HTTP/1.1 goes on as HTTP/2", "h2-upgrade always", "connectionPool.http.h2UpgradePolicy").http().sets(&[("when", "http.h2UpgradePolicy")]),
    clause("client-protocol", &[Pool], &[""], "the version of HTTP that the caller speaks is kept", "client-protocol", "connectionPool.http.useClientProtocol").http().sets(&[("", "http.useClientProtocol")]),
    clause("tunnel", &[Traffic], &["host:ENDPOINT port:PORTNUM [ by method:{CONNECT|POST} ]"], "TCP goes through a proxy, which is asked for a target", "tunnel \"api.example.com\" 443", "trafficPolicy.tunnel").sets(&[("host", "tunnel.targetHost"), ("port", "tunnel.targetPort"), ("method", "tunnel.protocol")]),
    clause("proxy-protocol", &[Traffic], &["version:{v1|v2}"], "the caller's address is told by the PROXY protocol", "proxy-protocol v2", "trafficPolicy.proxyProtocol").sets(&[("version", "proxyProtocol.version")]),
    clause("retry-budget", &[Traffic], &["share:PERCENT [ at-least count:COUNT ] [ over time:DURATION ]"], "retries under way at most, as a share of requests under way", "retry-budget 20% at-least 3", "trafficPolicy.retryBudget").sets(&[("share", "retryBudget.percent"), ("count", "retryBudget.minRetryConcurrency"), ("time", "retryBudget.budgetInterval")]),
];
