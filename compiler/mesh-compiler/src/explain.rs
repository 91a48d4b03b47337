//! Pages about codes, words, fields of Istio and modules.

mod word;

use mesh_diagnostics::code_named;
use mesh_istio::schema::{self, Field, Shape};
use mesh_istio::{Kind, Release};

use crate::modules::library;
use crate::suggest::nearest;
use crate::vocabulary::{Block, entries_of, paths};

/// The page of a code, a word, a field of Istio or a module of the library; nothing where the text names none of them.
#[must_use]
pub fn page(topic: &str) -> Option<String> {
    if let Some(code) = code_named(topic) {
        return Some(code.page.to_owned());
    }
    let pages: Vec<String> = entries_of(topic).filter(|word| !word.entry.word.is_empty()).map(word::page).collect();
    if !pages.is_empty() {
        return Some(pages.join("\n"));
    }
    field(topic).or_else(|| library(topic).map(str::to_owned))
}

/// What a field's value is, with its article.
#[must_use]
pub fn type_of(field: &Field) -> String {
    crate::check::described(field)
}

/// The objects whose fields `field` sets in a block, inside of a statement of a file: each kind, and the way from its body
/// to the object. The first one is meant where no kind is said.
#[must_use]
pub fn objects(block: Block, statement: &str) -> Vec<(Kind, &'static Field)> {
    let bases = crate::check::field::bases_in(block, statement).iter();
    bases.filter_map(|(kind, way)| Some((*kind, schema::body(*kind).at(way.iter().copied())?))).collect()
}

/// The page of a field, or of a kind: `spec.http.retries`, `VirtualService.spec.http`, `Telemetry`. Nothing where the
/// text names neither.
#[must_use]
pub fn field(text: &str) -> Option<String> {
    let clean = text.replace("[]", "").replace(".*", "").replace(' ', ".");
    let mut names: Vec<&str> = clean.split('.').filter(|name| !name.is_empty()).collect();
    let kinds: Vec<Kind> = match names.first().and_then(|name| Kind::named(name)) {
        Some(kind) => {
            names.remove(0);
            Kind::all().filter(|other| other.name() == kind.name()).collect()
        }
        None => Kind::all().collect(),
    };
    if names.is_empty() && kinds.len() > 2 {
        return None;
    }
    let found = kinds.iter().filter_map(|kind| Some((*kind, schema::of(*kind).at(names.iter().copied())?)));
    let pages: Vec<String> = found.map(|(kind, field)| field_page(kind, &names, field)).collect();
    (!pages.is_empty()).then(|| pages.join("\n"))
}

/// The field that a path with a slip in its last name may mean.
#[must_use]
pub fn near_field(text: &str) -> Option<String> {
    let clean = text.replace("[]", "").replace(' ', ".");
    let (rest, last) = clean.rsplit_once('.')?;
    let mut names: Vec<&str> = rest.split('.').collect();
    let kind = names.first().and_then(|name| Kind::named(name));
    if kind.is_some() {
        names.remove(0);
    }
    let kinds = kind.map_or_else(|| Kind::all().collect(), |kind| vec![kind]);
    kinds.iter().find_map(|kind| {
        let field = schema::of(*kind).at(names.iter().copied())?;
        let near = nearest(last, field.children.iter().map(|child| child.name))?;
        Some(format!("{rest}.{near}"))
    })
}

/// A path as Kubernetes writes it, with the marks of lists and maps.
fn marked(kind: Kind, names: &[&str]) -> String {
    let mut field = schema::of(kind);
    let mut out = String::new();
    for (at, name) in names.iter().enumerate() {
        let Some(child) = field.child(name) else { break };
        if at > 0 {
            out.push('.');
        }
        out.push_str(name);
        if at + 1 < names.len() {
            out.push_str(match child.shape {
                Shape::One => "",
                Shape::List => "[]",
                Shape::Map => ".*",
            });
        }
        field = child;
    }
    out
}

fn field_page(kind: Kind, names: &[&str], field: &Field) -> String {
    let path = marked(kind, names);
    let mut out = format!("{} {path}", kind.name()).trim_end().to_owned();
    out.push('\n');
    let mut line = |name: &str, text: &str| out.push_str(&format!("    {name:<14}{text}\n"));
    if names.is_empty() {
        line("group", if kind.group().is_empty() { "Kubernetes" } else { kind.group() });
        if let Some(since) = kind.since() {
            line("since", &format!("Istio {since}"));
        }
    } else {
        line("value", &type_of(field));
        if let Some(format) = field.format {
            line("takes", format.valid());
        }
        match field.bounds {
            (Some(least), Some(most)) => line("bounds", &format!("{least} to {most}")),
            (Some(least), None) => line("bounds", &format!("{least} or more")),
            _ => {}
        }
        if let Some(since) = field.since {
            line("since", &format!("Istio {since}; {} lacks it", earlier(since)));
        }
        if let Some(instead) = field.deprecated {
            line("deprecated", &format!("set `{instead}`"));
        }
        if field.unread {
            line("unread", "Istio accepts it and never reads it");
        }
        if field.refused {
            line("refused", "Istio has it in its schema and refuses it");
        }
    }
    let full = format!("{} {path}", kind.name());
    let below = |known: &str| {
        known.strip_prefix(full.trim_end()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', ' ']))
    };
    let mut seen: Vec<String> = Vec::new();
    for (word, block) in paths().iter().filter(|known| below(known.path)).flat_map(|known| &known.clauses) {
        let name =
            if word.entry.word.is_empty() { "a destination".to_owned() } else { format!("`{}`", word.entry.word) };
        let place = if *block == Block::File { String::new() } else { format!(" in {}", block.name()) };
        let text = format!("{name}{place}: {}", word.entry.example);
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    for (at, text) in seen.iter().take(12).enumerate() {
        line(if at == 0 { "clause" } else { "" }, text);
    }
    if seen.len() > 12 {
        line("", &format!("and {} more", seen.len() - 12));
    }
    if seen.is_empty() && !names.is_empty() && !field.refused {
        line("clause", &format!("none: write `field`, or `resource {} NAME < … >`", kind.reference()));
    }
    let inner: Vec<&str> = field.children.iter().map(|child| child.name).collect();
    if !inner.is_empty() {
        line("below", &inner.join(", "));
    }
    out
}

/// The release before one.
fn earlier(release: Release) -> Release {
    Release(release.0, release.1.saturating_sub(1))
}
