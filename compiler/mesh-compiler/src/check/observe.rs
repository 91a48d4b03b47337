//! `observe`: access logs, traces and metrics.

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Object};

use super::service::no_export;
use super::{Checker, Placed};
use crate::clause::{Clause, Clauses, twice};
use crate::model::{About, Purpose, Subject};
use crate::operand::{Arg, Value};
use crate::vocabulary::Block;

/// The metric and the side that an override is for.
type Scope = (String, &'static str);

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn observe(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Observe);
        let head = self.head(statement, &clauses);
        if let Some((_, span)) = head.common.export {
            self.push(no_export("a Telemetry", span));
        }
        let span = statement.clause.span();
        let mut body = Object::new(span);
        body.put_list("tracing", self.tracing(&clauses, span).into_iter().collect());
        body.put_list("metrics", self.metrics(&clauses, span).into_iter().collect());
        body.put_list("accessLogging", self.access_log(&clauses).into_iter().collect());
        if body.is_empty() && head.common.fields.is_empty() {
            if !clauses.poisoned {
                self.push(
                    Diagnostic::new(code::E0307, span, "`observe` says nothing")
                        .label("nothing is watched")
                        .help("write `access-log`, `trace 5%` or `metrics every 5s`"),
                );
            }
            return;
        }
        for target in statement.clause.args.list("targets") {
            let Some(subject) = self.workload_target(statement, target, &head) else { continue };
            if let (Subject::Gateway(_), Some(server)) = (subject, server_side(&clauses)) {
                self.push(
                    Diagnostic::new(code::E0319, server, "a gateway is the client of every call it hands on")
                        .label("nothing is reported there")
                        .also(target.span, "a gateway")
                        .help("write `at client`, or leave it out"),
                );
                continue;
            }
            let about = About {
                head: head.clone(),
                kind: Kind::Telemetry,
                subject: Some(subject),
                name: None,
                body: body.clone(),
            };
            if statement.site.emits {
                self.unite_observed(about, subject);
            }
        }
    }

    /// All that is said of a target is one Telemetry; the same section twice is an error.
    fn unite_observed(&mut self, new: About<'a>, subject: Subject<'a>) {
        let key = self.workload_of(subject);
        let Some(at) = self.observed_places.get(&key).copied() else {
            self.observed_places.insert(key, self.mesh.about.len());
            self.mesh.about.push(new);
            return;
        };
        let old = &mut self.mesh.about[at];
        old.head.common.labels.extend(new.head.common.labels);
        old.head.common.annotations.extend(new.head.common.annotations);
        old.head.common.fields.extend(new.head.common.fields);
        old.head.common.object = old.head.common.object.or(new.head.common.object);
        for (key, node) in new.body.iter() {
            match old.body.get(key) {
                Some(first) => {
                    let word = match key {
                        "tracing" => "trace",
                        "metrics" => "metrics",
                        _ => "access-log",
                    };
                    let problem = twice(word, node.span, first.span);
                    self.diagnostics.push(problem);
                }
                None => old.body.put(key.to_owned(), node.clone()),
            }
        }
    }

    /// The providers that a clause names.
    fn providers(&mut self, args: &[Arg<'a>], wanted: Purpose) -> Vec<Node> {
        let mut out = Vec::new();
        for arg in args {
            if self.provider(arg, wanted) {
                let mut provider = Object::new(arg.span);
                provider.set("name", arg.word());
                out.push(provider.node());
            }
        }
        out
    }

    fn tracing(&mut self, clauses: &Clauses<'t, 'a>, span: Span) -> Option<Node> {
        let mut tracing = Object::new(clauses.get("trace").map_or(span, Clause::span));
        if let Some(clause) = clauses.get("trace") {
            side(clause, &mut tracing);
            let providers = self.providers(clause.args.list("provider"), Purpose::Traces);
            tracing.put_list("providers", providers);
            if clause.args.word("off").is_some() {
                tracing.set("disableSpanReporting", true);
            }
            if let Some(share) = clause.args.get("share") {
                tracing.set_at("randomSamplingPercentage", f64::from(share.parts()) / 10_000.0, share.span);
            }
        }
        let mut tags = Object::new(span);
        for clause in clauses.all("tag") {
            let Some(name) = clause.args.get("name") else { continue };
            if let Some(first) = tags.get(name.word()) {
                let problem = twice(&format!("tag {}", name.word()), clause.span(), first.span);
                self.push(problem);
                continue;
            }
            tags.set_at(name.word().to_owned(), tag(clause), clause.span());
        }
        tracing.put_object("customTags", tags);
        (!tracing.is_empty()).then(|| tracing.node())
    }

    fn access_log(&mut self, clauses: &Clauses<'t, 'a>) -> Option<Node> {
        let clause = clauses.get("access-log")?;
        let mut log = Object::new(clause.span());
        side(clause, &mut log);
        let providers = self.providers(clause.args.list("providers"), Purpose::Logs);
        log.put_list("providers", providers);
        if clause.args.word("off").is_some() {
            log.set("disabled", true);
        }
        if let Some(filter) = clause.args.get("filter") {
            let mut object = Object::new(filter.span);
            object.set("expression", filter.str());
            if log.get("providers").is_none() {
                self.push(
                    Diagnostic::new(code::UNFILTERED_LOG, filter.span, "every request is logged, whatever this says")
                        .label("holds for named providers only")
                        .note("where no provider is named Istio logs by the default of the mesh, and does not look at the filter")
                        .help("name it: `access-log to PROVIDER when \"…\"`"),
                );
            }
            log.put_object("filter", object);
        }
        // An entry that says nothing more switches the log of the mesh's provider on.
        if log.is_empty() {
            log.set("disabled", false);
        }
        Some(log.node())
    }

    fn metrics(&mut self, clauses: &Clauses<'t, 'a>, span: Span) -> Option<Node> {
        let mut metrics = Object::new(clauses.get("metrics").map_or(span, Clause::span));
        if let Some(clause) = clauses.get("metrics") {
            let providers = self.providers(clause.args.list("providers"), Purpose::Metrics);
            metrics.put_list("providers", providers);
            if let Some(time) = clause.args.get("interval") {
                metrics.set_at("reportingInterval", time.word(), time.span);
            }
        }
        // One override for each metric and side, in the order in which they are first named.
        let mut places: HashMap<Scope, usize> = HashMap::default();
        let mut overrides: Vec<(Scope, Object)> = Vec::new();
        for clause in &clauses.list {
            if !matches!(clause.name(), "off" | "drop-tag" | "set-tag") {
                continue;
            }
            let scope = (metric(clause), side_of(clause));
            let at = *places.entry(scope.clone()).or_insert_with(|| {
                overrides.push((scope, Object::new(clause.span())));
                overrides.len() - 1
            });
            self.override_of(clause, &mut overrides[at].1);
        }
        // Istio goes through them in order, and what is said of all metrics replaces what was said of one.
        overrides.sort_by_key(|((metric, _), _)| metric != "all_metrics");
        let everything =
            overrides.iter().find(|((metric, _), object)| metric == "all_metrics" && object.get("disabled").is_some());
        if let Some(((_, side), all)) = everything
            && let Some((_, one)) =
                overrides.iter().find(|((metric, other), _)| metric != "all_metrics" && other == side)
        {
            let problem =
                Diagnostic::new(code::E0319, one.span(), "nothing is left to say of one metric where all are off")
                    .label("would be switched on again")
                    .also(all.span(), "all are off")
                    .help("keep one of them");
            self.push(problem);
        }
        let list = overrides.into_iter().map(|((metric, side), object)| {
            let mut whole = Object::new(object.span());
            let mut selector = Object::new(object.span());
            if let Some(own) = metric.strip_prefix('"') {
                selector.set("customMetric", own);
            } else if metric != "all_metrics" || side.is_empty() {
                selector.set("metric", metric.to_ascii_uppercase());
            }
            if !side.is_empty() {
                selector.set("mode", side);
            }
            whole.put_object("match", selector);
            whole.fill_from(&object);
            whole.node()
        });
        metrics.put_list("overrides", list.collect());
        (!metrics.is_empty()).then(|| metrics.node())
    }

    fn override_of(&mut self, clause: &Clause<'t, 'a>, object: &mut Object) {
        if clause.name() == "off" {
            if let Some(first) = object.get("disabled").map(|node| node.span) {
                let problem = twice("off", clause.span(), first);
                self.push(problem);
            }
            object.set_at("disabled", true, clause.span());
            return;
        }
        let names = clause.args.list("names").iter().chain(clause.args.get("name"));
        for name in names {
            let first = object.get("tagOverrides").and_then(|tags| tags.get(name.word())).map(|node| node.span);
            if let Some(first) = first {
                let problem = twice(&format!("{} {}", clause.name(), name.word()), name.span, first);
                self.push(problem);
                continue;
            }
            let mut tag = Object::new(name.span);
            match clause.args.get("value") {
                Some(value) => {
                    tag.set("operation", "UPSERT");
                    tag.set_at("value", value.str(), value.span);
                }
                None => tag.set("operation", "REMOVE"),
            }
            object.set_path(&["tagOverrides", name.word()], tag.node());
        }
    }
}

/// Where something is said of the server's side.
fn server_side(clauses: &Clauses<'_, '_>) -> Option<Span> {
    let server = |clause: &&Clause<'_, '_>| clause.args.get("side").is_some_and(|side| side.word() == "server");
    clauses.list.iter().find(server).map(Clause::span)
}

/// `at client`, `at server`
fn side_of(clause: &Clause<'_, '_>) -> &'static str {
    match clause.args.get("side").map(Arg::word) {
        Some("client") => "CLIENT",
        Some("server") => "SERVER",
        _ => "",
    }
}

fn side(clause: &Clause<'_, '_>, object: &mut Object) {
    let side = side_of(clause);
    if !side.is_empty() {
        let mut place = Object::new(clause.span());
        place.set("mode", side);
        object.put_object("match", place);
    }
}

/// The metric that an override names, one's own with a quote before it.
fn metric(clause: &Clause<'_, '_>) -> String {
    match clause.args.get("metric") {
        None => "all_metrics".to_owned(),
        Some(arg) => match &arg.value {
            Value::Text(own) => format!("\"{own}"),
            _ => arg.word().to_owned(),
        },
    }
}

fn tag(clause: &Clause<'_, '_>) -> Object {
    let args = &clause.args;
    let mut tag = Object::new(clause.span());
    let mut inner = Object::new(clause.span());
    let kind = if let Some(header) = args.get("header") {
        inner.set("name", header.word());
        "header"
    } else if let Some(variable) = args.get("variable") {
        inner.set("name", variable.word());
        "environment"
    } else {
        inner.set("value", args.get("value").map_or("", Arg::str));
        "literal"
    };
    inner.set_some("defaultValue", args.get("default").map(Arg::str));
    tag.put_object(kind, inner);
    tag
}
