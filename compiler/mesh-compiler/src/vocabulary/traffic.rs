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
    clause("max-connections", &[Pool], &["count:COUNT"], "connections at most", "max-connections 100", "connectionPool.tcp.maxConnections"),
    clause("max-pending", &[Pool], &["count:COUNT"], "requests that may wait for a connection", "max-pending 50", "connectionPool.http.http1MaxPendingRequests").http(),
    clause("max-requests", &[Pool], &["count:COUNT"], "requests under way at most", "max-requests 1000", "connectionPool.http.http2MaxRequests").http(),
    clause("requests-per-connection", &[Pool], &["count:COUNT"], "requests after which a connection is closed", "requests-per-connection 100", "connectionPool.http.maxRequestsPerConnection").http(),
    clause("max-retries", &[Pool], &["count:COUNT"], "retries under way at most", "max-retries 10", "connectionPool.http.maxRetries").http(),
    clause("connect-timeout", &[Pool], &["time:DURATION"], "how long a connection may take to open", "connect-timeout 500ms", "connectionPool.tcp.connectTimeout"),
    clause("idle-timeout", &[Pool], &["time:DURATION"], "how long a connection may be idle", "idle-timeout 1h", "connectionPool.http.idleTimeout, and tcp.idleTimeout where there is no HTTP"),
    clause("max-age", &[Pool], &["time:DURATION"], "how old a connection may grow", "max-age 1h", "connectionPool.tcp.maxConnectionDuration"),
    clause("keepalive", &[Pool], &["time:DURATION [ every interval:DURATION ] [ probes count:COUNT ]"], "TCP keepalive after an idle time", "keepalive 2h every 75s probes 3", "connectionPool.tcp.tcpKeepalive"),
    clause("max-streams", &[Pool], &["count:COUNT"], "HTTP/2 streams on one connection", "max-streams 100", "connectionPool.http.maxConcurrentStreams").http(),
    clause("eject", &[Traffic, Layer], &["count:COUNT x kinds:EJECT, [ every interval:DURATION ] [ for time:DURATION ] [ at-most share:PERCENT ] [ healthy-at-least floor:PERCENT ]"], "takes endpoints out after errors in a row: `5xx`, `gateway`, `local`, or status codes", "eject 5 x 5xx every 5s for 30s at-most 50%", "trafficPolicy.outlierDetection").many(),
    clause("tls", &[Traffic, Layer], &["mode:{mesh|off|simple|mutual}"], "TLS towards the target; `mesh` is Istio's own mutual TLS", "tls mesh", "trafficPolicy.tls").may(Tls),
    clause("sni", &[Tls], &["name:STRING"], "the server name to ask for", "sni \"db.example.pk\"", "tls.sni"),
    clause("cert", &[Tls], &["name:STRING", "file file:STRING key key:STRING"], "the client's certificate, by secret or by file", "cert \"client\"", "tls.credentialName"),
    clause("warmup", &[Traffic, Layer], &["time:DURATION [ from share:PERCENT ]"], "new endpoints get their share bit by bit", "warmup 60s from 10%", "trafficPolicy.loadBalancer.warmup"),
    clause("version", &[Traffic], &["names:VERSION,"], "settings of some versions, on top of the target's", "version v2 < pool < max-connections 10 > >", "subsets[].trafficPolicy").must(Layer).many(),
    clause("port", &[Traffic], &["port:PORT"], "settings of one port, on top of the target's", "port 8080 < pool < max-connections 10 > >", "trafficPolicy.portLevelSettings").must(Layer).many(),
    clause("locality", &[Traffic, Layer], &["", "off"], "where requests go by region and zone", "locality < failover eu-west: eu-central >", "trafficPolicy.loadBalancer.localityLbSetting").may(Locality).planned(),
    clause("failover", &[Locality], &["places:PAIR,"], "where requests go when a region fails", "failover eu-west: eu-central", "localityLbSetting.failover").planned(),
    clause("prefer", &[Locality], &["what:NAME [ names:NAME, ]"], "endpoints near the caller first: `zone`, or by labels", "prefer zone", "localityLbSetting.failoverPriority").planned(),
    clause("split", &[Locality], &["places:PAIR,"], "shares by locality", "split eu/a: (eu/a: 70%, eu/b: 30%)", "localityLbSetting.distribute").planned().many(),
];
