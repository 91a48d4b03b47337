; The names of Neovim first, then those of Helix.

(statement) @statement.outer
(statement block: (block)) @function.outer @function.around
(block (statement)+ @function.inner @function.inside)

(block) @block.outer
(block (statement)+ @block.inner)

(list [(bare) (path) (string) (text) (regex) (group) (equals) (pair)] @parameter.inner @parameter.inside @parameter.around)
(pair value: (_) @assignment.rhs) @assignment.outer @entry.around
(pair key: (_) @assignment.lhs)

(comment) @comment.outer @comment.around
