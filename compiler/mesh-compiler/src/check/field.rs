//! `field`: any field of the object of a block, by its path.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::schema::{self, Field, Of, Shape};
use mesh_istio::{Kind, Text};
use mesh_syntax::{OperandKind, Statement};

use super::typed::{Typed, unknown_field};
use super::{Checker, Site};
use crate::clause::{Clause, Clauses};
use crate::model::FieldSet;
use crate::operand::Reader;
use crate::suggest::{any_of, nearest};
use crate::vocabulary::Block;

/// The object that `field` is relative to: a kind, and the way from its `spec` to the object of the block.
pub(crate) type Base = (Kind, &'static [&'static str]);

/// The objects that one statement makes: some words in its block decide which.
pub(super) fn bases_of_statement(statement: Statement<'_, '_>) -> &'static [Base] {
    let says = |word: &str| statement.children().any(|inner| inner.keyword() == Some(word));
    match statement.keyword().unwrap_or_default() {
        "workload" if says("group") => &[(Kind::WorkloadGroup, &[])],
        "plugin" if says("lua") => &[(Kind::TrafficExtension, &[])],
        word => bases_of(word),
    }
}

/// The object that a path means: where a block has an object within its object, the first name tells.
fn home<'b>(bases: &'b [Base], path: &str) -> Option<&'b Base> {
    let first = bases.first()?;
    let mut own = bases.iter().filter(|base| base.0 == first.0);
    let found = own.clone().find(|base| starts(base, path));
    found.or_else(|| own.find(|base| nearly_starts(base, path))).or(Some(first))
}

/// True when a path starts with what may be a slip in a field of an object.
fn nearly_starts((kind, way): &Base, path: &str) -> bool {
    let first = path.split('.').next().unwrap_or(path);
    let body = schema::body(*kind).at(way.iter().copied());
    body.is_some_and(|field| nearest(first, field.children.iter().map(|child| child.name)).is_some())
}

/// True when a path starts with a field of an object.
fn starts((kind, way): &Base, path: &str) -> bool {
    let first = path.split('.').next().unwrap_or(path);
    schema::body(*kind).at(way.iter().copied()).is_some_and(|field| field.child(first).is_some())
}

/// The objects that a statement makes, the one first that `field` means without a kind.
pub(super) fn bases_of(statement: &str) -> &'static [Base] {
    match statement {
        "service" => &[(Kind::DestinationRule, &[]), (Kind::ServiceEntry, &[])],
        "external" => &[
            (Kind::ServiceEntry, &[]),
            (Kind::DestinationRule, &[]),
            (Kind::Gateway, &[]),
            (Kind::VirtualService, &[]),
        ],
        "workload" => &[(Kind::WorkloadEntry, &[])],
        "gateway" => &[(Kind::Gateway, &[])],
        "route" => &[(Kind::VirtualService, &[]), (Kind::VirtualService, &["http"])],
        "traffic" => &[(Kind::DestinationRule, &[]), (Kind::DestinationRule, &["trafficPolicy"])],
        "mtls" => &[(Kind::PeerAuthentication, &[])],
        "allow" | "deny" | "audit" | "authorize" => &[(Kind::AuthorizationPolicy, &[])],
        "jwt" => &[(Kind::RequestAuthentication, &[]), (Kind::AuthorizationPolicy, &[])],
        "scope" => &[(Kind::Sidecar, &[])],
        "observe" => &[(Kind::Telemetry, &[])],
        "slo" => &[(Kind::PrometheusRule, &[])],
        "scrape" => &[(Kind::PodMonitor, &[])],
        "plugin" => &[(Kind::WasmPlugin, &[])],
        "proxy" => &[(Kind::ProxyConfig, &[])],
        "envoy" => &[(Kind::EnvoyFilter, &[])],
        _ => &[],
    }
}

/// The objects that `field` may mean in a block, inside of a statement of a file.
pub(crate) fn bases_in(block: Block, statement: &str) -> &'static [Base] {
    match block {
        Block::Rule => &[(Kind::VirtualService, &["http"])],
        Block::Destination => &[(Kind::VirtualService, &["http", "route"])],
        Block::Cors => &[(Kind::VirtualService, &["http", "corsPolicy"])],
        Block::Listener => &[(Kind::Gateway, &["servers"])],
        Block::Issuer => &[(Kind::RequestAuthentication, &["jwtRules"])],
        Block::Version => &[(Kind::DestinationRule, &["subsets"])],
        Block::Layer => &[(Kind::DestinationRule, &["subsets"]), (Kind::DestinationRule, &["trafficPolicy"])],
        _ => bases_of(statement),
    }
}

impl<'t, 'a> Checker<'t, 'a> {
    /// The `field` clauses of a block.
    pub(super) fn fields(&mut self, site: Site<'t, 'a>, clauses: &Clauses<'t, 'a>, bases: &[Base]) -> Vec<FieldSet> {
        let mut out: Vec<FieldSet> = Vec::new();
        for clause in clauses.all("field") {
            let Some(set) = self.field(site, clause, bases) else { continue };
            let same =
                out.iter().find(|known| known.kind == set.kind && known.base == set.base && known.path == set.path);
            if let Some(first) = same.map(|known| known.span) {
                let path = set.path.join(".");
                self.push(crate::clause::twice(&format!("field {path}"), set.span, first));
                continue;
            }
            out.push(set);
        }
        out
    }

    fn field(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, bases: &[Base]) -> Option<FieldSet> {
        let items = &clause.statement.items()[1..];
        let equals = items.iter().position(|item| item.key.kind == OperandKind::Equals)?;
        let (before, values) = (&items[..equals], &items[equals + 1..]);
        let tree = site.tree;
        let path = before.last()?;
        let span = tree.span(path.key);
        let written = tree.slice(path.key).trim_matches('"');
        let base = match before {
            [kind, _] => self.base(tree.slice(kind.key), tree.span(kind.key), bases)?,
            _ => match home(bases, written) {
                Some(base) => *base,
                None => {
                    self.push(
                        Diagnostic::new(code::E0305, clause.span(), "this statement makes no object that has fields")
                            .label("no field to set"),
                    );
                    return None;
                }
            },
        };
        let start = schema::body(base.0).at(base.1.iter().copied())?;
        let (path, field) = self.follow(base.0, start, written, span)?;
        let reader = Reader { tree };
        let mut typed = Typed { reader, kind: base.0, problems: Vec::new() };
        let at = values
            .first()
            .zip(values.last())
            .map_or(span, |(first, last)| Span::new(span.file, first.key.start, last.end()));
        // A path that ends in the key of a map names one of its values.
        let by_key = Field { shape: Shape::One, ..field.0.clone() };
        let node = typed.values(values, if field.1 { &by_key } else { field.0 }, at);
        self.diagnostics.append(&mut typed.problems);
        Some(FieldSet { kind: base.0, base: base.1, path, node: node?, span })
    }

    fn base(&mut self, name: &str, span: Span, bases: &[Base]) -> Option<Base> {
        if let Some(base) = bases.iter().find(|(kind, _)| kind.name() == name) {
            return Some(*base);
        }
        let problem =
            Diagnostic::new(code::E0510, span, format!("this statement makes no {name}")).label("not one of its kinds");
        self.push(match bases {
            [] => problem,
            bases => {
                let mut names: Vec<&str> = bases.iter().map(|(kind, _)| kind.name()).collect();
                names.dedup();
                problem.help(format!("there is {}", any_of(names)))
            }
        });
        None
    }

    /// The field at the end of a path, and whether the path ends in the key of a map.
    fn follow<'f>(
        &mut self,
        kind: Kind,
        start: &'f Field,
        written: &str,
        span: Span,
    ) -> Option<(Vec<Text>, (&'f Field, bool))> {
        let mut path: Vec<Text> = Vec::new();
        let mut field = start;
        let mut by_key = false;
        let mut rest = written;
        let mut offset = span.end - span.start - written.len() as u32;
        // A path in quotes ends before its quote.
        offset /= 2;
        while !rest.is_empty() {
            let (name, tail) = rest.split_once('.').unwrap_or((rest, ""));
            let at = Span::new(span.file, span.start + offset, span.start + offset + name.len() as u32);
            let descends = field.shape == Shape::One || by_key || std::ptr::eq(field, start);
            if name.contains('[') || (!descends && field.shape == Shape::List) {
                self.push(
                    Diagnostic::new(code::E0501, at, format!("`{}` is a list, and a path has no indices", field.name))
                        .label("a member of the list?")
                        .help("write `field` in the block that makes the member, or set the whole list: `= (a, b)`"),
                );
                return None;
            }
            if !descends && field.shape == Shape::Map {
                let whole = if field.of == Of::Object { name } else { rest };
                path.push(whole.into());
                by_key = true;
                offset += whole.len() as u32 + 1;
                rest = rest.get(whole.len() + 1..).unwrap_or("");
                continue;
            }
            if field.of == Of::Any {
                self.push(
                    Diagnostic::new(code::E0501, at, format!("`{}` is free-form: it is set as a whole", field.name))
                        .label("not known to the schema")
                        .help("write the value as YAML in quotes"),
                );
                return None;
            }
            let Some(child) = field.child(name) else {
                self.push(unknown_field(kind, name, at, field));
                return None;
            };
            path.push(child.name.into());
            field = child;
            by_key = false;
            offset += name.len() as u32 + 1;
            rest = tail;
        }
        Some((path, (field, by_key)))
    }
}
