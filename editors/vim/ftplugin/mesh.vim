" Settings of Mesh programs.

if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

let s:cpo = &cpo
set cpo&vim

setlocal comments=:##,:# commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal formatprg=meshc\ fmt\ -
setlocal iskeyword+=-
setlocal matchpairs+=<:>
setlocal shiftwidth=2 softtabstop=2 expandtab
setlocal suffixesadd=.mesh
compiler meshc

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< formatprg< iskeyword< matchpairs<'
  \ .. ' shiftwidth< softtabstop< expandtab< suffixesadd< makeprg< errorformat< | unlet! b:current_compiler'

let &cpo = s:cpo
unlet s:cpo
