--- Mesh in Neovim: the language server, colours by tree-sitter, and the commands `:Mesh…`.
local M = {}

local options = {
  path = "meshc", -- the compiler: a name in the PATH, or a path
  hints = true, -- show what is derived inside of the text
  lenses = true, -- show commands above statements
  programs = {}, -- files and folders that are programs, below the root; else a folder is one
  set = {}, -- what is chosen for parameters
}

local group = vim.api.nvim_create_augroup("mesh", {})

local function tell(text, level)
  vim.notify("mesh: " .. text, level or vim.log.levels.INFO)
end

--- The folder of the repository that a file is in, or the folder of the file.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  local above = vim.fn.escape(folder, " ,;*?[{\\") .. ";"
  for _, found in ipairs({ vim.fn.finddir(".git", above), vim.fn.findfile(".git", above) }) do
    if found ~= "" then
      return (vim.fn.fnamemodify(found, ":p"):gsub("/%.git/?$", ""))
    end
  end
  return folder
end

--- The compiler as a path. Nothing but colours works without it, so that is said once.
local missing_told = false
local function compiler()
  local path = vim.fn.exepath(vim.fn.expand(options.path))
  if path ~= "" then
    return path
  end
  if not missing_told then
    missing_told = true
    tell(
      ("%s was not found. Put meshc into the PATH, or say where it is: require('mesh').setup({ path = '/path/to/meshc' })"):format(
        options.path
      ),
      vim.log.levels.WARN
    )
  end
end

--- The server of a buffer; that of any other program can tell what is not about a file.
local function client_of(buffer)
  local get = vim.lsp.get_clients or vim.lsp.get_active_clients
  local other
  for _, client in ipairs(get()) do
    if client.name == "meshc" then
      if vim.lsp.buf_is_attached(buffer, client.id) then
        return client
      end
      other = client
    end
  end
  return other
end

--- Calls a function of a client, which is a method from Neovim 0.11 on.
local function call(client, name, ...)
  if vim.fn.has("nvim-0.11") == 1 then
    return client[name](client, ...)
  end
  return client[name](...)
end

--- Asks the server of a buffer.
local function ask(buffer, method, params, handler)
  local client = client_of(buffer)
  if not client then
    tell("the language server is not running", vim.log.levels.WARN)
    return
  end
  call(client, "request", method, params, function(problem, answer)
    if problem then
      tell(problem.message, vim.log.levels.ERROR)
    elseif answer and answer ~= vim.NIL then
      handler(answer)
    end
  end, buffer)
end

local function lines_of(text)
  return vim.split(text, "\n", { plain = true, trimempty = true })
end

--- Writes into a buffer that nobody edits.
local function show(buffer, lines)
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].modified = false
end

--- A window beside this one, which stays the current one, with a text that nobody edits.
local function beside(filetype)
  local here = vim.api.nvim_get_current_win()
  vim.cmd("vertical botright new")
  local window, buffer = vim.api.nvim_get_current_win(), vim.api.nvim_get_current_buf()
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].swapfile = false
  vim.bo[buffer].filetype = filetype
  vim.api.nvim_set_current_win(here)
  return window, buffer
end

-- Texts that the server has: modules of the library and pages of codes.

--- Fills a buffer that is named as `mesh-std:/resilience.mesh`. Old Neovims put the current folder before such a name,
--- unless `//` follows the colon.
local function read_page(buffer, name)
  local scheme, page = name:match("(mesh%-%a+):/+(.*)$")
  local uri = scheme .. ":/" .. page
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].swapfile = false
  local client = client_of(buffer)
  if not client then
    show(buffer, { "The language server is not running: open a program first." })
    return
  end
  local answer = call(client, "request_sync", "workspace/textDocumentContent", { uri = uri }, 5000, buffer)
  local has_text = answer and answer.result and answer.result ~= vim.NIL
  show(buffer, has_text and lines_of(answer.result.text) or { "There is no " .. uri })
  vim.bo[buffer].filetype = scheme == "mesh-std" and "mesh" or "markdown"
end

-- The compiled YAML beside the program.

local shown = vim.api.nvim_create_namespace("mesh")

--- Shows the YAML of the program beside it; the part that the statement under the cursor becomes is marked.
function M.yaml()
  local source, window = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
  local client = client_of(source)
  if not client then
    tell("the language server is not running", vim.log.levels.WARN)
    return
  end
  local yaml_window, yaml = beside("yaml")
  local last = 0
  local function follow()
    if not vim.api.nvim_buf_is_valid(yaml) or not client_of(source) then
      return true -- ends the autocommand
    end
    last = last + 1
    local asked = last
    local current = vim.api.nvim_get_current_win()
    local at = vim.api.nvim_win_get_buf(current) == source and current or window
    ask(source, "mesh/compiled", vim.lsp.util.make_position_params(at, client.offset_encoding), function(answer)
      -- An answer may come when there is a newer question, or no window any more.
      if asked ~= last or not vim.api.nvim_buf_is_valid(yaml) then
        return
      end
      show(yaml, lines_of(answer.text))
      vim.api.nvim_buf_clear_namespace(yaml, shown, 0, -1)
      if answer.range then
        local first, past = answer.range.start.line, answer.range["end"].line
        for line = first, past - 1 do
          vim.api.nvim_buf_set_extmark(yaml, shown, line, 0, { line_hl_group = "CursorLine" })
        end
        if vim.api.nvim_win_is_valid(yaml_window) then
          vim.api.nvim_win_set_cursor(yaml_window, { first + 1, 0 })
          vim.api.nvim_win_call(yaml_window, function()
            vim.cmd("normal! zt")
          end)
        end
      end
    end)
  end
  vim.api.nvim_create_autocmd({ "CursorMoved", "CursorMovedI", "TextChanged" }, {
    group = group,
    buffer = source,
    callback = follow,
  })
  follow()
end

--- Writes the page of the graph into a temporary file and opens it.
function M.graph()
  local buffer = vim.api.nvim_get_current_buf()
  local params = vim.lsp.util.make_text_document_params(buffer)
  ask(buffer, "mesh/graph", { textDocument = params }, function(answer)
    local path = vim.fn.tempname() .. ".html"
    vim.fn.writefile(vim.split(answer.html, "\n", { plain = true }), path)
    if vim.ui.open and vim.ui.open(path) then
      tell("the graph is in " .. path)
    else
      tell("open this page in a browser: " .. path)
    end
  end)
end

--- Shows the page of a word or a code in a window that floats.
function M.explain(word)
  word = word ~= "" and word or vim.fn.expand("<cword>")
  ask(vim.api.nvim_get_current_buf(), "mesh/explain", { word = word }, function(answer)
    vim.lsp.util.open_floating_preview(lines_of(answer.text), "markdown", { focus_id = "mesh", border = "rounded" })
  end)
end

--- Builds the program of the current file: into a folder, or into a window. Problems go into the quickfix list.
function M.build(folder)
  local path = compiler()
  if not path then
    return
  end
  local file = vim.api.nvim_buf_get_name(0)
  local root = root_of(file)
  local command = { path, "build", "--diagnostics", "short" }
  for name, value in pairs(options.set) do
    vim.list_extend(command, { "--set", name .. "=" .. value })
  end
  if folder ~= "" then
    vim.list_extend(command, { "--out", vim.fn.fnamemodify(folder, ":p") })
  end
  local is_named = #options.programs > 0
  vim.list_extend(command, is_named and options.programs or { vim.fn.fnamemodify(file, ":p:h") })
  local format = vim.bo.errorformat
  local out, problems = {}, {}
  vim.fn.jobstart(command, {
    cwd = root,
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = function(_, lines)
      out = lines
    end,
    on_stderr = function(_, lines)
      problems = lines
    end,
    on_exit = function(_, code)
      vim.fn.setqflist({}, " ", { title = "meshc build", lines = problems, efm = format })
      if code ~= 0 then
        vim.cmd("botright copen")
      elseif folder ~= "" then
        tell("built into " .. folder)
      else
        local _, buffer = beside("yaml")
        show(buffer, out)
      end
    end,
  })
end

-- The server.

local function attached(client, buffer)
  if vim.fn.has("nvim-0.8") == 0 then
    vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  end
  if options.hints and vim.lsp.inlay_hint then
    vim.lsp.inlay_hint.enable(true, { bufnr = buffer })
  end
  if options.lenses and vim.fn.has("nvim-0.12") == 1 then
    vim.lsp.codelens.enable(true, { bufnr = buffer })
  elseif options.lenses then
    vim.api.nvim_create_autocmd({ "BufEnter", "CursorHold", "InsertLeave" }, {
      group = group,
      buffer = buffer,
      callback = function()
        if vim.lsp.buf_is_attached(buffer, client.id) then
          vim.lsp.codelens.refresh()
        end
      end,
    })
  end
end

local function at_address(address, run)
  local buffer = vim.uri_to_bufnr(address)
  vim.cmd("buffer " .. buffer)
  run()
end

--- The commands of lenses.
local lens_commands = {
  ["mesh.build"] = function(command)
    at_address(command.arguments[1], function()
      M.build("")
    end)
  end,
  ["mesh.showCompiled"] = function(command)
    at_address(command.arguments[1], function()
      vim.api.nvim_win_set_cursor(0, { command.arguments[2].line + 1, 0 })
      M.yaml()
    end)
  end,
  ["mesh.showReferences"] = function(command, context)
    local client = vim.lsp.get_client_by_id(context.client_id)
    local items = vim.lsp.util.locations_to_items(command.arguments[3], client.offset_encoding)
    vim.fn.setqflist({}, " ", { title = command.title, items = items })
    vim.cmd("botright copen")
  end,
}

--- The clients of Neovim 0.7, by their roots: later ones find them by themselves.
local started = {}

local function start(buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  if vim.bo[buffer].buftype ~= "" or file == "" then
    return
  end
  local path = compiler()
  if not path then
    return
  end
  local root = root_of(file)
  local config = {
    name = "meshc",
    cmd = { path, "lsp" },
    root_dir = root,
    workspace_folders = { { name = vim.fn.fnamemodify(root, ":t"), uri = vim.uri_from_fname(root) } },
    capabilities = options.capabilities,
    commands = lens_commands,
    init_options = {
      hints = options.hints,
      lenses = options.lenses,
      programs = options.programs,
      set = next(options.set) and options.set or vim.empty_dict(),
    },
    on_attach = attached,
  }
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = buffer })
    return
  end
  config.on_exit = function()
    started[root] = nil
  end
  started[root] = started[root] or vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(buffer, started[root])
end

--- Colours by the syntax tree where there is a parser that this Neovim reads; else the syntax file has them.
local function highlight(buffer)
  if vim.treesitter.start then
    pcall(vim.treesitter.start, buffer, "mesh")
  end
end

--- Call it once in your configuration. The options are at the top of this file.
function M.setup(opts)
  options = vim.tbl_extend("force", options, opts or {})
  vim.api.nvim_clear_autocmds({ group = group })
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    pattern = "mesh",
    callback = function(event)
      highlight(event.buf)
      start(event.buf)
    end,
  })
  vim.api.nvim_create_autocmd("BufReadCmd", {
    group = group,
    pattern = { "mesh-std:/*", "mesh-page:/*", "*/mesh-std:/*", "*/mesh-page:/*" },
    callback = function(event)
      read_page(event.buf, event.match)
    end,
  })
  local command = vim.api.nvim_create_user_command
  command("MeshYaml", M.yaml, { desc = "Show the compiled YAML beside the program" })
  command("MeshGraph", M.graph, { desc = "Draw the program" })
  command("MeshExplain", function(given)
    M.explain(given.args)
  end, { nargs = "?", desc = "Explain a word of Mesh, or a code" })
  command("MeshBuild", function(given)
    M.build(given.args)
  end, { nargs = "?", complete = "dir", desc = "Build the program, into a folder if one is named" })
end

return M
