//! PeerAuthentication and RequestAuthentication, and the policy behind `require`.

use rustc_hash::FxHashMap as HashMap;

use mesh_istio::{Kind, Node, Object, Resource};

use super::authorization::operation_entry;
use super::{Lower, texts};
use crate::model::{FieldSet, Issuer, Jwt, PolicyOperation, Subject};

impl<'m, 'a> Lower<'m, 'a> {
    pub(super) fn peer_authentications(&mut self) {
        for mtls in &self.mesh.mtls {
            // The object of a whole namespace is called `default` in all of Istio's own texts.
            let name = match mtls.subject {
                Subject::Namespace(_) | Subject::ThisNamespace | Subject::Mesh => "default".to_owned(),
                subject => self.subject_name(&subject),
            };
            let namespace = self.subject_namespace(&mtls.subject, &mtls.head);
            let mut resource = self.resource(Kind::PeerAuthentication, namespace, name, &mtls.head);
            let spec = &mut resource.spec;
            self.match_labels(&mtls.subject, mtls.head.span, spec);
            let mode = |mode: &str, span| {
                let mut object = Object::new(span);
                object.set("mode", mode_word(mode));
                object
            };
            spec.put_object("mtls", mode(mtls.mode.0, mtls.mode.1));
            let mut ports = Object::new(mtls.head.span);
            for (port, word, span) in &mtls.ports {
                ports.set_at(port.to_string(), mode(word, *span), *span);
            }
            spec.put_object("portLevelMtls", ports);
            self.finish(resource, &mtls.head.common.fields);
        }
    }

    pub(super) fn request_authentications(&mut self) {
        let mut groups: Vec<(Subject<'a>, Vec<&'m Jwt<'a>>)> = Vec::new();
        let mut places: HashMap<Subject<'a>, usize> = HashMap::default();
        for jwt in &self.mesh.jwts {
            let at = *places.entry(jwt.subject).or_insert(groups.len());
            match groups.get_mut(at) {
                Some((_, group)) => group.push(jwt),
                None => groups.push((jwt.subject, vec![jwt])),
            }
        }
        for (subject, group) in groups {
            let head = &group[0].head;
            let namespace = self.subject_namespace(&subject, head);
            let name = self.subject_name(&subject);
            let mut resource = self.resource(Kind::RequestAuthentication, namespace, name.as_str(), head);
            resource.origins = group.iter().map(|jwt| jwt.head.span).collect();
            self.attach(&subject, head.span, &mut resource.spec);
            let issuers: Vec<&Issuer<'a>> = group.iter().flat_map(|jwt| &jwt.issuers).collect();
            resource.spec.put_list("jwtRules", issuers.iter().map(|issuer| self.jwt_rule(issuer)).collect());
            let fields: Vec<FieldSet> = group.iter().flat_map(|jwt| jwt.head.common.fields.iter().cloned()).collect();
            self.finish(resource, &fields);
            self.require(&subject, &group, &issuers, namespace, &name);
        }
    }

    /// `require`: requests without a valid token of these issuers are denied. Nothing else is opened or closed.
    fn require(
        &mut self,
        subject: &Subject<'a>,
        group: &[&'m Jwt<'a>],
        issuers: &[&Issuer<'a>],
        namespace: Option<&str>,
        name: &str,
    ) {
        let Some(jwt) = group.iter().find(|jwt| jwt.require.is_some()) else { return };
        let Some((demanded, span)) = &jwt.require else { return };
        let object = jwt.head.common.object.map_or(name, |(name, _)| name);
        let mut resource = Resource::new(
            Kind::AuthorizationPolicy,
            namespace.map(Into::into),
            format!("{object}-require-jwt"),
            jwt.head.span,
        );
        super::metadata(&mut resource, &jwt.head.common);
        resource.reasons.push(
            "`require` denies requests without a valid token of the issuers, and opens or closes nothing else"
                .to_owned(),
        );
        self.attach(subject, *span, &mut resource.spec);
        resource.spec.set_at("action", "DENY", *span);
        let mut source = Object::new(*span);
        let names: Vec<String> = issuers.iter().map(|issuer| format!("{}/*", issuer.name)).collect();
        source.put_list("notRequestPrincipals", texts(&names, *span));
        let mut from = Object::new(*span);
        from.put_object("source", source);
        let mut rule = Object::new(*span);
        rule.put_list("from", vec![from.node()]);
        let whole = [PolicyOperation { span: *span, ..PolicyOperation::default() }];
        let demanded = if demanded.is_empty() { &whole[..] } else { demanded };
        let to = demanded.iter().map(|operation| operation_entry(operation, &jwt.http_ports));
        rule.put_list("to", to.filter(|entry| entry.get("operation").is_some()).collect());
        resource.spec.put_list("rules", vec![rule.node()]);
        self.finish(resource, &jwt.head.common.fields);
    }

    fn jwt_rule(&self, issuer: &Issuer<'_>) -> Node {
        let mut rule = jwt_rule(issuer);
        self.set_fields(&issuer.fields, Kind::RequestAuthentication, &mut rule);
        rule.node()
    }
}

pub(super) fn paths(paths: &[(String, mesh_diagnostics::Span)]) -> Vec<Node> {
    paths.iter().map(|(path, span)| Node::new(path.as_str(), *span)).collect()
}

pub(crate) fn mode_word(mode: &str) -> &'static str {
    match mode {
        "strict" => "STRICT",
        "permissive" => "PERMISSIVE",
        "off" => "DISABLE",
        _ => "UNSET",
    }
}

fn jwt_rule(issuer: &Issuer<'_>) -> Object {
    let span = issuer.span;
    let mut rule = Object::new(span);
    rule.set("issuer", issuer.name.as_ref());
    rule.put_list("audiences", texts(&issuer.audiences, span));
    if let Some(jwks) = &issuer.jwks {
        let inline = jwks.trim_start().starts_with('{');
        rule.set(if inline { "jwks" } else { "jwksUri" }, jwks.trim());
    }
    let headers = issuer.headers.iter().map(|(name, prefix)| {
        let mut header = Object::new(span);
        header.set("name", *name);
        header.set_some("prefix", prefix.as_deref());
        header.node()
    });
    rule.put_list("fromHeaders", headers.collect());
    rule.put_list("fromParams", texts(&issuer.params, span));
    rule.put_list("fromCookies", texts(&issuer.cookies, span));
    let claims = issuer.claims.iter().map(|(claim, header)| {
        let mut object = Object::new(span);
        object.set("header", *header);
        object.set("claim", *claim);
        object.node()
    });
    rule.put_list("outputClaimToHeaders", claims.collect());
    if issuer.forward {
        rule.set("forwardOriginalToken", true);
    }
    rule.set_some("timeout", issuer.timeout);
    rule
}
