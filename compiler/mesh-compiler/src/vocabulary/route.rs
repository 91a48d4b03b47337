//! `route`, its rules, destinations, headers and CORS.

use super::entry::{Block, Entry, clause};
use Block::*;

pub(super) const ENTRIES: &[Entry] = &[
    clause("route", &[File], &["targets:TARGET, [ via gateways:GATEWAY, ] [ in namespace:NAMESPACE ] [ as object:NAME ]", "as object:NAME [ in namespace:NAMESPACE ]"], "where requests go", "route orders < v1: 90%, v2: 10% >", "VirtualService")
        .must(Route).many(),
    clause("", &[Route, Rule], &["shares:SHARE, [ port port:PORT ]"], "a destination: a version of the target, `service@version`, or a service", "v1: 80%, v2: 20%", "http[].route, tcp[].route, tls[].route")
        .may(Destination).many(),
    clause("when", &[Route], &["tests:REQUEST"], "a rule for the requests that the tests hold for; rules are tried in order", "when path /api/* and method POST < v2 >", "http[].match")
        .must(Rule).many(),
    clause("timeout", &[Route, Rule], &["limit:DURATION", "off"], "how long a request may take, all tries together", "timeout 10s", "http[].timeout").http().inherited(),
    clause("retry", &[Route, Rule], &["count:COUNT [ x each:DURATION ] [ on conditions:RETRY, ] [ backoff backoff:DURATION ] [ remote ] [ same-host ]", "off"], "tries after the first one, each with its own limit", "retry 3 x 2s on 5xx, reset", "http[].retries").http().inherited(),
    clause("mirror", &[Route, Rule], &["to:DESTINATION [ for share:PERCENT ] [ port port:PORT ]"], "sends a copy and ignores the answer", "mirror v3 for 5%", "http[].mirrors").http().many(),
    clause("delay", &[Route, Rule], &["time:DURATION for share:PERCENT"], "injects a delay", "delay 5s for 0.1%", "http[].fault.delay").http(),
    clause("abort", &[Route, Rule], &["status:ABORT for share:PERCENT"], "injects an error: an HTTP status or a gRPC status word", "abort 503 for 5%", "http[].fault.abort").http(),
    clause("respond", &[Route, Rule], &["status:STATUS [ body:TEXT ]"], "answers by itself", "respond 404 \"gone\"", "http[].directResponse").http(),
    clause("redirect", &[Route, Rule], &["[ code:REDIRECT ] [ scheme scheme:{http|https} ] [ host host:HOST ] [ port port:PORTNUM ] [ path path:PATH ] [ prefix prefix:PATH ]"], "answers with another address", "redirect 301 host \"www.example.pk\"", "http[].redirect").http(),
    clause("rewrite", &[Route, Rule], &["path path:PATH", "path match:REGEX with:STRING", "host host:HOST"], "replaces what matched of the path, or the host", "rewrite path /orders/", "http[].rewrite").http().many(),
    clause("delegate", &[Route, Rule], &["name:DELEGATE"], "hands the requests to the rules of another route", "delegate reviews-routes.bookinfo", "http[].delegate").http(),
    clause("request-headers", &[Route, Rule, Destination], &[""], "changes the headers of requests", "request-headers < set x-tier \"gold\" >", "headers.request").must(Headers).http().inherited(),
    clause("response-headers", &[Route, Rule, Destination], &[""], "changes the headers of responses", "response-headers < remove server >", "headers.response").must(Headers).http().inherited(),
    clause("set", &[Headers], &["name:HEADER value:TEXT"], "sets a header, in place of what it was", "set cache-control \"no-store\"", "set").many(),
    clause("add", &[Headers], &["name:HEADER value:TEXT"], "adds a header beside what there is", "add x-tier \"gold\"", "add").many(),
    clause("remove", &[Headers], &["names:HEADER,"], "removes headers", "remove server, x-powered-by", "remove").many(),
    clause("cors", &[Route, Rule], &[""], "which sites' scripts may read the answers", "cors < origins \"https://shop.example.pk\"; methods GET >", "http[].corsPolicy").must(Cors).http().inherited(),
    clause("origins", &[Cors], &["origins:PATTERN,"], "the sites, as patterns", "origins \"https://shop.example.pk\"", "allowOrigins"),
    clause("methods", &[Cors], &["methods:METHOD,"], "the methods allowed", "methods GET, POST", "allowMethods"),
    clause("headers", &[Cors], &["names:HEADER,"], "the request headers allowed", "headers content-type", "allowHeaders"),
    clause("expose", &[Cors], &["names:HEADER,"], "the response headers that scripts may read", "expose x-request-id", "exposeHeaders"),
    clause("max-age", &[Cors], &["age:DURATION"], "how long a preflight answer holds", "max-age 1h", "maxAge"),
    clause("credentials", &[Cors], &[""], "scripts may send cookies", "credentials", "allowCredentials"),
    clause("unmatched", &[Cors], &["how:{forward|ignore}"], "what becomes of preflights from other sites", "unmatched ignore", "unmatchedPreflights"),
];
