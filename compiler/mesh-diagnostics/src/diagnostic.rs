//! A problem: its code, where it is, why it matters, and how to mend it.

use crate::codes::{Code, Severity};
use crate::source::{FileId, Sources, Span};

/// A place and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is wrong, or what stands, here; may be empty.
    pub text: String,
}

/// One change of text that a fix makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// What it becomes.
    pub text: String,
}

/// A change that mends a problem; `meshc check --fix` and editors apply it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as a command: "write `10s`".
    pub title: String,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// A problem in a program.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which problem it is.
    pub code: &'static Code,
    /// One line in lower case, true without the picture.
    pub title: String,
    /// Where it is: what is wrong here.
    pub primary: Label,
    /// Where the other half is.
    pub secondary: Vec<Label>,
    /// Why it is a problem and what it would do in the mesh.
    pub notes: Vec<String>,
    /// What to type.
    pub help: Option<String>,
    /// The same as an edit, where it can be made without asking.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A problem at `span`; the label under the span says what is wrong there.
    pub fn new(code: &'static Code, span: Span, title: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            title: title.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Says what is wrong at the primary place.
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// Adds another place.
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a sentence that gives the reason or the consequence.
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Says what to type.
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    /// Offers an edit of one place; without a help of its own the fix's title is the help.
    pub fn fix(self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.fix_all(title, vec![Edit { span, text: text.into() }])
    }

    /// Offers several edits that belong together.
    pub fn fix_all(mut self, title: impl Into<String>, edits: Vec<Edit>) -> Diagnostic {
        self.fix = Some(Fix { title: title.into(), edits });
        self
    }

    /// The same with its places moved.
    pub fn map_spans(mut self, moved: impl Fn(Span) -> Span) -> Diagnostic {
        for label in std::iter::once(&mut self.primary).chain(&mut self.secondary) {
            label.span = moved(label.span);
        }
        for edit in self.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = moved(edit.span);
        }
        self
    }

    /// How grave it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity
    }
}

/// The problems found so far.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// None yet.
    #[must_use]
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds the problems of another stage.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(other);
    }

    /// The problems in the order of the text; problems of the same place in the order of their codes.
    #[must_use]
    pub fn sorted(mut self) -> Diagnostics {
        self.list.sort_by(|a, b| (a.primary.span, a.code.id, &a.title).cmp(&(b.primary.span, b.code.id, &b.title)));
        self.list.dedup();
        self
    }

    /// Keeps the problems for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.list.retain(keep);
    }

    /// The problems.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many problems there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// True when nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many of a severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|d| d.severity() == severity).count()
    }

    /// True when the program cannot be built.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity() == Severity::Error)
    }

    /// The text of `file` with every fix applied that does not overlap an earlier one, or `None` where
    /// there is nothing to apply. The caller compiles the result and looks again.
    #[must_use]
    pub fn fixed(&self, sources: &Sources, file: FileId) -> Option<String> {
        let mut edits: Vec<&Edit> = Vec::new();
        for fix in self.list.iter().filter_map(|d| d.fix.as_ref()) {
            let here = fix.edits.iter().all(|edit| edit.span.file == file);
            let free = fix.edits.iter().all(|new| edits.iter().all(|old| !overlap(new.span, old.span)));
            if here && free {
                edits.extend(&fix.edits);
            }
        }
        if edits.is_empty() {
            return None;
        }
        edits.sort_by_key(|edit| edit.span);
        let text = &sources.get(file).text;
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for edit in edits {
            out.push_str(&text[at..edit.span.start as usize]);
            out.push_str(&edit.text);
            at = edit.span.end as usize;
        }
        out.push_str(&text[at..]);
        Some(out)
    }
}

/// Two edits overlap when they share a byte or insert at the same place.
fn overlap(a: Span, b: Span) -> bool {
    (a.start < b.end && b.start < a.end) || a.start == b.start
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}
