//! Single-token mutations of the examples: a program that breaks gives one error, and its label is at the break.

use std::ops::Range;
use std::path::Path;

use libtest_mimic::Trial;
use mesh_compiler::Compilation;
use mesh_diagnostics::{Diagnostic, Severity};

use crate::program::{compiled, files, root, shown, yaml};
use crate::trial;

/// How many mutations are tried.
const COUNT: usize = 2000;

/// The share of breaking mutations that must give exactly one error at the right place, in per cent.
const WANTED: usize = 95;

pub fn trials() -> Vec<Trial> {
    let mut out = vec![trial("mutations::one_mistake_is_one_error_at_its_place", one_mistake_is_one_error)];
    for path in files(&root().join("tests/mutations"), ".mesh") {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        out.push(trial(format!("north_star::{name}"), move || north_star(&path)));
    }
    out
}

/// The four programs compile but for what is not lowered yet; that says so in one line, and the rest is checked
/// and lowered all the same.
fn north_star(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a program can be read");
    let (sources, compilation) = compiled(&text);
    let errors = new_errors(&compilation);
    assert!(errors.is_empty(), "{}", shown(&sources, &compilation));
    let planned = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.code.id == "E0390");
    assert!(planned.clone().all(|diagnostic| diagnostic.notes.is_empty() && diagnostic.help.is_none()));
    let bundle = format!("{}\n===\n{}", yaml(&compilation), shown(&sources, &compilation));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    crate::folders::snapshot(path.parent().expect("a program lies in a folder"), &name, &bundle);
}

fn one_mistake_is_one_error() {
    let programs: Vec<String> = files(&root().join("tests/mutations"), ".mesh")
        .into_iter()
        .map(|path| std::fs::read_to_string(path).expect("a program can be read"))
        .collect();
    assert_eq!(programs.len(), 4, "the four programs are under tests/mutations");
    let mut random = Random(0x5eed);
    let (mut broken, mut good) = (0, 0);
    let mut report = String::new();
    for at in 0..COUNT {
        let program = &programs[at % programs.len()];
        let tokens = tokens(program);
        let (text, place, what) = mutate(program, &tokens, &mut random);
        let (_, compilation) = compiled(&text);
        let errors = new_errors(&compilation);
        if errors.is_empty() {
            continue;
        }
        broken += 1;
        if errors.len() == 1 && touches(errors[0], &text, &place) {
            good += 1;
            continue;
        }
        let line = text[..place.start].matches('\n').count() + 1;
        let said: Vec<String> = errors
            .iter()
            .map(|error| {
                format!(
                    "{} at {}: {}",
                    error.code.id,
                    text[..error.primary.span.start as usize].matches('\n').count() + 1,
                    error.title
                )
            })
            .collect();
        report.push_str(&format!(
            "{what} in line {line} `{}`\n    {}\n",
            text.lines().nth(line - 1).unwrap_or(""),
            said.join("\n    ")
        ));
    }
    if std::env::var("MUTATIONS").is_ok() {
        eprintln!("{report}");
    }
    eprintln!("mutations: {COUNT} tried, {broken} break the program, {good} of these give one error at its place");
    assert!(good * 100 >= broken * WANTED, "{good} of {broken} is less than {WANTED}%:\n{report}");
}

/// The errors that the mutation brings: what is not compiled yet is an error of the unchanged programs too.
fn new_errors(compilation: &Compilation) -> Vec<&Diagnostic> {
    compilation.diagnostics.iter().filter(|d| d.severity() == Severity::Error && d.code.id != "E0390").collect()
}

/// True when a label or an edit of the error meets the mutated stretch, or stands right beside it with nothing
/// but blanks between.
fn touches(error: &Diagnostic, text: &str, place: &Range<usize>) -> bool {
    let start = text[..place.start].trim_end().len();
    let end = text.len() - text[place.end..].trim_start().len();
    let labels = std::iter::once(&error.primary).chain(&error.secondary).map(|label| label.span);
    let edits = error.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span));
    labels
        .chain(edits)
        .filter(|span| span.file.0 == 0)
        .any(|span| span.start as usize <= end && start <= span.end as usize)
}

/// Words, strings and signs, without comments.
pub fn tokens(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b' ' | b'\n' => at += 1,
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            b'"' => {
                at += 2 + text[at + 1..].find('"').expect("the programs have whole strings");
                out.push(start..at);
            }
            b'<' | b'>' | b'(' | b')' | b',' | b':' | b';' => {
                at += 1;
                out.push(start..at);
            }
            _ => {
                at += text[at..]
                    .find([' ', '\n', ',', ':', ';', '<', '>', '(', ')', '"'])
                    .unwrap_or(text.len() - at)
                    .max(1);
                out.push(start..at);
            }
        }
    }
    out
}

/// A mutated text, the stretch that was changed, and what was done.
pub fn mutate(text: &str, tokens: &[Range<usize>], random: &mut Random) -> (String, Range<usize>, String) {
    let index = random.below(tokens.len());
    let token = tokens[index].clone();
    let word = &text[token.clone()];
    let (replacement, what) = match random.below(5) {
        0 => (String::new(), format!("`{word}` deleted")),
        1 => (format!("{word} {word}"), format!("`{word}` doubled")),
        2 => {
            let other = &text[tokens[random.below(tokens.len())].clone()];
            (other.to_owned(), format!("`{word}` became `{other}`"))
        }
        3 => {
            let slip = slip(word, random);
            let what = format!("`{word}` became `{slip}`");
            (slip, what)
        }
        _ => {
            let other = &text[tokens[random.below(tokens.len())].clone()];
            (format!("{word} {other}"), format!("`{other}` put behind `{word}`"))
        }
    };
    let mutated = format!("{}{replacement}{}", &text[..token.start], &text[token.end..]);
    // Where something is missing, its neighbours are the place.
    let start = if replacement.is_empty() { tokens[index.saturating_sub(1)].start } else { token.start };
    let end = if replacement.is_empty() {
        tokens.get(index + 1).map_or(token.start, |next| next.end - (token.end - token.start))
    } else {
        token.start + replacement.len()
    };
    (mutated, start..end, what)
}

/// A slip of the fingers: a letter left out, doubled, or two swapped.
fn slip(word: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = random.below(letters.len());
    match random.below(3) {
        0 if letters.len() > 1 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        _ if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters.push('x'),
    }
    letters.into_iter().collect()
}

/// A small generator of numbers, the same in every run.
pub struct Random(pub u64);

impl Random {
    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
