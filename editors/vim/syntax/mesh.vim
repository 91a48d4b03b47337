" No word is reserved in Mesh: the place of a word decides what it is. So words of the language are looked up only
" where they may stand. `cargo xtask generate` makes mesh.vim of mesh.vim.in, with the words that the compiler
" knows.

if exists('b:current_syntax')
  finish
endif

let s:cpo = &cpo
set cpo&vim

syntax case match
syntax iskeyword @,48-57,_,-
syntax sync fromstart

syntax cluster meshOperand contains=meshWord,meshLater,meshKey,meshConstant,meshNumber,meshDuration,meshPercentage,meshVariable,meshPath,meshGroup,meshString,meshRegex,meshText,meshComma,meshColon,meshEquals,meshComment,meshDocumentation
syntax cluster meshValue contains=meshWord,meshConstant,meshNumber,meshDuration,meshPercentage,meshVariable,meshPath,meshGroup,meshString,meshRegex,meshText

" A whole word, so that nothing inside of one is taken for something else. What is more special comes below.
syntax match meshWord /[^[:space:],:;<>()"=|#\/~-][^[:space:],:;<>()"=|]*/ contains=meshVersion
syntax match meshVersion /@[^[:space:],:;<>()"=|]\+/hs=s+1 contained

" A word behind the first one; in a list or a pair it is a name.
syntax match meshLater /\k\+\ze\%([[:space:];<>()"]\|$\)\%(\s*[,:]\)\@!/ contains=meshOption,meshTest,meshLogic
syntax keyword meshOption contained in as BOOTSTRAP CLUSTER CONNECT EXTENSION_CONFIG FILTER_CHAIN HTTP_FILTER HTTP_ROUTE LISTENER LISTENER_FILTER NETWORK_FILTER POST ROUTE_CONFIGURATION VIRTUAL_HOST add after always any as at at-least at-most authn authz auto backoff bind both by calls client close cookie datadog debug default distroless dns dns-round-robin dynamic env every except exec existing ext-authz-grpc ext-authz-http failures file file-log files for forward from from-host gateway grpc grpc-log hash header healthy-at-least host http http2 https if-absent ignore in inbound insert-after insert-before insert-first is key label least-request local locality maglev merge merge-and-replace-list mesh mongo mutual mysql name namespace network never nocase of off on open opentelemetry operator optional otel-log outbound over pass passthrough path plain port ports prefix probes prometheus query random redis refuse reload remote remove replace ring round-robin route same-host scheme server sidecar simple skywalking source-ip static stats subset successes tcp timeout tls tls-lb to under v1 v1beta1 v2 via vm waypoint weight when where within x zipkin zone
syntax keyword meshTest contained anyone audience claim client-ip cookie dest-ip from gateway header host ip method namespace nobody path port presenter principal query scheme sni token trust-domain via
syntax keyword meshLogic contained and or not
syntax match meshKey /[^[:space:],:;<>()"=|#\/~-][^[:space:],:;<>()"=|]*\ze\s*:/

" The first word of a statement. In a block it is a clause as well, but not if it is followed by `:` or `,`.
syntax match meshFirst /\%(^\|[;<>]\)\@1<=\s*\k\+\ze\%([[:space:];<>("]\|$\)\%(\s*[,:]\)\@!/
  \ contains=meshStatement nextgroup=meshName skipwhite
syntax match meshInner /\%(^\|[;<>]\)\@1<=\s*\k\+\ze\%([[:space:];<>("]\|$\)\%(\s*[,:]\)\@!/
  \ contained contains=meshStatement,meshClause
syntax match meshInner /\%(^\|[;<>]\)\@1<=\s*\%(external\|gateway\|namespace\|resource\|service\|version\|with\|workload\)\ze\s\+\a/
  \ contained contains=meshStatement,meshClause nextgroup=meshName skipwhite
syntax keyword meshStatement contained allow audit authorize dashboard deny else elsewhere envoy external gateway if in jwt let mesh mtls namespace observe param plugin profile proxy resource route scope scrape service slo traffic use with workload
syntax keyword meshClause contained abort access-log account add address alert allow ambient annotation api at-least audiences audit available balance behind bind ca calls cert ciphers claim client-protocol cluster concurrency config connect-timeout context cors credentials declared-only delay delegate deny drop-label drop-tag dry-run eject else endpoint env every export expose fail failover fast field filter forward from grafana group grpc grpc-web h2-upgrade headers host http http2 https idle-timeout if ignore image inbound inject issuer istio jwks keep keepalive kiali label link listen listener locality lua max-age max-connections max-pending max-requests max-retries max-streams max-tls merged mesh methods metrics min-tls mirror mongo mtls mutual mysql network off on optional origins others over passthrough patch phase pool port prefer priority probe prometheus provider proxy-protocol proxy-version pull pull-secret reaches redirect redis region remove replicas request-headers requests-per-connection require resolve respond response-headers retry retry-budget revision rewrite root-id root-namespace routes-from runbook san select set set-tag sha256 sni split tag tcp timeout tls to token trace trust-domain tunnel type unmatched url value version versions vhost via warmup waypoint weight when with

" What a statement is about.
syntax match meshName /\a[^[:space:],:;<>()"=|]*/ contained
syntax match meshName /\%(as\|gateway\|in\|mesh\|namespace\)\ze\s/ contained contains=meshOption,meshTest
  \ nextgroup=meshName skipwhite

syntax match meshConstant /\%([A-Z][A-Z_]\+\|\dxx\|true\|false\)\ze\%([[:space:],:;<>()"=|]\|$\)/
syntax match meshNumber /-\?\d\+\%(\.\d\+\)*\%(\/\d\+\)\?\ze\%([[:space:],:;<>()"=|]\|$\)/
syntax match meshDuration /\%(\d\+\%(\.\d\+\)\?\%(ms\|[smhd]\)\)\+\ze\%([[:space:],:;<>()"=|]\|$\)/
syntax match meshPercentage /\d\+\%(\.\d\+\)\?%\ze\%([[:space:],:;<>()"=|]\|$\)/
syntax match meshVariable /\$\a[[:alnum:]_-]*/
syntax match meshPath /\/[^[:space:],;<>()"|]*/ contains=meshHole
syntax match meshHole /{[^}]*}\|\*/ contained

" A list goes on in the next line, whose first word starts no statement.
syntax match meshComma /,/ nextgroup=@meshValue,meshKey,meshListComment skipwhite skipempty
syntax match meshListComment /#.*/ contained contains=@Spell,meshTodo
  \ nextgroup=@meshValue,meshKey,meshListComment skipwhite skipempty
syntax match meshColon /:/ nextgroup=@meshValue skipwhite
syntax match meshEquals /=/
syntax match meshSemicolon /;/

syntax region meshBlock matchgroup=meshBracket start=/</ end=/>/ transparent fold
  \ contains=@meshOperand,meshInner,meshSemicolon,meshBlock
syntax region meshGroup matchgroup=meshBracket start=/(/ end=/)/ transparent contains=@meshOperand

syntax region meshString start=/"/ skip=/\\./ end=/"/ end=/$/ contains=meshEscape,meshInterpolation
syntax region meshRegex start=/\~"/ skip=/\\./ end=/"/ end=/$/
syntax region meshText start=/"""/ end=/"""/ contains=meshInterpolation
syntax match meshEscape /\\\%(u\x\{4}\|.\)\|\$\${/ contained
syntax match meshInterpolation /\${\a[[:alnum:]_-]*}/ contained

syntax match meshComment /#.*/ contains=@Spell,meshTodo
syntax match meshDocumentation /##.*/ contains=@Spell,meshTodo
syntax keyword meshTodo contained TODO FIXME XXX

highlight default link meshStatement Statement
highlight default link meshClause Keyword
highlight default link meshOption Special
highlight default link meshTest Conditional
highlight default link meshLogic Operator
highlight default link meshName Type
highlight default link meshVersion Label
highlight default link meshKey Identifier
highlight default link meshConstant Constant
highlight default link meshNumber Number
highlight default link meshDuration Number
highlight default link meshPercentage Number
highlight default link meshVariable PreProc
highlight default link meshInterpolation PreProc
highlight default link meshPath String
highlight default link meshHole SpecialChar
highlight default link meshString String
highlight default link meshRegex String
highlight default link meshText String
highlight default link meshEscape SpecialChar
highlight default link meshEquals Operator
highlight default link meshBracket Delimiter
highlight default link meshComma Delimiter
highlight default link meshColon Delimiter
highlight default link meshSemicolon Delimiter
highlight default link meshComment Comment
highlight default link meshListComment Comment
highlight default link meshDocumentation SpecialComment
highlight default link meshTodo Todo

let b:current_syntax = 'mesh'

let &cpo = s:cpo
unlet s:cpo
