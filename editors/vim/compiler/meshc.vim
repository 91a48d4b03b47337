" `:make` checks the program of the current file: all files of its folder, as the language server reads it.

if exists('current_compiler')
  finish
endif
let current_compiler = 'meshc'

CompilerSet makeprg=meshc\ check\ --diagnostics\ short\ $*\ %:p:h:S
CompilerSet errorformat=%f:%l:%c:\ %t%*[a-z][%*[^]]]:\ %m,%trror:\ %m,%-G%.%#
