//! Problems of an earlier text at their places in the text as it is.

use std::collections::HashMap;

use mesh_diagnostics::{Diagnostic, FileId, Sources, Span};

/// What has changed between two states of sources.
pub struct Changes<'s> {
    earlier: &'s Sources,
    now: &'s Sources,
    of_file: HashMap<FileId, Option<Change>>,
}

/// What has changed in a file: everything between what stands before and behind it.
#[derive(Clone, Copy)]
struct Change {
    file: FileId,
    /// Where it begins, and where it ends in the earlier text.
    start: u32,
    end: u32,
    /// By how much longer the text is.
    longer: i64,
}

impl<'s> Changes<'s> {
    pub fn new(earlier: &'s Sources, now: &'s Sources) -> Changes<'s> {
        Changes { earlier, now, of_file: HashMap::new() }
    }

    /// A problem of the earlier text in the text as it is; nothing where its place has changed.
    pub fn moved(&mut self, problem: &Diagnostic) -> Option<Diagnostic> {
        self.place(problem.primary.span)?;
        let mut moved = problem.clone();
        moved.secondary.retain(|label| self.place(label.span).is_some());
        // A fix of which a part is gone is none.
        moved.fix = moved.fix.filter(|fix| fix.edits.iter().all(|edit| self.place(edit.span).is_some()));
        let changes = &self.of_file;
        let place = |span: Span| changes.get(&span.file).copied().flatten().and_then(|change| change.shifted(span));
        Some(moved.map_spans(|span| place(span).unwrap_or(span)))
    }

    fn place(&mut self, span: Span) -> Option<Span> {
        let (earlier, now) = (self.earlier, self.now);
        let change = self.of_file.entry(span.file).or_insert_with(|| change(span.file, earlier, now));
        change.and_then(|change| change.shifted(span))
    }
}

fn change(file: FileId, earlier: &Sources, now: &Sources) -> Option<Change> {
    let old = earlier.get(file);
    let (file, new) = now.iter().find(|(_, source)| source.name == old.name)?;
    let (old, new) = (old.text.as_bytes(), new.text.as_bytes());
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let limit = old.len().min(new.len()) - same;
    let behind = old.iter().rev().zip(new.iter().rev()).take(limit).take_while(|(a, b)| a == b).count();
    let longer = new.len() as i64 - old.len() as i64;
    Some(Change { file, start: same as u32, end: (old.len() - behind) as u32, longer })
}

impl Change {
    fn shifted(self, span: Span) -> Option<Span> {
        if span.end <= self.start {
            return Some(Span { file: self.file, ..span });
        }
        let shift = |at: u32| (i64::from(at) + self.longer) as u32;
        (span.start >= self.end).then(|| Span::new(self.file, shift(span.start), shift(span.end)))
    }
}

#[cfg(test)]
mod tests {
    use mesh_diagnostics::code;

    use super::*;

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::new();
        sources.add("a.mesh", text.to_owned());
        sources
    }

    #[test]
    fn a_place_moves_with_its_text() {
        let earlier = sources("let a = 1\nlet b = 2\n");
        let at = |from: u32, to: u32, now: &str| {
            let problem = Diagnostic::new(code::UNUSED_NAME, Span::new(FileId(0), from, to), "x");
            Changes::new(&earlier, &sources(now))
                .moved(&problem)
                .map(|problem| (problem.primary.span.start, problem.primary.span.end))
        };
        assert_eq!(at(4, 5, "let a = 100\nlet b = 2\n"), Some((4, 5)));
        assert_eq!(at(14, 15, "let a = 100\nlet b = 2\n"), Some((16, 17)));
        assert_eq!(at(14, 15, "let a\nlet b = 2\n"), Some((10, 11)));
        assert_eq!(at(8, 9, "let a = 3\nlet b = 2\n"), None);
    }
}
