//! What is found in a written-out program, brought back to where it was written.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, Diagnostics, FileId, Sources, Span, code};
use mesh_istio::Resource;
use rayon::prelude::*;

use super::Expansion;
use super::map::{Frame, What};
use super::write::{Use, Written};

impl Expansion {
    /// Where a place of the written-out program was written.
    pub fn origin(&self, span: Span) -> Span {
        match self.written(span.file) {
            Some((file, map)) => map.origin(span, &file.frames).0,
            None => span,
        }
    }

    /// Brings problems back. What is wrong in a profile is said once, however often it is taken in.
    pub fn trace(&self, diagnostics: Diagnostics, sources: &Sources) -> Diagnostics {
        if self.files.iter().all(Option::is_none) {
            return diagnostics;
        }
        let mut out: Vec<Diagnostic> = Vec::new();
        let mut seen: HashMap<(&'static str, Span, String), (usize, usize)> = HashMap::default();
        for diagnostic in diagnostics.into_iter() {
            // What is silenced in a profile may be found where it is taken in elsewhere.
            if diagnostic.code.id == code::IGNORED_NOTHING.id && self.is_in_profile(diagnostic.primary.span) {
                continue;
            }
            let taken_in = self.site(diagnostic.primary.span, sources).is_some();
            let traced = self.traced(diagnostic, sources);
            if taken_in {
                let key = (traced.code.id, traced.primary.span, traced.title.clone());
                if let Some((_, more)) = seen.get_mut(&key) {
                    *more += 1;
                    continue;
                }
                seen.insert(key, (out.len(), 0));
            }
            out.push(traced);
        }
        for (at, more) in seen.into_values().filter(|(_, more)| *more > 0) {
            let places = if more == 1 { "one more place".to_owned() } else { format!("{more} more places") };
            out[at].notes.push(format!("the same is found where the profile is taken in at {places}"));
        }
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend(out);
        diagnostics
    }

    /// Where the profile is taken in that a place of the program came from: by a line that is the reader's own.
    fn site(&self, span: Span, sources: &Sources) -> Option<Span> {
        let (file, map) = self.written(span.file)?;
        let (_, frame) = map.origin(span, &file.frames);
        let ours = |frame: &Frame| frame.what == What::Profile && !is_standard(sources, frame.site.file);
        file.frames.around(frame).find(ours).map(|frame| frame.site)
    }

    fn is_in_profile(&self, span: Span) -> bool {
        self.written(span.file).is_some_and(|(file, map)| {
            let (_, frame) = map.origin(span, &file.frames);
            file.frames.around(frame).any(|frame| frame.what == What::Profile)
        })
    }

    fn traced(&self, mut diagnostic: Diagnostic, sources: &Sources) -> Diagnostic {
        let site = self.site(diagnostic.primary.span, sources);
        let mut sites: Vec<Span> = Vec::new();
        for label in &mut diagnostic.secondary {
            sites.extend(self.site(label.span, sources).filter(|other| Some(*other) != site && !sites.contains(other)));
            label.span = self.origin(label.span);
        }
        for other in sites {
            diagnostic = diagnostic.also(other, "taken in here");
        }
        let Some((file, map)) = self.written(diagnostic.primary.span.file) else { return diagnostic };
        if let Some(fix) = &mut diagnostic.fix {
            let editable = |span: Span| {
                let (place, frame) = map.origin(span, &file.frames);
                // What stands behind a name may be right in another place.
                let behind_name = file.frames.around(frame).next().is_some_and(|frame| frame.what == What::Value);
                span.file == diagnostic.primary.span.file
                    && map.is_exact(span)
                    && !behind_name
                    && !is_standard(sources, place.file)
            };
            if fix.edits.iter().all(|edit| editable(edit.span)) {
                for edit in &mut fix.edits {
                    edit.span = map.origin(edit.span, &file.frames).0;
                }
            } else {
                // What is taken in is not edited as if it stood here.
                let title = std::mem::take(&mut fix.title);
                diagnostic.help.get_or_insert(title);
                diagnostic.fix = None;
            }
        }
        let (span, frame) = map.origin(diagnostic.primary.span, &file.frames);
        diagnostic.primary.span = span;
        let around: Vec<_> = file.frames.around(frame).collect();
        let ours = |frame: &&Frame| frame.what == What::Profile && !is_standard(sources, frame.site.file);
        if let Some(profile) = around.iter().find(ours) {
            if is_standard(sources, span.file) {
                // The library is not the reader's to mend: what they wrote comes first.
                let inside = std::mem::replace(&mut diagnostic.primary.span, profile.site);
                let text = std::mem::replace(&mut diagnostic.primary.text, "taken in here".to_owned());
                diagnostic = diagnostic.also(inside, text);
            } else if around[0].what == What::Value {
                diagnostic = diagnostic.also(around[0].site, "stands here");
            } else {
                diagnostic = diagnostic.also(profile.site, "taken in here");
            }
        } else if let Some(value) = around.last() {
            diagnostic = diagnostic.also(value.site, "stands here");
        }
        diagnostic
    }
}

fn is_standard(sources: &Sources, file: FileId) -> bool {
    (file.0 as usize) < sources.len() && {
        let source = sources.get(file);
        source.library && source.name.starts_with("std/")
    }
}

impl Expansion {
    /// Says of each resource what it has from profiles, and brings the places of its statements back.
    pub fn explain(&self, resources: &mut [Resource], sources: &Sources) {
        if self.files.iter().all(Option::is_none) {
            return;
        }
        resources.par_iter_mut().with_min_len(64).for_each(|resource| {
            let mut said: Vec<String> = Vec::new();
            for origin in &mut resource.origins {
                if let Some((file, _)) = self.written(origin.file) {
                    for used in file.uses_of(*origin) {
                        let text = used.said(sources);
                        if !said.contains(&text) {
                            said.push(text);
                        }
                    }
                }
                *origin = self.origin(*origin);
            }
            resource.reasons.extend(said);
        });
    }
}

impl Written {
    /// What was taken in for a statement: within it, or the statement itself.
    fn uses_of(&self, statement: Span) -> impl Iterator<Item = &Use> {
        let within = move |used: &&Use| used.top == statement.start;
        let first = self.uses.partition_point(|used| used.top < statement.start);
        let inside = self.uses[first..].iter().take_while(within);
        // What is around it is around the one that starts last before it, too.
        let before = self.uses.partition_point(|used| used.start <= statement.start).checked_sub(1);
        let outwards = std::iter::successors(before, |at| self.uses[*at].outer).map(|at| &self.uses[at]);
        let around = outwards.filter(move |used| used.top != statement.start && statement.end <= used.end);
        inside.chain(around)
    }
}

impl Use {
    fn said(&self, sources: &Sources) -> String {
        let source = sources.get(self.profile.file);
        let (line, _) = sources.line_column(self.profile.file, self.profile.start);
        let site = sources.get(self.site.file);
        let (place, _) = sources.line_column(self.site.file, self.site.start);
        let mut text = format!(
            "from the profile {} ({}:{line}), taken in at {}:{place}",
            &source.text[self.profile.range()],
            source.name,
            site.name
        );
        if !self.hidden.is_empty() {
            let names = |word: &String| if word.is_empty() { "destinations".to_owned() } else { format!("`{word}`") };
            let words: Vec<String> = self.hidden.iter().map(names).collect();
            let one = words.len() == 1 && !self.hidden[0].is_empty();
            let verb = if one { "is" } else { "are" };
            text.push_str(&format!("; its {} {verb} not taken, since that is written beside it", words.join(" and ")));
        }
        text
    }
}
