[
  (block)
  (group)
  (text)
] @fold
