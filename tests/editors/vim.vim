" Vim with the plugin, without a screen. The facts go into the file $MESH_FACTS: `ok - …` or `not ok - …`; run.sh counts
" them. $MESH_WORK is a folder with broken.mesh, $MESH_ROOT the repository.

let s:facts = []

function s:Fact(name, holds, seen) abort
  call add(s:facts, (a:holds ? 'ok - ' : 'not ok - ') .. a:name)
  if !a:holds
    call add(s:facts, '# ' .. string(a:seen))
  endif
endfunction

" The syntax group at the first letter of a piece of text.
function s:Group(piece) abort
  call cursor(1, 1)
  if search('\V' .. escape(a:piece, '\'), 'cW') == 0
    return a:piece .. ' is not in the file'
  endif
  return synIDattr(synID(line('.'), col('.'), 1), 'name')
endfunction

function s:Facts() abort
  execute 'edit' $MESH_ROOT .. '/examples/tour/tour.mesh'
  call s:Fact('the type of the file is mesh', &filetype ==# 'mesh', &filetype)
  for [piece, group] in [
    \ ['# A tour', 'meshComment'],
    \ ['## Who', 'meshDocumentation'],
    \ ['service payments', 'meshStatement'],
    \ ['user-service <', 'meshName'],
    \ ['retry 3', 'meshClause'],
    \ ['x 2s', 'meshOption'],
    \ ['2s on', 'meshDuration'],
    \ ['80%', 'meshPercentage'],
    \ ['v1: 80%', 'meshKey'],
    \ ['/pay/*', 'meshPath'],
    \ ['header x-beta', 'meshTest'],
    \ ['not header', 'meshLogic'],
    \ ['"jason"', 'meshString'],
    \ ['$canary', 'meshVariable'],
    \ ['payments, orders >', 'meshWord'],
    \ ['< v1: 80%', 'meshBracket'],
    \ ]
    let seen = s:Group(piece)
    call s:Fact('`' .. piece .. '` starts with a ' .. group, seen ==# group, seen)
  endfor

  enew!
  setfiletype mesh
  call setline(1, [
    \ 'route a, # this list goes on',
    \ '  service in b < route: 5%; path ~"/v[0-9]+" >',
    \ 'service v1#x < respond 200 "${name}\n" >',
    \ 'profile p <', '  lua """', '    if a < b then -- ${each}', '  """', '  timeout 5s', '>',
    \ ])
  for [piece, group] in [
    \ ['service in b', 'meshWord'],
    \ ['route: 5%', 'meshKey'],
    \ ['~"/v', 'meshRegex'],
    \ ['#x', 'meshName'],
    \ ['${name}', 'meshInterpolation'],
    \ ['\n"', 'meshEscape'],
    \ ['if a < b', 'meshText'],
    \ ['${each}', 'meshInterpolation'],
    \ ['timeout 5s', 'meshClause'],
    \ ]
    let seen = s:Group(piece)
    call s:Fact('`' .. piece .. '` starts with a ' .. group, seen ==# group, seen)
  endfor
  let before = getline(1, '$')
  silent normal! gg=G
  call s:Fact('a text and a list keep their indentation', getline(1, '$') ==# before, getline(1, '$'))
  bwipeout!

  for example in ['tour/tour', 'environments/mesh', 'shop/shop']
    execute 'edit' $MESH_ROOT .. '/examples/' .. example .. '.mesh'
    let formatted = systemlist('meshc fmt - <' .. expand('%:p:S'))
    silent %left
    silent normal! gg=G
    call s:Fact('the indentation of ' .. example .. ' is that of meshc fmt', getline(1, '$') ==# formatted, getline(1, '$'))
    bwipeout!
  endfor

  execute 'edit' $MESH_WORK .. '/broken.mesh'
  silent make!
  let problem = get(filter(getqflist(), 'v:val.valid'), 0, {})
  call s:Fact(':make fills the quickfix list', get(problem, 'lnum') == 7 && get(problem, 'text') =~# 'timout', getqflist())
  call s:Fact('its entry leads to the file', bufname(get(problem, 'bufnr')) =~# 'broken\.mesh$', problem)
  silent %substitute/timout/timeout/
  silent normal! gggqG
  call s:Fact('gq formats by meshc', search('^route checkout <') > 0, getline(1, '$'))
  call cursor(search('^service orders'), 1)
  normal! f<
  normal %
  call s:Fact('% goes from < to >', getline('.')[col('.') - 1] ==# '>', getpos('.'))
  call cursor(1, 1)
  set filetype=text
  call s:Fact('another type takes the settings back', &l:formatprg ==# '' && &iskeyword !~# ',-', [&l:formatprg, &iskeyword])
endfunction

try
  call s:Facts()
catch
  call s:Fact('the script runs to its end', 0, v:exception .. ' at ' .. v:throwpoint)
endtry
call writefile(s:facts, $MESH_FACTS)
qall!
