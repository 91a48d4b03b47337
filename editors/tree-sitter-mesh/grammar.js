/**
 * Mesh, a language for the configuration of service meshes.
 *
 * `grammar/mesh.pest` defines the syntax; this grammar reads the same texts into the same shape. As there,
 * `:` makes a pair, `,` a list and a space a phrase, and some faults are nodes (`junk`, `unclosed`), so that
 * the text around them keeps its shape.
 *
 * @license Apache-2.0
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

// What may begin a word, and what goes on with it. A dash begins a number only.
const FIRST = "a-z0-9A-Z*$.@_\\[-\\^{}+?!%-'`\\u{80}-\\u{FEFE}\\u{FF00}-\\u{10FFFF}";
const NEXT = "[^ \\n,:;><)(\"=|\\t\\r]";

module.exports = grammar({
  name: "mesh",

  // The scanner sees line ends where they end a statement; everywhere else they are blanks.
  extras: $ => [/[ \t\r\n]/, $.comment],

  externals: $ => [
    $._newline,
    $._open_block,
    $._text_start,
    $.text_content,
    $._unclosed_text,
    $._unclosed_block,
    $._unclosed_group,
    // Never used: valid only while an error is being recovered from.
    $._recovering,
  ],

  supertypes: $ => [$._operand],

  rules: {
    source_file: $ => optional($._body),

    // Three kinds of statements differ in what may follow. Behind a block nothing needs to; behind a comma a line
    // end does not end the statement.
    _body: $ => choice(
      seq($._run, optional(choice($._open, $._dangling))),
      choice($._open, $._dangling),
    ),
    _run: $ => repeat1(choice(
      $._newline,
      ";",
      alias($._closed, $.statement),
      seq($._open, choice($._newline, ";")),
      seq($._dangling, ";"),
    )),

    _closed: $ => seq(
      field("head", choice($.head, alias($._dangling_head, $.head))),
      field("block", $.block),
    ),
    _open: $ => alias($._bare_statement, $.statement),
    _dangling: $ => alias($._dangling_statement, $.statement),
    _bare_statement: $ => field("head", $.head),
    _dangling_statement: $ => field("head", alias($._dangling_head, $.head)),

    block: $ => seq(alias($._open_block, "<"), optional($._body), choice(">", alias($._unclosed_block, $.unclosed))),

    head: $ => $._phrase,
    _dangling_head: $ => seq(optional($._phrase), alias($._dangling_list, $.list)),

    _phrase: $ => repeat1(choice($._item, $.list)),
    list: $ => seq($._members, $._item),
    _dangling_list: $ => $._members,
    _members: $ => repeat1(seq($._item, ",")),

    _item: $ => choice($._operand, $.pair),
    // The value is missing where somebody is typing; the next line is not it.
    pair: $ => prec.right(seq(field("key", $._operand), ":", optional(field("value", $._operand)))),

    _operand: $ => choice($.bare, $.path, $.string, $.text, $.regex, $.group, $.equals, $.junk),

    group: $ => seq(
      "(",
      optional(choice($._phrase, $._dangling_head)),
      choice(")", alias($._unclosed_group, $.unclosed)),
    ),

    bare: _ => token(seq(choice(new RustRegex(`[${FIRST}]`), /-[0-9]/), new RustRegex(`${NEXT}*`))),
    path: _ => /\/[^ \n,;><)("|\t\r]*/,
    equals: _ => "=",
    junk: _ => choice("->", "=>", "==", ">=", "<=", "|", "~", "-"),

    string: $ => seq(
      '"',
      repeat(choice($.string_content, $.escape_sequence, $.interpolation)),
      token.immediate('"'),
    ),
    // `$${` stands for `${` itself; any other `${` may begin an interpolation. A piece ends at a dollar, so that it
    // can be told from a comment.
    string_content: _ => token.immediate(prec(1, choice(
      /[^"\\\n$]+/,
      /\$+([^"\\\n${][^"\\\n$]*)?/,
      /\$\$+\{[^"\\\n$]*/,
    ))),
    escape_sequence: _ => token.immediate(prec(1, /\\(u[0-9a-fA-F]{4}|[^\n])/)),
    interpolation: _ => token.immediate(prec(2, /\$\{[a-zA-Z][a-zA-Z0-9_-]*\}/)),

    // Raw: `\"` is its only escape.
    regex: $ => seq('~"', optional($.regex_content), token.immediate('"')),
    regex_content: _ => token.immediate(prec(1, /([^"\\\n]|\\[^\n])+/)),

    text: $ => seq(
      alias($._text_start, '"""'),
      repeat(choice($.text_content, $.interpolation)),
      choice(token.immediate('"""'), alias($._unclosed_text, $.unclosed)),
    ),

    comment: _ => /#([^\r\n]|\r+[^\r\n])*/,
  },
});
