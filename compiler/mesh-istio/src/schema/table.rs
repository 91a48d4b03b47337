//! The notation of the tables.
//!
//! A line is a field: one space for each level, its name, its type (`text`, `[]text` for a list, `{}text` for a map),
//! and attributes. `kind NAME GROUP` starts a kind. In `rules.txt` a line is `KINDS PATH ATTRIBUTES`: kinds joined by
//! `|`, and a path of field names; one that starts with `..` holds wherever a path ends like it.

use crate::kind::Kind;
use crate::release::Release;
use crate::schema::format::Format;
use crate::schema::{Field, Of, Pattern, Shape};

static TABLES: [&str; 4] = [
    include_str!("../../schema/istio.txt"),
    include_str!("../../schema/gateway-api.txt"),
    include_str!("../../schema/kubernetes.txt"),
    include_str!("../../schema/monitoring.txt"),
];

static RULES: &str = include_str!("../../schema/rules.txt");

fn blank(name: &'static str) -> Field {
    Field {
        name,
        shape: Shape::One,
        of: Of::Object,
        required: false,
        values: Vec::new(),
        since: None,
        bounds: (None, None),
        length: (None, None),
        size: (None, None),
        pattern: None,
        one: Vec::new(),
        exactly: Vec::new(),
        some: Vec::new(),
        unique: None,
        format: None,
        key_format: None,
        deprecated: None,
        unread: false,
        refused: false,
        children: Vec::new(),
    }
}

/// Reads the table of a kind.
pub(super) fn read(kind: Kind) -> Field {
    let mut stack: Vec<Field> = vec![blank(kind.name())];
    let head = format!("kind {} {}", kind.name(), kind.group());
    let lines = TABLES.iter().flat_map(|table| table.lines());
    let own = lines.skip_while(|line| *line != head.trim_end()).skip(1).take_while(|line| line.starts_with(' '));
    for line in own {
        let text = line.trim_start();
        fold(&mut stack, line.len() - text.len());
        stack.push(field(text));
    }
    fold(&mut stack, 1);
    let mut root = stack.pop().unwrap_or_else(|| blank(kind.name()));
    for (path, attributes) in rules(kind) {
        let found = overlay(&mut root, path, attributes);
        debug_assert!(found, "rules.txt: {} has no field `{path}`", kind.name());
    }
    root
}

/// Puts the fields that are deeper than `depth` below their parents.
fn fold(stack: &mut Vec<Field>, depth: usize) {
    while stack.len() > depth {
        if let (Some(done), Some(parent)) = (stack.pop(), stack.last_mut()) {
            parent.children.push(done);
        }
    }
}

fn rules(kind: Kind) -> impl Iterator<Item = (&'static str, &'static str)> {
    RULES.lines().filter_map(move |line| {
        let (kinds, rest) = line.split_once(' ').filter(|_| !line.starts_with('#'))?;
        let (path, attributes) = rest.trim_start().split_once(' ')?;
        kinds.split('|').any(|name| name == kind.name() && kind.is_istio()).then_some((path, attributes.trim_start()))
    })
}

/// Adds attributes to the fields that a path of `rules.txt` means; false where there is none.
fn overlay(root: &mut Field, path: &str, attributes: &'static str) -> bool {
    match path.strip_prefix("..") {
        Some(tail) => anywhere(root, &tail.split('.').collect::<Vec<_>>(), attributes),
        None => {
            let path: Vec<&str> = path.split('.').collect();
            exact(root, &path, attributes)
        }
    }
}

fn exact(field: &mut Field, path: &[&str], attributes: &'static str) -> bool {
    let Some((first, rest)) = path.split_first() else {
        for attribute in attributes.split_ascii_whitespace() {
            set(field, attribute);
        }
        return true;
    };
    let below = field.children.iter_mut().find(|child| child.name == *first);
    below.is_some_and(|child| exact(child, rest, attributes))
}

fn anywhere(field: &mut Field, path: &[&str], attributes: &'static str) -> bool {
    let mut found = exact(field, path, attributes);
    for child in &mut field.children {
        found |= anywhere(child, path, attributes);
    }
    found
}

fn field(text: &'static str) -> Field {
    let mut words = text.split_ascii_whitespace();
    let mut field = blank(words.next().unwrap_or_default());
    let of = words.next().unwrap_or_default();
    let (shape, of) = match (of.strip_prefix("[]"), of.strip_prefix("{}")) {
        (Some(of), _) => (Shape::List, of),
        (_, Some(of)) => (Shape::Map, of),
        _ => (Shape::One, of),
    };
    field.shape = shape;
    field.of = match of {
        "text" => Of::Text,
        "duration" => Of::Duration,
        "bool" => Of::Bool,
        "int" => Of::Int,
        "number" => Of::Number,
        "int-or-text" => Of::IntOrText,
        "any" => Of::Any,
        _ => Of::Object,
    };
    if field.of == Of::Duration {
        field.format = Format::named("duration");
    }
    for word in words {
        set(&mut field, word);
    }
    field
}

fn set(field: &mut Field, attribute: &'static str) {
    let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
    let number = || value.parse::<f64>().ok();
    let count = || value.parse::<u32>().ok();
    let fields = || value.split('|').collect::<Vec<_>>();
    match name.strip_prefix("each-").unwrap_or(name) {
        "required" => field.required = true,
        "since" => field.since = Release::parse(value),
        "min" => field.bounds.0 = number(),
        "max" => field.bounds.1 = number(),
        "int32" => field.bounds = (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        "min-length" => field.length.0 = count(),
        "max-length" => field.length.1 = count(),
        "min-items" | "min-keys" => field.size.0 = count(),
        "max-items" | "max-keys" => field.size.1 = count(),
        "pattern" => field.pattern = Some(Pattern::new(value)),
        "enum" => field.values = value.split('|').map(dated).collect(),
        "one" => field.one.push(fields()),
        "exactly" => field.exactly.push(fields()),
        "some" => field.some.push(fields()),
        "unique" => field.unique = Some(value),
        "deprecated" => field.deprecated = Some(value),
        "unread" => field.unread = true,
        "refused" => field.refused = true,
        // What the schema has as text is a duration.
        "time" => {
            field.of = Of::Duration;
            field.format = Format::named(value);
        }
        "key-format" => {
            field.key_format = Format::named(value);
            debug_assert!(field.key_format.is_some(), "there is no format `{value}`");
        }
        "format" => {
            field.format = Format::named(value);
            debug_assert!(field.format.is_some(), "there is no format `{value}`");
        }
        name => debug_assert!(false, "the notation has no attribute `{name}`"),
    }
}

/// A value and the release that added it: `WAYPOINT@1.29`.
fn dated(value: &'static str) -> (&'static str, Option<Release>) {
    match value.split_once('@') {
        Some((value, since)) => (value, Release::parse(since)),
        None => (value, None),
    }
}
