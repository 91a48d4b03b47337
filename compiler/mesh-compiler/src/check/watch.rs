//! `scrape` and `dashboard`: whose metrics, and what to look at.

use rustc_hash::FxHashMap as HashMap;
use std::borrow::Cow;
use std::collections::hash_map::Entry;

use mesh_diagnostics::{Diagnostic, Span, code};

use super::service::no_export;
use super::{Checker, Placed};
use crate::clause::{Clause, twice};
use crate::model::{Dashboard, Head, Scrape, Str, Subject, text};
use crate::operand::{Arg, Value};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn scrape(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Scrape);
        let head = self.head(statement, &clauses);
        let plain = self.mesh.settings.watching.plain;
        self.is_object(&head, plain, "a PodMonitor");
        let place = statement.clause.args.get("namespace").map(|arg| arg.word());
        if let (Some(plain), Some(place)) = (plain, statement.clause.args.get("namespace")) {
            self.push(no_object("`in`", place.span, plain));
        }
        let every =
            clauses.get("every").and_then(|clause| Some((clause.args.get("interval")?.millis(), clause.span())));
        let keep = any(clauses.all("keep"), "metrics", |arg| match &arg.value {
            Value::Pattern(pattern) => Some(pattern.regex()),
            _ => None,
        });
        let drop = any(clauses.all("drop-label"), "names", |arg| Some(arg.word().to_owned()));
        let merged = clauses.get("merged").map(Clause::span);
        for target in statement.clause.args.list("targets") {
            let Some(subject) = self.subject(target, head.namespace) else { continue };
            if matches!(subject, Subject::External(_) | Subject::Host(_)) {
                self.push(
                    Diagnostic::new(code::E0321, target.span, "`scrape` is for the proxies of the mesh")
                        .label("has no proxy")
                        .help("its callers' proxies count what is sent to it: `scrape namespace NS`"),
                );
                continue;
            }
            if let (Subject::Service(_), Some(ambient)) = (&subject, self.ambient_of(&subject)) {
                self.push(
                    Diagnostic::new(code::E0425, target.span, "the pods of this service have no proxy")
                        .label("in an ambient namespace")
                        .also(ambient, "said here")
                        .note("its waypoint counts requests, and ztunnel connections")
                        .help("write `scrape namespace NS` for the waypoint, `scrape mesh` for both"),
                );
                continue;
            }
            if let Subject::Service(id) = subject
                && let Some((_, machine)) = &self.mesh.services[id.0].vm
            {
                self.push(
                    Diagnostic::new(
                        code::E0321,
                        target.span,
                        "this service runs on machines, which Prometheus does not find by pods",
                    )
                    .label("has no pods")
                    .also(*machine, "on virtual machines")
                    .help("let Prometheus fetch port 15090 of the machines by its own configuration"),
                );
                continue;
            }
            // Gateways on one service, and that service itself, are one set of pods.
            let pods = self.workload_of(subject);
            // What a module says emits nothing.
            if !statement.site.emits {
                continue;
            }
            if let Some(first) = self.first("scrape", pods, target.span) {
                self.push(twice("scrape", target.span, first).note("what is fetched twice counts twice"));
                continue;
            }
            let (head, keep, drop) = (head.clone(), keep.clone(), drop.clone());
            self.mesh.scrapes.push(Scrape { head, place, subject, every, merged, keep, drop, span: target.span });
        }
    }

    pub(super) fn dashboard(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Dashboard);
        let head = self.head(statement, &clauses);
        let files = self.mesh.settings.watching.files;
        self.is_object(&head, files, "a dashboard");
        let place = statement.clause.args.get("namespace").map(|arg| arg.word());
        if let (Some(files), Some(place)) = (files, statement.clause.args.get("namespace")) {
            self.push(no_object("`in`", place.span, files));
        }
        let mut links = Vec::new();
        for clause in clauses.all("link") {
            let title = clause.args.get("title").map(|title| text(title).0);
            let address = self.web_address(clause.args.get("address"));
            links.extend(title.zip(address));
        }
        for target in statement.clause.args.list("targets") {
            let Some(subject) = self.subject(target, head.namespace) else { continue };
            match subject {
                Subject::Service(_) | Subject::Namespace(_) => {}
                Subject::ThisNamespace => {
                    self.push(
                        Diagnostic::new(code::E0215, target.span, "which namespace?")
                            .label("not known")
                            .note("metrics are told apart by the namespace of the service")
                            .help("write `dashboard namespace NS`, or `in NS` at the top of the file"),
                    );
                    continue;
                }
                _ => {
                    self.push(
                        Diagnostic::new(
                            code::E0321,
                            target.span,
                            "a dashboard shows a service, or those of a namespace",
                        )
                        .label("neither")
                        .help("name a service, or write `namespace NS`"),
                    );
                    continue;
                }
            }
            // What a module says emits nothing.
            if !statement.site.emits {
                continue;
            }
            if let Some(first) = self.first("dashboard", subject, target.span) {
                self.push(twice("dashboard", target.span, first));
                continue;
            }
            let (head, links) = (head.clone(), links.clone());
            self.mesh.dashboards.push(Dashboard { head, place, subject, links, span: target.span });
        }
    }

    /// Where a statement has been said of a subject before; the first time it is remembered.
    fn first(&mut self, word: &'static str, subject: Subject<'a>, span: Span) -> Option<Span> {
        match self.watched_places.entry((word, subject)) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                place.insert(span);
                None
            }
        }
    }

    /// Reports proxies whose metrics two statements fetch.
    pub(super) fn scraped_twice(&mut self) {
        let mesh = &self.mesh;
        let wide = mesh.scrapes.iter().filter(|scrape| matches!(scrape.subject, Subject::Namespace(_) | Subject::Mesh));
        let wide: HashMap<Subject<'a>, Span> = wide.map(|scrape| (scrape.subject, scrape.span)).collect();
        let mut problems = Vec::new();
        for inner in &mesh.scrapes {
            let place = match inner.subject {
                Subject::Service(id) => mesh.services[id.0].namespace,
                Subject::Gateway(id) => {
                    let gateway = &mesh.gateways[id.0];
                    gateway.workload.and_then(|id| mesh.services[id.0].namespace)
                }
                // Only the mesh is wider.
                Subject::Namespace(_) => None,
                _ => continue,
            };
            let around = place.and_then(|place| wide.get(&Subject::Namespace(place)));
            let Some(wider) = around.or(wide.get(&Subject::Mesh)) else { continue };
            problems.push(
                Diagnostic::new(code::SCRAPED_TWICE, inner.span, "the metrics of these proxies are fetched twice")
                    .label("once by this")
                    .also(*wider, "and once by this")
                    .note("each is a job of its own, so that sums count every request twice")
                    .help("keep one of the two"),
            );
        }
        self.diagnostics.extend(problems);
    }

    /// Reports what is said of an object where there is none.
    pub(super) fn is_object(&mut self, head: &Head<'a>, file: Option<Span>, what: &str) {
        if let Some((_, span)) = head.common.export {
            self.push(no_export(what, span));
        }
        let Some(file) = file else { return };
        let common = &head.common;
        let said = [("`label`", &common.labels), ("`annotation`", &common.annotations)];
        let mut problems: Vec<Diagnostic> =
            said.into_iter().filter_map(|(word, pairs)| Some(no_object(word, pairs.first()?.2, file))).collect();
        problems.extend(common.object.map(|(_, span)| no_object("`as`", span, file)));
        problems.extend(common.fields.iter().map(|field| no_object("`field`", field.span, file)));
        self.diagnostics.extend(problems);
    }

    /// An address that a browser can open, without a slash at the end.
    pub(super) fn web_address(&mut self, arg: Option<&Arg<'a>>) -> Option<Str<'a>> {
        let (address, span) = text(arg?);
        let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
        if rest.is_none_or(|rest| rest.is_empty() || rest.contains(char::is_whitespace)) {
            self.push(
                Diagnostic::new(code::E0310, span, "a browser could not open this address")
                    .label("no `https://` and host")
                    .help("write it whole, such as `\"https://kiali.example.com\"`"),
            );
            return None;
        }
        Some(match address {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches('/')),
            Cow::Owned(text) => Cow::Owned(text.trim_end_matches('/').to_owned()),
        })
    }
}

/// What all clauses of a word say, as one regular expression.
fn any<'c, 't: 'c, 'a: 't>(
    clauses: impl Iterator<Item = &'c Clause<'t, 'a>>,
    slot: &str,
    regex: impl Fn(&Arg<'a>) -> Option<String>,
) -> Option<(String, Span)> {
    let mut span = None;
    let mut parts: Vec<String> = Vec::new();
    for clause in clauses {
        span = span.or(Some(clause.span()));
        parts.extend(clause.args.list(slot).iter().filter_map(&regex));
    }
    span.filter(|_| !parts.is_empty()).map(|span| (parts.join("|"), span))
}

fn no_object(what: &str, span: Span, file: Span) -> Diagnostic {
    Diagnostic::new(code::E0319, span, format!("{what} is for an object of Kubernetes"))
        .label("there is none")
        .also(file, "becomes a file")
}
