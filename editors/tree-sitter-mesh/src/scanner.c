// Line ends, texts, and brackets that nothing closes: what a Mesh parser cannot tell without looking ahead.

#include "tree_sitter/alloc.h"
#include "tree_sitter/parser.h"

enum { NEWLINE, OPEN, TEXT_START, TEXT_CONTENT, UNCLOSED_TEXT, UNCLOSED_BLOCK, UNCLOSED_GROUP, RECOVERING };

typedef struct {
  // Whether the text that was opened last has its closing quotes.
  bool text_is_closed;
  // Whether the last line end has ended all blocks around it.
  bool blocks_ended;
} Scanner;

// How many tokens a closing bracket is looked for. Behind them, it is taken to be there.
enum { FAR = 1 << 11 };

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\r'; }

// Top-level statements and comments start like this at column one.
static bool starts_statement(int32_t c) { return c == '#' || (c >= 'a' && c <= 'z'); }

static bool ends_path(int32_t c) {
  switch (c) {
    case ' ': case '\n': case ',': case ';': case '>': case '<': case ')': case '(': case '"': case '|':
    case '\t': case '\r':
      return true;
    default:
      return false;
  }
}

static bool ends_word(int32_t c) { return c == ':' || c == '=' || ends_path(c); }

// Moves behind `"""`, if that comes next.
static bool three_quotes(TSLexer *lexer) {
  for (int i = 0; i < 3; i++) {
    if (lexer->lookahead != '"') return false;
    advance(lexer);
  }
  return true;
}

// Moves behind a string of one line, whose opening quote was passed.
static void skip_string(TSLexer *lexer) {
  while (!lexer->eof(lexer) && lexer->lookahead != '\n') {
    bool last = lexer->lookahead == '"';
    bool escape = lexer->lookahead == '\\';
    advance(lexer);
    if (last) return;
    if (escape && !lexer->eof(lexer) && lexer->lookahead != '\n') advance(lexer);
  }
}

// Moves behind the quotes that close a text, if there are any.
static bool skip_text(TSLexer *lexer) {
  while (!lexer->eof(lexer)) {
    if (lexer->lookahead != '"') {
      advance(lexer);
    } else if (three_quotes(lexer)) {
      return true;
    }
  }
  return false;
}

// Moves behind a string or a text.
static void skip_quoted(TSLexer *lexer) {
  advance(lexer);
  if (lexer->lookahead != '"') {
    skip_string(lexer);
    return;
  }
  advance(lexer);
  if (lexer->lookahead != '"') return;
  advance(lexer);
  skip_text(lexer);
}

// Whether the innermost block (or group) is closed further on.
static bool is_closed(TSLexer *lexer, bool group) {
  unsigned depth = 1;
  for (unsigned steps = 0; steps < FAR; steps++) {
    if (lexer->eof(lexer)) return false;
    int32_t c = lexer->lookahead;
    switch (c) {
      case '#':
        while (!lexer->eof(lexer) && lexer->lookahead != '\n') advance(lexer);
        break;
      case '"':
        skip_quoted(lexer);
        break;
      case '~':
        advance(lexer);
        if (lexer->lookahead == '"') {
          advance(lexer);
          skip_string(lexer);
        }
        break;
      case '(':
        advance(lexer);
        if (group) depth++;
        break;
      case ')':
        advance(lexer);
        if (group && --depth == 0) return true;
        break;
      case '<':
      case '>':
        advance(lexer);
        if (lexer->lookahead == '=') {
          advance(lexer);
        } else if (group) {
          return false;
        } else if (c == '<') {
          depth++;
        } else if (--depth == 0) {
          return true;
        }
        break;
      case ';':
        advance(lexer);
        if (group) return false;
        break;
      case '-':
      case '=':
        // Arrows of other languages close nothing.
        advance(lexer);
        if (lexer->lookahead == '>') {
          advance(lexer);
          break;
        }
        if (c == '=') break;
        while (!lexer->eof(lexer) && !ends_word(lexer->lookahead)) advance(lexer);
        break;
      case '/':
        while (!lexer->eof(lexer) && !ends_path(lexer->lookahead)) advance(lexer);
        break;
      default:
        advance(lexer);
        if (ends_word(c)) break;
        while (!lexer->eof(lexer) && !ends_word(lexer->lookahead)) advance(lexer);
    }
  }
  return true;
}

static bool is_letter(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_of_name(int32_t c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

// Moves over a `$` and what belongs to it; true if it was `${name}`. `$${` stands for `${` itself.
static bool hole(TSLexer *lexer) {
  advance(lexer);
  if (lexer->lookahead == '$') {
    while (lexer->lookahead == '$') advance(lexer);
    if (lexer->lookahead == '{') advance(lexer);
    return false;
  }
  if (lexer->lookahead != '{') return false;
  advance(lexer);
  if (!is_letter(lexer->lookahead)) return false;
  while (is_of_name(lexer->lookahead)) advance(lexer);
  return lexer->lookahead == '}';
}

// What stands in a text, up to `"""` or `${name}`. A text that is never closed ends above the next statement.
static bool scan_text(TSLexer *lexer, bool closed) {
  bool some = false;
  lexer->result_symbol = TEXT_CONTENT;
  for (; !lexer->eof(lexer); some = true) {
    int32_t c = lexer->lookahead;
    lexer->mark_end(lexer);
    if (c == '"') {
      if (three_quotes(lexer)) return some;
    } else if (c == '$') {
      if (hole(lexer)) return some;
    } else {
      advance(lexer);
      if (!closed && c == '\n' && starts_statement(lexer->lookahead)) {
        if (!some) lexer->result_symbol = UNCLOSED_TEXT;
        return true;
      }
    }
  }
  lexer->mark_end(lexer);
  if (!some) lexer->result_symbol = UNCLOSED_TEXT;
  return true;
}

static bool scan_text_start(Scanner *scanner, TSLexer *lexer) {
  if (!three_quotes(lexer)) return false;
  lexer->mark_end(lexer);
  lexer->result_symbol = TEXT_START;
  scanner->text_is_closed = skip_text(lexer);
  return true;
}

static bool scan(Scanner *scanner, TSLexer *lexer, const bool *valid) {
  bool recovering = valid[RECOVERING];
  if (valid[TEXT_CONTENT] && !recovering) return scan_text(lexer, scanner->text_is_closed);

  // A line end found that the blocks around it have ended.
  if (scanner->blocks_ended && valid[UNCLOSED_BLOCK] && !recovering) {
    lexer->result_symbol = UNCLOSED_BLOCK;
    return true;
  }

  while (is_blank(lexer->lookahead)) lexer->advance(lexer, true);
  if (lexer->lookahead == '\n' && valid[NEWLINE]) {
    bool column_one = false;
    while (lexer->lookahead == '\n' || is_blank(lexer->lookahead)) {
      column_one = lexer->lookahead == '\n';
      advance(lexer);
    }
    lexer->mark_end(lexer);
    lexer->result_symbol = NEWLINE;
    // A statement at column one inside of a block that is never closed.
    scanner->blocks_ended = column_one && valid[UNCLOSED_BLOCK] && !recovering &&
                            starts_statement(lexer->lookahead) && !is_closed(lexer, false);
    return true;
  }

  // In a group and behind a comma, a line end is a blank. What is unclosed has ended above it.
  lexer->mark_end(lexer);
  bool column_one = false;
  while (lexer->lookahead == '\n' || is_blank(lexer->lookahead)) {
    column_one = lexer->lookahead == '\n';
    lexer->advance(lexer, true);
  }
  if (lexer->lookahead == '"' && valid[TEXT_START]) return scan_text_start(scanner, lexer);
  if (lexer->lookahead == '<' && valid[OPEN]) {
    advance(lexer);
    if (lexer->lookahead == '=') return false;
    lexer->mark_end(lexer);
    lexer->result_symbol = OPEN;
    scanner->blocks_ended = false;
    return true;
  }
  if (recovering) return false;
  if (lexer->eof(lexer) && (valid[UNCLOSED_BLOCK] || valid[UNCLOSED_GROUP])) {
    lexer->result_symbol = valid[UNCLOSED_GROUP] ? UNCLOSED_GROUP : UNCLOSED_BLOCK;
    return true;
  }
  // A statement at column one inside of a group that is never closed: the group has ended.
  if (valid[UNCLOSED_GROUP] && column_one && starts_statement(lexer->lookahead)) {
    lexer->result_symbol = UNCLOSED_GROUP;
    return !is_closed(lexer, true);
  }
  return false;
}

void *tree_sitter_mesh_external_scanner_create(void) { return ts_calloc(1, sizeof(Scanner)); }

void tree_sitter_mesh_external_scanner_destroy(void *payload) { ts_free(payload); }

unsigned tree_sitter_mesh_external_scanner_serialize(void *payload, char *buffer) {
  Scanner *scanner = payload;
  buffer[0] = (char)scanner->text_is_closed;
  buffer[1] = (char)scanner->blocks_ended;
  return 2;
}

void tree_sitter_mesh_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  Scanner *scanner = payload;
  scanner->text_is_closed = length == 2 && buffer[0];
  scanner->blocks_ended = length == 2 && buffer[1];
}

bool tree_sitter_mesh_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  return scan(payload, lexer, valid);
}
