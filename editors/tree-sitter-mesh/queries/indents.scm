[
  (block)
  (group)
  (list)
] @indent.begin

; A block or a group that is being typed.
(ERROR ["<" "("]) @indent.begin

[">" ")"] @indent.branch
[">" ")"] @indent.end

; What stands in a text is not Mesh.
(text) @indent.ignore
