//! `jwt`: which tokens are taken, and whether one is required.

use std::borrow::Cow;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, jwks};

use super::service::no_export;
use super::{Checker, Placed, Site};
use crate::clause::Clause;
use crate::model::{Issuer, Jwt, Subject, text};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn jwt(&mut self, statement: &Placed<'t, 'a>) {
        let clauses = self.block(statement, Block::Jwt);
        let head = self.head(statement, &clauses);
        if let Some((_, span)) = head.common.export {
            self.push(no_export("a RequestAuthentication", span));
        }
        let span = statement.clause.span();
        let (require, optional) = (clauses.get("require"), clauses.get("optional"));
        match (require, optional) {
            (Some(require), Some(optional)) => self.push(
                Diagnostic::new(code::E0319, optional.span(), "a token is required or optional, not both")
                    .label("optional")
                    .also(require.span(), "required"),
            ),
            (None, None) if !clauses.poisoned => self.push(
                Diagnostic::new(code::E0307, span, "is a token required?")
                    .label("neither `require` nor `optional` is said")
                    .note("by itself Istio lets requests without a token pass, and only rejects tokens that are not valid")
                    .help("write `require`, or `optional` if requests without a token are fine"),
            ),
            _ => {}
        }
        let mut issuers: Vec<Issuer<'a>> = Vec::new();
        for clause in clauses.all("issuer") {
            if let Some(issuer) = self.issuer(statement.site, clause) {
                if let Some(first) = issuers.iter().find(|old| old.name == issuer.name) {
                    let problem = crate::clause::twice(&format!("issuer {}", issuer.name), issuer.span, first.span);
                    self.push(problem);
                    continue;
                }
                issuers.push(issuer);
            }
        }
        if issuers.is_empty() && clauses.get("issuer").is_none() && !clauses.poisoned {
            self.push(
                Diagnostic::new(code::E0307, span, "whose tokens are taken?")
                    .label("no `issuer` is said")
                    .help("write `issuer \"https://…\" < jwks \"https://…\" >`"),
            );
        }
        for target in statement.clause.args.list("targets") {
            let Some(subject) = self.subject(target, head.namespace) else { continue };
            if !self.guards(&subject, target.span, "jwt", true) || self.lives_elsewhere(statement, &subject) {
                continue;
            }
            let mut demanded = Vec::new();
            let mut readable = true;
            if let Some(require) = require.filter(|require| !require.args.rest().is_empty()) {
                match self.walk(statement.site.tree).operations(require.args.rest(), require.span()) {
                    Some(operations) => match self.policy_operations(&subject, operations) {
                        Some(operations) => match self.all_but(&operations, require.span()) {
                            Some(operations) => demanded = operations,
                            None => readable = false,
                        },
                        None => readable = false,
                    },
                    None => readable = false,
                }
            }
            let require = require.filter(|_| readable).map(|require| (demanded, require.span()));
            if require.is_some() && !self.can_tell_http(&subject, span) {
                continue;
            }
            let http_ports = self.http_ports(&subject, true);
            let (issuers, optional) = (issuers.clone(), optional.map(Clause::span));
            self.mesh.jwts.push(Jwt { head: head.clone(), subject, issuers, require, optional, http_ports });
        }
    }

    fn issuer(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>) -> Option<Issuer<'a>> {
        let clauses = self.inner(site, clause, Block::Issuer);
        let (name, span) = text(clause.args.get("name")?);
        if name.is_empty() {
            self.push(Diagnostic::new(code::E0310, span, "an issuer has a name").label("empty"));
            return None;
        }
        let mut issuer = Issuer { name, span: clause.span(), ..Issuer::default() };
        issuer.fields = self.fields(site, &clauses, &[(Kind::RequestAuthentication, &["jwtRules"])]);
        match clauses.get("jwks").and_then(|clause| clause.args.get("keys")) {
            Some(arg) => {
                let (keys, span) = text(arg);
                let inline = keys.trim_start().starts_with('{');
                let address = keys.starts_with("https://") || keys.starts_with("http://");
                if address && !jwks::is_address(&keys) {
                    self.push(
                        Diagnostic::new(code::E0310, span, "this is not the address of a key set")
                            .label("Istio cannot read it")
                            .help("an address is a host, a port if need be, and a path: `https://idp.example.com/jwks.json`"),
                    );
                    return None;
                }
                if !inline && !address {
                    self.push(
                        Diagnostic::new(code::E0301, span, "expected the address of a key set, or a key set in JSON")
                            .label("neither starts like this")
                            .help("an address starts with `https://`"),
                    );
                    return None;
                }
                if let Some((problem, why)) =
                    inline.then(|| jwks::problem(&keys).or_else(|| jwks::private_half(&keys))).flatten()
                {
                    self.push(Diagnostic::new(code::E0310, span, problem).label(why));
                    return None;
                }
                issuer.jwks = Some(keys);
            }
            None if clauses.poisoned => return None,
            None => {
                self.push(
                    Diagnostic::new(code::E0307, clause.span(), "where are the issuer's keys?")
                        .label("no `jwks` is said")
                        .note("Istio would look them up at the issuer's discovery address each time it starts, and fail when that is down")
                        .help("write `jwks \"https://…/jwks.json\"`"),
                );
                return None;
            }
        }
        for inner in &clauses.list {
            let args = &inner.args;
            match inner.name() {
                "audiences" => {
                    issuer.audiences = args.list("names").iter().map(|arg| text(arg).0).collect();
                    self.not_empty(&issuer.audiences, inner.span(), "an audience");
                }
                "token" => {
                    let prefix = args.get("prefix").map(|arg| text(arg).0);
                    issuer.headers.extend(args.get("name").map(|arg| (arg.word(), prefix)));
                    issuer.params.extend(args.get("query").map(|arg| arg.word()));
                    issuer.cookies.extend(args.get("cookie").map(|arg| arg.word()));
                }
                "claim" => {
                    if let (Some(name), Some(header)) = (args.get("name"), args.get("header")) {
                        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
                        if !header.word().chars().all(fits) {
                            self.push(
                                Diagnostic::new(
                                    code::E0310,
                                    header.span,
                                    "a header for a claim has letters, digits, - and _",
                                )
                                .label("Istio refuses this name"),
                            );
                            continue;
                        }
                        issuer.claims.push((name.word(), header.word()));
                    }
                }
                "forward" => issuer.forward = true,
                "timeout" => issuer.timeout = args.get("limit").map(|arg| arg.word()),
                _ => {}
            }
        }
        Some(issuer)
    }

    fn not_empty(&mut self, texts: &[Cow<'a, str>], span: Span, what: &str) {
        if texts.iter().any(|text| text.is_empty()) {
            self.push(Diagnostic::new(code::E0310, span, format!("{what} has a name")).label("an empty one"));
        }
    }

    /// Reports the root namespace as a target: what stands there without a selector holds for the whole mesh.
    pub(super) fn is_root(&mut self, subject: &Subject<'a>, span: Span) -> bool {
        let root = self.mesh.settings.root_namespace;
        if *subject != Subject::Namespace(root) {
            return false;
        }
        self.push(
            Diagnostic::new(
                code::E0321,
                span,
                format!("`{root}` is the root namespace: this would hold for the whole mesh"),
            )
            .label("not for this namespace alone")
            .note("Istio takes an object without a selector in its root namespace for every namespace")
            .help("write `mesh` if the whole mesh is meant, or the services and gateways that are"),
        );
        true
    }

    /// Reports an `in NS` that is not where the target is: what guards a workload lives with it.
    pub(super) fn lives_elsewhere(&mut self, statement: &Placed<'t, 'a>, subject: &Subject<'a>) -> bool {
        let Some(written) = statement.clause.args.get("namespace") else { return false };
        let of_service = |id: crate::model::ServiceId| self.mesh.services[id.0].namespace;
        let place = match subject {
            Subject::Service(id) => of_service(*id),
            Subject::Gateway(id) => self.mesh.gateways[id.0].workload.and_then(of_service),
            Subject::Namespace(name) => Some(*name),
            Subject::Mesh => Some(self.mesh.settings.root_namespace),
            _ => None,
        };
        let Some(place) = place.filter(|place| *place != written.word()) else { return false };
        self.push(
            Diagnostic::new(
                code::E0319,
                written.span,
                format!("what guards a workload lives with it, here in `{place}`"),
            )
            .label("another namespace")
            .note("Istio looks for it in the namespace of the workload only")
            .help(format!("leave `in {}` out", written.word())),
        );
        true
    }

    /// The workload behind a subject: gateways on one service are one workload, as is that service itself.
    pub(super) fn workload_of(&self, subject: Subject<'a>) -> Subject<'a> {
        match subject {
            Subject::Gateway(id) => self.mesh.gateways[id.0].workload.map_or(subject, Subject::Service),
            other => other,
        }
    }

    /// Reports a subject that no policy or token check can guard.
    pub(super) fn guards(&mut self, subject: &Subject<'a>, span: Span, word: &str, http: bool) -> bool {
        if matches!(subject, Subject::External(_) | Subject::Host(_)) {
            self.push(
                Diagnostic::new(code::E0321, span, format!("`{word}` guards workloads of the mesh"))
                    .label("not a workload")
                    .help("what leaves the mesh is guarded at an egress gateway"),
            );
            return false;
        }
        if self.is_root(subject, span) {
            return false;
        }
        if let Subject::Gateway(id) = subject {
            let gateway = &self.mesh.gateways[id.0];
            if gateway.workload.is_none() {
                let (name, declared, known) = (gateway.name, gateway.span, !gateway.incomplete);
                if known {
                    self.push(
                        Diagnostic::new(
                            code::E0405,
                            span,
                            format!(
                                "the gateway `{name}` runs on no declared service, so where its pods live is not known"
                            ),
                        )
                        .label("guards pods of which namespace?")
                        .also(declared, "declared with `select` only")
                        .help("declare it `on SERVICE`"),
                    );
                }
                return false;
            }
        }
        if http && self.lacks_http(subject) {
            self.push(
                Diagnostic::new(code::E0320, span, format!("`{word}` needs HTTP, and this target has no HTTP port"))
                    .label("no HTTP port"),
            );
            return false;
        }
        true
    }
}
