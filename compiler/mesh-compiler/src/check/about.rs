//! `observe`, `proxy`, `plugin` and `envoy`: statements about a subject.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Object};

use super::service::{no_export, says_nothing};
use super::{Checker, Placed};
use crate::clause::{Clause, Clauses, twice};
use crate::model::{About, Head, Subject};
use crate::operand::Arg;
use crate::vocabulary::Block;

/// The network filter that filters of HTTP are in.
const HTTP_MANAGER: &str = "envoy.filters.network.http_connection_manager";

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn proxy(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Proxy);
        let mut body = Object::new(statement.clause.span());
        self.set_all(statement.site, &clauses, Kind::ProxyConfig, &[], &mut body);
        let mut variables = Object::new(statement.clause.span());
        for clause in clauses.all("env") {
            let (Some(name), Some(value)) = (clause.args.get("name"), clause.args.get("value")) else { continue };
            if let Some(first) = variables.get(name.word()) {
                let problem = twice(&format!("env {}", name.word()), clause.span(), first.span);
                self.push(problem);
                continue;
            }
            variables.set_at(name.word().to_owned(), value.str(), clause.span());
        }
        body.put_object("environmentVariables", variables);
        self.about(statement, &clauses, Kind::ProxyConfig, &body);
    }

    pub(super) fn plugin(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Plugin);
        let span = statement.clause.span();
        let kind = if clauses.get("lua").is_some() { Kind::TrafficExtension } else { Kind::WasmPlugin };
        if let Some(lua) = clauses.get("lua") {
            let wasm = ["url", "config", "sha256", "pull", "pull-secret", "fail", "type", "root-id", "env"];
            if let Some(clause) = wasm.iter().find_map(|word| clauses.get(word)) {
                self.push(
                    Diagnostic::new(code::E0319, clause.span(), format!("`{}` is for a Wasm module", clause.name()))
                        .label("a script has none")
                        .also(lua.span(), "a script"),
                );
                return;
            }
        } else if clauses.get("url").is_none() && !clauses.poisoned {
            self.push(
                Diagnostic::new(code::E0307, span, "which extension is it?")
                    .label("neither a module nor a script is said")
                    .help("write `url \"oci://…\"`, or `lua \"…\"`"),
            );
            return;
        }
        let mut body = Object::new(span);
        self.set_all(statement.site, &clauses, kind, &[], &mut body);
        let mut variables: Vec<Node> = Vec::new();
        for clause in clauses.all("env") {
            let Some(name) = clause.args.get("name") else { continue };
            if let Some(first) = variables.iter().find(|known| known.text_of("name") == Some(name.word())) {
                let problem = twice(&format!("env {}", name.word()), clause.span(), first.span);
                self.push(problem);
                continue;
            }
            let mut variable = Object::new(clause.span());
            variable.set("name", name.word());
            match clause.args.get("value") {
                Some(value) => variable.set("value", value.str()),
                None => variable.set("valueFrom", "HOST"),
            }
            variables.push(variable.node());
        }
        let mut machine = Object::new(span);
        machine.put_list("env", variables);
        body.put_object("vmConfig", machine);
        let places = clauses.all("on").map(|clause| {
            let mut place = Object::new(clause.span());
            let side = clause.args.get("side").map_or("", Arg::word);
            place.set("mode", if side == "both" { "CLIENT_AND_SERVER".to_owned() } else { side.to_ascii_uppercase() });
            let ports = clause.args.list("ports").iter().map(|port| {
                let mut object = Object::new(port.span);
                object.set("number", port.number());
                object.node()
            });
            place.put_list("ports", ports.collect());
            place.node()
        });
        body.put_list("match", places.collect());
        self.about(statement, &clauses, kind, &body);
    }

    pub(super) fn envoy(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Envoy);
        let span = statement.clause.span();
        if says_nothing(&clauses) || clauses.get("patch").is_none() {
            if !clauses.poisoned && clauses.get("field").is_none() {
                self.push(
                    Diagnostic::new(code::E0307, span, "what is patched?")
                        .label("no `patch` is said")
                        .help("write `patch CLUSTER merge < value \"…\" >`"),
                );
            }
            return;
        }
        let mut body = Object::new(span);
        self.set_all(statement.site, &clauses, Kind::EnvoyFilter, &[], &mut body);
        let patches: Vec<Node> = clauses.all("patch").map(|clause| self.patch(statement, clause).node()).collect();
        body.put_list("configPatches", patches);
        self.about(statement, &clauses, Kind::EnvoyFilter, &body);
    }

    fn patch(&mut self, statement: &Placed<'t, 'a>, clause: &Clause<'t, 'a>) -> Object {
        const BASE: &[&str] = &["configPatches"];
        let site = statement.site;
        let inner = self.inner(site, clause, Block::Patch);
        let mut patch = Object::new(clause.span());
        for set in self.field_sets(site, clause, Kind::EnvoyFilter, BASE) {
            let path: Vec<&str> = set.path.iter().map(|name| name.as_str()).collect();
            patch.set_path(&path, set.node);
        }
        self.set_all(site, &inner, Kind::EnvoyFilter, BASE, &mut patch);
        if let Some(filter) = inner.get("filter")
            && let Some(name) = filter.args.get("name")
        {
            let at = ["match", "listener", "filterChain", "filter"];
            let mut object = Object::new(filter.span());
            let http = patch.get("applyTo").and_then(Node::text) == Some("HTTP_FILTER");
            // A filter of HTTP is one within the connection manager: by its name alone nothing would match.
            let outer = filter.args.get("outer").map(|outer| (outer.str().to_owned(), outer.span));
            let outer = outer.or_else(|| http.then(|| (HTTP_MANAGER.to_owned(), name.span)));
            match outer {
                Some((outer, span)) if !(http && name.str() == HTTP_MANAGER) => {
                    object.set_at("name", outer.as_str(), span);
                    let mut inner = Object::new(name.span);
                    inner.set("name", name.str());
                    object.put_object("subFilter", inner);
                }
                _ => object.set_at("name", name.str(), name.span),
            }
            patch.set_path(&at, object.node());
        }
        // What is matched stands before what is done with it.
        let mut ordered = Object::new(clause.span());
        for key in ["applyTo", "match", "patch"] {
            if let Some(node) = patch.get(key) {
                ordered.put(key, node.clone());
            }
        }
        let mut patch = ordered;
        for field in self.fields(site, &inner, &[(Kind::EnvoyFilter, BASE)]) {
            self.diagnostics.extend(crate::lower::set_field(&field, &mut patch));
        }
        patch
    }

    /// One object for each target of a statement.
    pub(super) fn about(&mut self, statement: &Placed<'t, 'a>, clauses: &Clauses<'t, 'a>, kind: Kind, body: &Object) {
        let mut head = self.head(statement, clauses);
        if let Some((_, span)) = head.common.export {
            self.push(no_export(&format!("a {}", kind.name()), span));
            head.common.export = None;
        }
        if body.is_empty() && head.common.fields.is_empty() {
            if !clauses.poisoned {
                let word = statement.clause.name();
                self.push(
                    Diagnostic::new(code::E0307, statement.clause.span(), format!("`{word}` says nothing"))
                        .label("nothing is set")
                        .help(format!("an example: `{}`", statement.clause.word.entry.example)),
                );
            }
            return;
        }
        for target in statement.clause.args.list("targets") {
            let Some(subject) = self.workload_target(statement, target, &head) else { continue };
            let about = About { head: head.clone(), kind, subject: Some(subject), name: None, body: body.clone() };
            if let Some(first) = self.said_before(&about, target.span) {
                let problem = twice(statement.clause.name(), target.span, first)
                    .note("Istio would take the older object and ignore the other");
                self.push(problem);
                continue;
            }
            if statement.site.emits {
                self.mesh.about.push(about);
            }
        }
    }

    /// A target of the mesh's own: a workload, a namespace, a gateway or the mesh.
    pub(super) fn workload_target(
        &mut self,
        statement: &Placed<'t, 'a>,
        target: &Arg<'a>,
        head: &Head<'a>,
    ) -> Option<Subject<'a>> {
        let word = statement.clause.name();
        let subject = self.subject(target, head.namespace)?;
        if matches!(subject, Subject::External(_) | Subject::Host(_)) {
            self.push(
                Diagnostic::new(code::E0321, target.span, format!("`{word}` is for workloads of the mesh"))
                    .label("not a workload")
                    .help("name a service, `namespace NS`, `gateway GW` or `mesh`"),
            );
            return None;
        }
        let settled = self.is_root(&subject, target.span) || self.lives_elsewhere(statement, &subject);
        (!settled).then_some(subject)
    }

    /// Where an object of the same kind about the same subject is said, where Istio takes only one.
    fn said_before(&mut self, about: &About<'a>, span: Span) -> Option<Span> {
        if !matches!(about.kind, Kind::ProxyConfig) {
            return None;
        }
        let subject = about.subject?;
        let key = (about.kind, self.workload_of(subject));
        match self.about_places.get(&key) {
            Some(first) => Some(*first),
            None => {
                self.about_places.insert(key, span);
                None
            }
        }
    }
}
