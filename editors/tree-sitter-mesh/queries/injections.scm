((head . (bare) @_word . (_ [(string_content) (text_content)] @injection.content) .)
  (#eq? @_word "lua")
  (#set! injection.language "lua"))

; Configuration of plugins, and what is patched into Envoy.
((head . (bare) @_word . (_ [(string_content) (text_content)] @injection.content) .)
  (#any-of? @_word "config" "value" "pluginConfig")
  (#set! injection.language "yaml"))

; A key set; its address is a string.
((head . (bare) @_word . (text (text_content) @injection.content) .)
  (#eq? @_word "jwks")
  (#set! injection.language "json"))

((regex_content) @injection.content
  (#set! injection.language "regex"))

((comment) @injection.content
  (#set! injection.language "comment"))
