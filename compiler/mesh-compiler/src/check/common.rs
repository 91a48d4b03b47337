//! What every statement that makes an object takes: labels, annotations, export, ignore.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::host::{is_label_key, is_label_value};

use super::Checker;
use crate::clause::Clauses;
use crate::model::{Common, Ignore, Pair};
use crate::operand::{Arg, Value};

impl<'t, 'a> Checker<'t, 'a> {
    /// The common clauses among others.
    pub(super) fn common(&mut self, clauses: &Clauses<'t, 'a>, statement: Span) -> Common<'a> {
        let mut common = self.plain_common(clauses, statement);
        self.reserved(&mut common.annotations);
        common
    }

    /// The common clauses of a statement that writes an object out: its annotations are its own.
    pub(super) fn plain_common(&mut self, clauses: &Clauses<'t, 'a>, statement: Span) -> Common<'a> {
        let mut common = Common::default();
        for clause in &clauses.list {
            match clause.name() {
                "label" => self.pairs(clause.args.list("labels"), &mut common.labels, true),
                "annotation" => {
                    self.pairs(clause.args.list("labels"), &mut common.annotations, false);
                }
                "export" => {
                    let places: Vec<&str> = clause.args.list("places").iter().map(Arg::word).collect();
                    if let Some(lone) = places
                        .iter()
                        .find(|place| matches!(**place, "everywhere" | "nowhere"))
                        .filter(|_| places.len() > 1)
                    {
                        self.push(
                            Diagnostic::new(code::E0319, clause.span(), format!("`{lone}` stands alone"))
                                .label("beside other places"),
                        );
                    }
                    for arg in clause.args.list("places") {
                        if !matches!(arg.word(), "here" | "everywhere" | "nowhere") {
                            self.known_namespace(arg.word(), arg.span);
                        }
                    }
                    common.export = Some((places, clause.span()));
                }
                "ignore" => {
                    let finding = clause.args.get("finding").map_or("", |arg| arg.word());
                    self.mesh.ignores.push(Ignore { finding, statement, span: clause.span() });
                }
                _ => {}
            }
        }
        common
    }

    /// Takes out annotations that are Istio's own, and reports them.
    fn reserved(&mut self, annotations: &mut Vec<Pair<'a>>) {
        annotations.retain(|(key, _, span)| {
            let problem = if key == "istio.io/dry-run" {
                Diagnostic::new(code::E0305, *span, "whether a policy is enforced is said by a clause")
                    .label("would hold for every rule of the object")
                    .help("write `dry-run` in the `allow` or `deny` that it is about")
            } else if key.starts_with("internal.istio.io/") {
                Diagnostic::new(code::E0310, *span, format!("the annotation `{key}` is Istio's own"))
                    .label("reserved")
                    .note("Istio's webhook refuses objects that carry it")
            } else {
                return true;
            };
            self.diagnostics.push(problem);
            false
        });
    }

    /// Reports an `export` that Istio refuses for routes and traffic; `caller` is one that the rule is for.
    pub(super) fn exportable(&mut self, common: &Common<'a>, caller: Option<Span>) {
        let Some((places, span)) = &common.export else { return };
        if places.contains(&"nowhere") {
            self.diagnostics.push(
                Diagnostic::new(code::E0319, *span, "only services and externals can be exported nowhere")
                    .label("would hold for nobody")
                    .help("write `export here`, or leave the statement out"),
            );
        }
        if let (Some(caller), false) = (caller, places.as_slice() == ["here"]) {
            self.diagnostics.push(
                Diagnostic::new(code::E0319, *span, "settings for one caller are for its own namespace")
                    .label("exported further")
                    .also(caller, "for this caller only")
                    .help("leave `export` out"),
            );
        }
    }

    /// Labels or annotations; a key may stand once, and labels have the form that Kubernetes takes.
    pub(super) fn pairs(&mut self, args: &[Arg<'a>], into: &mut Vec<Pair<'a>>, labels: bool) {
        for arg in args {
            let Value::Pair(key, value) = &arg.value else { continue };
            if let Some((.., first)) = into.iter().find(|(old, ..)| old == key) {
                let problem = Diagnostic::new(code::E0306, arg.span, format!("`{key}` is said twice"));
                self.diagnostics.push(problem.label("again here").also(*first, "first here"));
                continue;
            }
            if !is_label_key(key) || (labels && !(is_label_value(value) && value.len() <= 63)) {
                let (what, rule) = if is_label_key(key) {
                    (value, "a label's value: letters, digits and inner `-`, `_`, `.`, 63 at most")
                } else {
                    (key, "a key: an optional domain and `/`, then letters, digits and inner `-`, `_`, `.`")
                };
                let problem = Diagnostic::new(code::E0211, arg.span, format!("Kubernetes would refuse `{what}`"));
                self.diagnostics.push(problem.label(rule));
                continue;
            }
            into.push((key.clone(), value.clone(), arg.span));
        }
    }
}
