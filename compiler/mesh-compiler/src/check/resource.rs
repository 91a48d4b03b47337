//! `resource`: any object, field by field.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::{Kind, schema};

use super::typed::Typed;
use super::{Checker, Placed};
use crate::clause::Clauses;
use crate::model::{Head, Written};
use crate::operand::Reader;
use crate::suggest::{all_of, nearest};
use crate::vocabulary::Block;

/// The clauses that every object takes, which no kind has a field of the name of.
const COMMON: [&str; 3] = ["label", "annotation", "ignore"];

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn resource(&mut self, statement: &Placed<'t, 'a>) {
        let args = &statement.clause.args;
        let (Some(kind), Some(name)) = (args.get("kind"), args.get("name")) else { return };
        let known = Kind::named(kind.word());
        let body = statement.clause.statement;
        let (common, fields): (Vec<_>, Vec<_>) =
            body.children().partition(|inner| inner.keyword().is_some_and(|word| COMMON.contains(&word)));
        let clauses: Clauses<'t, 'a> = self.walk(statement.site.tree).clauses(common.into_iter(), Block::Resource);
        let mut head: Head<'a> = self.head(statement, &clauses);
        let Some(kind_of) = known else {
            let span = kind.span;
            let names: Vec<String> = Kind::all().map(Kind::reference).collect();
            let names = || names.iter().map(String::as_str);
            let problem =
                Diagnostic::new(code::E0510, span, format!("meshc knows no kind `{}`", kind.word())).label("not known");
            self.push(match nearest(kind.word(), names()) {
                Some(near) => problem.fix(format!("write `{near}`"), span, near),
                None => problem.help(format!("there are {}", all_of(names()))),
            });
            return;
        };
        if kind_of.is_cluster_wide() {
            if let Some(namespace) = args.get("namespace") {
                self.push(
                    Diagnostic::new(
                        code::E0319,
                        namespace.span,
                        format!("a {} belongs to no namespace", kind_of.name()),
                    )
                    .label("for the whole cluster")
                    .help("leave `in` out"),
                );
            }
            head.namespace = None;
        }
        if kind_of == Kind::Namespace {
            self.push(
                Diagnostic::new(code::E0510, kind.span, "a namespace has a statement of its own")
                    .label("not written as a resource")
                    .help(format!("write `namespace {} < inject >`", name.word())),
            );
            return;
        }
        let reader = Reader { tree: statement.site.tree };
        let mut typed = Typed { reader, kind: kind_of, problems: Vec::new() };
        let object = typed.object(fields.into_iter(), schema::body(kind_of), statement.clause.span());
        self.diagnostics.append(&mut typed.problems);
        if statement.site.emits {
            self.mesh.written.push(Written { head, kind: kind_of, name: name.word(), body: object });
        }
    }
}
