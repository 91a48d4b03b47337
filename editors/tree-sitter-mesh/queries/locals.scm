(source_file) @local.scope

((statement
  head: (head . (bare) @_word . (bare) @local.definition.type))
  (#any-of? @_word "service" "external" "gateway" "workload"))

((statement
  head: (head . (bare) @_word . (bare) @local.definition.namespace))
  (#eq? @_word "namespace"))

((statement
  head: (head . (bare) @_word . (bare) @local.definition.function))
  (#eq? @_word "profile"))

((statement
  head: (head . (bare) @_word . (bare) @local.definition.constant))
  (#any-of? @_word "let" "param"))

(bare) @local.reference
