" Two spaces a block, as `meshc fmt` writes it. A statement in column one is in no block, whatever stands above it:
" so a block that somebody is typing does not move the rest of the file.

if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=MeshIndent(v:lnum)
setlocal indentkeys=0>,0),o,O,!^F
setlocal autoindent

let b:undo_indent = 'setlocal indentexpr< indentkeys< autoindent<'

if exists('*MeshIndent')
  finish
endif

" Texts, strings, regular expressions and comments: brackets in them are not those of blocks. A `#` inside of a word
" starts no comment.
let s:quoted = '"""\_.\{-}\%("""\|\%$\)\|"\%(\\.\|[^"\\\n]\)*"\?\|\%(^\|[[:space:],:;<>()=|"]\)\@1<=#[^\n]*'

" True where a line starts in a text of several lines, which keeps its spaces.
function! s:InText(lnum) abort
  return count(join(getline(1, a:lnum - 1), "\n"), '"""') % 2
endfunction

function! MeshIndent(lnum) abort
  if s:InText(a:lnum)
    return -1
  endif
  let top = a:lnum - 1
  while top > 1 && (getline(top) !~# '^[^[:space:])>#]' || s:InText(top))
    let top -= 1
  endwhile
  let code = substitute(join(getline(top, a:lnum - 1), "\n"), s:quoted, '', 'g')
  let blocks = count(code, '<') - count(code, '>') - (getline(a:lnum) =~# '^\s*>')
  let goes_on = count(code, '(') > count(code, ')') && getline(a:lnum) !~# '^\s*)' || code =~# ',\_s*$'
  return shiftwidth() * (max([blocks, 0]) + goes_on)
endfunction
