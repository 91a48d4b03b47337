; Where several patterns fit, the last one wins. There are no reserved words: the place of a word decides.
; Tree-sitter's own highlighter drops the other captures of a pattern that loses at one of them, so no node
; is captured for a test only. What Vim's regular expressions read differently stands in brackets.

(comment) @comment
((comment) @comment.documentation
  (#match? @comment.documentation "^##"))

(bare) @variable
(pair key: (bare) @property)

; Options and tests stand behind the first word. A word in a list is neither.
(head (_) . (bare) @keyword
  (#any-of? @keyword "in" "as" "BOOTSTRAP" "CLUSTER" "CONNECT" "EXTENSION_CONFIG" "FILTER_CHAIN" "HTTP_FILTER" "HTTP_ROUTE" "LISTENER" "LISTENER_FILTER" "NETWORK_FILTER" "POST" "ROUTE_CONFIGURATION" "VIRTUAL_HOST" "add" "after" "always" "any" "as" "at" "at-least" "at-most" "authn" "authz" "auto" "backoff" "bind" "both" "by" "calls" "client" "close" "cookie" "datadog" "debug" "default" "distroless" "dns" "dns-round-robin" "dynamic" "env" "every" "except" "exec" "existing" "ext-authz-grpc" "ext-authz-http" "failures" "file" "file-log" "files" "for" "forward" "from" "from-host" "gateway" "grpc" "grpc-log" "hash" "header" "healthy-at-least" "host" "http" "http2" "https" "if-absent" "ignore" "in" "inbound" "insert-after" "insert-before" "insert-first" "is" "key" "label" "least-request" "local" "locality" "maglev" "merge" "merge-and-replace-list" "mesh" "mongo" "mutual" "mysql" "name" "namespace" "network" "never" "nocase" "of" "off" "on" "open" "opentelemetry" "operator" "optional" "otel-log" "outbound" "over" "pass" "passthrough" "path" "plain" "port" "ports" "prefix" "probes" "prometheus" "query" "random" "redis" "refuse" "reload" "remote" "remove" "replace" "ring" "round-robin" "route" "same-host" "scheme" "server" "sidecar" "simple" "skywalking" "source-ip" "static" "stats" "subset" "successes" "tcp" "timeout" "tls" "tls-lb" "to" "under" "v1" "v1beta1" "v2" "via" "vm" "waypoint" "weight" "when" "where" "within" "x" "zipkin" "zone" "anyone" "audience" "claim" "client-ip" "cookie" "dest-ip" "from" "gateway" "header" "host" "ip" "method" "namespace" "nobody" "path" "port" "presenter" "principal" "query" "scheme" "sni" "token" "trust-domain" "via"))
(group (bare) @keyword
  (#any-of? @keyword "anyone" "audience" "claim" "client-ip" "cookie" "dest-ip" "from" "gateway" "header" "host" "ip" "method" "namespace" "nobody" "path" "port" "presenter" "principal" "query" "scheme" "sni" "token" "trust-domain" "via"))
(head (bare) @keyword.operator
  (#any-of? @keyword.operator "and" "or" "not"))
(group (bare) @keyword.operator
  (#any-of? @keyword.operator "and" "or" "not"))

; The first word of a statement. In a block it is a clause, or a statement about something, or else a field of a
; resource.
(block (statement head: (head . (bare) @property . (_))))
(block (statement head: (head . (bare) @property .) block: (block)))
(block (statement head: (head . (bare) @keyword . (_))
  (#any-of? @keyword "allow" "audit" "authorize" "dashboard" "deny" "else" "elsewhere" "envoy" "external" "gateway" "if" "in" "jwt" "let" "mesh" "mtls" "namespace" "observe" "param" "plugin" "profile" "proxy" "resource" "route" "scope" "scrape" "service" "slo" "traffic" "use" "with" "workload")))
(block (statement head: (head . (bare) @keyword)
  (#any-of? @keyword "abort" "access-log" "account" "add" "address" "alert" "allow" "ambient" "annotation" "api" "at-least" "audiences" "audit" "available" "balance" "behind" "bind" "ca" "calls" "cert" "ciphers" "claim" "client-protocol" "cluster" "concurrency" "config" "connect-timeout" "context" "cors" "credentials" "declared-only" "delay" "delegate" "deny" "drop-label" "drop-tag" "dry-run" "eject" "else" "endpoint" "env" "every" "export" "expose" "fail" "failover" "fast" "field" "filter" "forward" "from" "grafana" "group" "grpc" "grpc-web" "h2-upgrade" "headers" "host" "http" "http2" "https" "idle-timeout" "if" "ignore" "image" "inbound" "inject" "issuer" "istio" "jwks" "keep" "keepalive" "kiali" "label" "link" "listen" "listener" "locality" "lua" "max-age" "max-connections" "max-pending" "max-requests" "max-retries" "max-streams" "max-tls" "merged" "mesh" "methods" "metrics" "min-tls" "mirror" "mongo" "mtls" "mutual" "mysql" "network" "off" "on" "optional" "origins" "others" "over" "passthrough" "patch" "phase" "pool" "port" "prefer" "priority" "probe" "prometheus" "provider" "proxy-protocol" "proxy-version" "pull" "pull-secret" "reaches" "redirect" "redis" "region" "remove" "replicas" "request-headers" "requests-per-connection" "require" "resolve" "respond" "response-headers" "retry" "retry-budget" "revision" "rewrite" "root-id" "root-namespace" "routes-from" "runbook" "san" "select" "set" "set-tag" "sha256" "sni" "split" "tag" "tcp" "timeout" "tls" "to" "token" "trace" "trust-domain" "tunnel" "type" "unmatched" "url" "value" "version" "versions" "vhost" "via" "warmup" "waypoint" "weight" "when" "with")))
(source_file (statement head: (head . (bare) @keyword)
  (#any-of? @keyword "allow" "audit" "authorize" "dashboard" "deny" "else" "elsewhere" "envoy" "external" "gateway" "if" "in" "jwt" "let" "mesh" "mtls" "namespace" "observe" "param" "plugin" "profile" "proxy" "resource" "route" "scope" "scrape" "service" "slo" "traffic" "use" "with" "workload")))

; Behind these words a name follows, whatever it is.
(source_file (statement head: (head . (bare) @keyword . (bare) @type)
  (#any-of? @keyword "allow" "audit" "authorize" "dashboard" "deny" "else" "elsewhere" "envoy" "external" "gateway" "if" "in" "jwt" "let" "mesh" "mtls" "namespace" "observe" "param" "plugin" "profile" "proxy" "resource" "route" "scope" "scrape" "service" "slo" "traffic" "use" "with" "workload")
  (#not-any-of? @type "namespace" "gateway" "mesh" "as")))
(head (bare) @keyword . (bare) @type
  (#any-of? @keyword "namespace" "gateway"))
(head . (bare) @keyword . (bare) @type
  (#any-of? @keyword "service" "external" "workload" "resource"))
(head . (bare) @keyword . (bare) @label
  (#eq? @keyword "version"))
(head . (bare) @keyword . (bare) @function
  (#any-of? @keyword "profile" "with"))
(head . (bare) @keyword . (bare) @variable.parameter
  (#any-of? @keyword "let" "param"))
(head . (bare) @keyword . (bare) @property
  (#eq? @keyword "field"))
(head (bare) @keyword . (bare) @property
  (#any-of? @keyword "header" "cookie" "query" "claim"))
(group (bare) @keyword . (bare) @property
  (#any-of? @keyword "header" "cookie" "query" "claim"))

; Values.
((bare) @constant
  (#match? @constant "^([A-Z][A-Z_]+|[1-5]xx)$"))
((bare) @boolean
  (#any-of? @boolean "true" "false"))
((bare) @number
  (#match? @number "^-?[0-9]+([./][0-9]+)*[%]?$"))
((bare) @number
  (#match? @number "^([0-9]+(ms|s|m|h|d))+$"))
((bare) @variable.parameter
  (#match? @variable.parameter "^[$]"))

; A version and its share.
(pair key: (bare) @label value: (bare) @number
  (#match? @number "[%]$"))

(path) @string.special.path
(string) @string
(text) @string
(regex) @string.regexp
(escape_sequence) @string.escape
(interpolation) @variable.parameter

(equals) @operator
["<" ">" "(" ")"] @punctuation.bracket
["," ":" ";"] @punctuation.delimiter

(junk) @error
