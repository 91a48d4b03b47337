-- Neovim with the plugin, without a screen. The lines are facts: `ok - …` or `not ok - …`; run.sh counts them.
-- $MESH_WORK is a folder with broken.mesh, $MESH_ROOT the repository.

local work, root = vim.env.MESH_WORK, vim.env.MESH_ROOT

local function fact(name, holds, seen)
  io.stdout:write((holds and "ok - " or "not ok - ") .. name .. "\n")
  if not holds then
    io.stdout:write("# " .. vim.inspect(seen):gsub("\n", "\n# ") .. "\n")
  end
end

--- Waits until a condition holds, and is false if it never does.
local function becomes(condition)
  return vim.wait(20000, condition, 20) == true
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

--- Puts the cursor on a piece of text.
local function on(piece)
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  for number, line in ipairs(lines) do
    local column = line:find(piece, 1, true)
    if column then
      vim.api.nvim_win_set_cursor(0, { number, column - 1 })
      return
    end
  end
  error(piece .. " is not in\n" .. text())
end

local function problems()
  return vim.tbl_map(function(problem)
    return problem.message
  end, vim.diagnostic.get(0))
end

local function client()
  for _, known in ipairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
    if known.name == "meshc" then
      return known
    end
  end
end

--- Asks the server as the functions of `vim.lsp.buf` do, and waits.
local function answer(method, more)
  local params = vim.lsp.util.make_position_params(0, client().offset_encoding)
  local all = vim.lsp.buf_request_sync(0, method, vim.tbl_extend("force", params, more or {}), 20000)
  for _, one in pairs(all or {}) do
    return one.result
  end
end

local function facts()
  vim.cmd("edit " .. work .. "/broken.mesh")
  local program = vim.api.nvim_get_current_buf()
  fact("the type of the file is mesh", vim.bo.filetype == "mesh", vim.bo.filetype)
  fact("the server starts", becomes(client), vim.inspect(client()))
  fact(
    "the slip is a diagnostic",
    becomes(function()
      return #problems() > 0
    end) and problems()[1]:find("timout", 1, true) ~= nil,
    problems()
  )

  on("timout 5s")
  if vim.fn.has("nvim-0.8") == 1 then
    vim.lsp.buf.code_action({
      apply = true,
      filter = function(action)
        return action.kind == "quickfix"
      end,
    })
  else
    -- The function of 0.7 lets the user choose in any case.
    vim.ui.select = function(items, _, choose)
      choose(items[1], 1)
    end
    vim.lsp.buf.code_action()
  end
  fact(
    "the fix is applied, and the diagnostic goes",
    becomes(function()
      return text():find("timeout 5s", 1, true) ~= nil and #problems() == 0
    end),
    { text(), problems() }
  )

  on("orders <")
  vim.lsp.buf.rename("invoices")
  fact(
    "a service is renamed wherever it is used",
    becomes(function()
      return not text():find("orders", 1, true)
    end) and text():find("calls invoices", 1, true) ~= nil and text():find("route invoices", 1, true) ~= nil,
    text()
  )

  if vim.lsp.buf.format then
    vim.lsp.buf.format({ timeout_ms = 20000 })
  else
    vim.lsp.buf.formatting_sync(nil, 20000)
  end
  fact("the file is formatted", text():find("\nroute checkout <", 1, true) ~= nil, text())

  on("invoices < v1")
  local hover = vim.inspect(answer("textDocument/hover"))
  fact("the hover says what a service is", hover:find("v1", 1, true) and hover:find("8080", 1, true), hover)

  if vim.fn.has("nvim-0.12") == 0 then
    vim.lsp.codelens.refresh()
  end
  local function lenses()
    local titles = {}
    for _, lens in ipairs(vim.lsp.codelens.get(vim.fn.has("nvim-0.12") == 1 and { bufnr = program } or program)) do
      table.insert(titles, (lens.lens or lens).command.title)
    end
    return titles
  end
  fact(
    "lenses say who calls a service",
    becomes(function()
      return vim.tbl_contains(lenses(), "1 caller")
    end),
    lenses()
  )
  on("service invoices")
  vim.ui.select = function(items, how, choose)
    for number, item in ipairs(items) do
      if how.format_item(item):find("caller", 1, true) then
        choose(item, number)
      end
    end
  end
  vim.lsp.codelens.run()
  fact(
    "such a lens lists them",
    becomes(function()
      return vim.fn.getqflist({ size = 0 }).size == 1
    end) and vim.fn.getqflist()[1].lnum == 5,
    vim.fn.getqflist()
  )
  vim.fn.setqflist({})
  vim.cmd("cclose | buffer " .. program)
  if vim.lsp.inlay_hint then
    fact(
      "hints say what is derived",
      becomes(function()
        return #vim.lsp.inlay_hint.get({ bufnr = program }) > 0
      end)
    )
  end

  on("v2; t")
  local labels = {}
  local items = answer("textDocument/completion")
  for _, item in ipairs(items.items or items) do
    labels[item.label] = true
  end
  fact("versions are completed", labels.v1 or labels.v2, labels)

  on("resilient")
  vim.lsp.buf.definition()
  fact(
    "the definition of a profile is a page of the library",
    becomes(function()
      return vim.api.nvim_buf_get_name(0):find("mesh-std:/", 1, true) ~= nil
        and text():find("profile resilient", 1, true) ~= nil
    end) and not vim.bo.modifiable and vim.bo.filetype == "mesh",
    { vim.api.nvim_buf_get_name(0), vim.bo.filetype, text() }
  )
  fact(
    "the cursor is at the profile",
    becomes(function()
      return vim.api.nvim_get_current_line():find("profile resilient", 1, true) ~= nil
    end),
    vim.api.nvim_get_current_line()
  )

  vim.cmd("edit mesh-page:/E0203.md")
  fact("the page of a code opens", text():find("# E0203", 1, true) ~= nil and vim.bo.filetype == "markdown", text())

  vim.cmd("buffer " .. program)
  on("route invoices")
  vim.cmd("MeshYaml")
  local yaml = vim.fn.winbufnr(vim.fn.winnr("$"))
  local function line_of_yaml()
    local window = vim.fn.win_getid(vim.fn.winnr("$"))
    return vim.api.nvim_buf_get_lines(yaml, 0, -1, false), vim.api.nvim_win_get_cursor(window)[1]
  end
  local function marked(piece)
    return function()
      local lines, line = line_of_yaml()
      return table.concat(vim.list_slice(lines, line, line + 6), "\n"):find(piece, 1, true) ~= nil
    end
  end
  fact("the YAML stands beside the program", becomes(marked("name: invoices")), { line_of_yaml() })
  on("route checkout")
  vim.api.nvim_exec_autocmds("CursorMoved", { buffer = program })
  fact("the YAML follows the cursor", becomes(marked("name: checkout")), { line_of_yaml() })
  vim.cmd("only")

  local told = {}
  vim.notify = function(message)
    table.insert(told, message)
  end
  local opened
  if vim.ui.open then
    vim.ui.open = function(path)
      opened = path
      return true
    end
  end
  vim.cmd("MeshGraph")
  local page
  local is_told = becomes(function()
    page = opened or (told[1] or ""):match("/%S+%.html")
    return page
  end)
  fact("the page of the graph is written", is_told and vim.fn.getfsize(page) > 10000, told)

  vim.cmd("MeshExplain E0203")
  local function floating()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= "" then
        return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), "\n")
      end
    end
    return ""
  end
  fact(
    "the page of a code is shown",
    becomes(function()
      return floating():find("E0203", 1, true) ~= nil
    end),
    floating()
  )

  vim.cmd("write")
  vim.cmd("MeshBuild " .. work .. "/built")
  fact(
    "the program is built into a folder",
    becomes(function()
      return #vim.fn.glob(work .. "/built/*.yaml", false, true) > 0 and #told > 0
    end),
    told
  )
  vim.cmd("%substitute/timeout/timout/ | write")
  vim.cmd("MeshBuild")
  fact(
    "problems of a build are in the quickfix list",
    becomes(function()
      return vim.fn.getqflist({ size = 0 }).size > 0
    end) and vim.fn.getqflist()[1].lnum == 7,
    vim.fn.getqflist()
  )
  vim.cmd("cclose")

  vim.cmd("edit " .. root .. "/examples/tour/tour.mesh")
  -- The parser has the version 15 of tree-sitter's interface.
  if vim.treesitter.start and vim.treesitter.language_version >= 15 then
    local function capture(line, column)
      local names = {}
      for _, known in ipairs(vim.treesitter.get_captures_at_pos(0, line, column)) do
        table.insert(names, known.capture)
      end
      return names[#names]
    end
    vim.treesitter.get_parser(0, "mesh"):parse(true)
    fact("tree-sitter colours the file", vim.treesitter.highlighter.active[vim.api.nvim_get_current_buf()] ~= nil)
    for _, place in ipairs({
      { "route user", "keyword" },
      { "user-service <", "type" },
      { "retry 3", "keyword" },
      { "80%", "number" },
      { "/pay/*", "string.special.path" },
      { "$canary", "variable.parameter" },
      { "not header x-legacy", "keyword.operator" },
      { "orders; calls", "variable" },
    }) do
      on(place[1])
      local at = vim.api.nvim_win_get_cursor(0)
      local seen = capture(at[1] - 1, at[2])
      fact(("`%s` starts with a %s"):format(place[1], place[2]), seen == place[2], seen)
    end
  else
    fact("without a parser that it reads, the syntax file colours", vim.bo.syntax == "mesh", vim.bo.syntax)
  end

  require("mesh").setup({ path = "no-such-meshc" })
  vim.cmd("edit " .. work .. "/other.mesh")
  fact("a compiler that is missing is told", told[#told]:find("into the PATH", 1, true) ~= nil, told)
end

local succeeded, problem = xpcall(facts, debug.traceback)
if not succeeded then
  fact("the script runs to its end", false, problem)
end
vim.cmd("qall!")
