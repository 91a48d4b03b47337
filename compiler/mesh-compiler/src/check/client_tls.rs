//! `tls` of `traffic`: how callers encrypt, and what they show and check.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::Rank;

use super::{Checker, Site};
use crate::clause::Clause;
use crate::model::{ExternalId, Tls, text};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn client_tls(
        &mut self,
        site: Site<'t, 'a>,
        clause: &Clause<'t, 'a>,
        of_caller: bool,
    ) -> Option<Tls<'a>> {
        let clauses = self.inner(site, clause, Block::Tls);
        let mode = clause.args.get("mode")?.word();
        let get =
            |word: &str, slot: &str| clauses.get(word).and_then(|clause| clause.args.get(slot)).map(|arg| text(arg).0);
        let files = clauses
            .get("cert")
            .and_then(|clause| Some((text(clause.args.get("file")?).0, text(clause.args.get("key")?).0)));
        let tls = Tls {
            mode,
            sni: get("sni", "name"),
            san: clauses
                .get("san")
                .map(|clause| clause.args.list("names").iter().map(|arg| text(arg).0).collect())
                .unwrap_or_default(),
            ca: get("ca", "file"),
            cert: get("cert", "name"),
            files,
            span: clause.span(),
        };
        if let (true, Some(inner)) = (matches!(mode, "off" | "mesh"), clauses.list.first()) {
            let why = if mode == "off" { "there is no TLS" } else { "Istio keeps these certificates itself" };
            self.push(
                Diagnostic::new(code::E0319, inner.span(), format!("`{}` has nothing to work on", inner.name()))
                    .label("would be ignored")
                    .also(clause.span(), why),
            );
            return None;
        }
        if mode == "mutual" && tls.cert.is_none() && tls.files.is_none() && !clauses.poisoned {
            self.push(
                Diagnostic::new(code::E0307, clause.span(), "mutual TLS needs a certificate of the caller")
                    .label("no `cert` is said")
                    .help("write `cert file \"…\" key \"…\"`, or a secret in `traffic TARGET from CALLER`; for Istio's own mutual TLS write `tls mesh`"),
            );
            return None;
        }
        if let (Some(name), Some(cert)) = (&tls.cert, clauses.get("cert"))
            && !mesh_istio::host::is_subdomain(name)
        {
            self.push(
                Diagnostic::new(code::E0211, cert.span(), format!("`{name}` cannot be the name of a secret"))
                    .label("lower-case letters, digits, inner dashes and dots"),
            );
            return None;
        }
        if let (Some(_), Some(ca)) = (&tls.cert, clauses.get("ca")) {
            self.push(
                Diagnostic::new(code::E0319, ca.span(), "the secret holds the authority already")
                    .label("`ca` goes with certificate files"),
            );
            return None;
        }
        if let (Some(cert), "simple") =
            (clauses.get("cert").filter(|_| tls.files.is_some() || tls.cert.is_some()), mode)
        {
            self.push(
                Diagnostic::new(code::E0319, cert.span(), "with `tls simple` the caller shows no certificate")
                    .label("would be ignored")
                    .help("write `tls mutual`"),
            );
            return None;
        }
        if let (Some(_), Some(cert), false) = (&tls.cert, clauses.get("cert"), of_caller) {
            self.push(
                Diagnostic::new(code::E0307, cert.span(), "a secret is read for one caller, and none is named")
                    .label("whose secret?")
                    .note("without a caller Istio's sidecars leave this TLS out and speak plain text")
                    .help("write `traffic TARGET from CALLER`, or certificate files: `cert file \"…\" key \"…\"`"),
            );
            return None;
        }
        Some(tls)
    }

    /// Reports TLS over a port where the application encrypts by itself.
    pub(super) fn encrypted_twice(&mut self, id: ExternalId, port: Option<u16>, mode: &str, span: Span) {
        if !matches!(mode, "simple" | "mutual") {
            return;
        }
        let ports = self.mesh.externals[id.0].ports.iter().map(|known| known.port);
        let ports: Vec<_> = ports.filter(|known| port.is_none_or(|number| known.number == number)).collect();
        let Some(own) = ports.iter().find(|port| port.protocol.rank() == Rank::Tls) else { return };
        let plain = ports.iter().find(|port| port.protocol.rank() != Rank::Tls);
        let problem =
            Diagnostic::new(code::E0319, span, format!("port {} is encrypted by the application already", own.number))
                .label("would encrypt it again")
                .also(own.span, "the application speaks TLS here");
        self.push(match plain {
            Some(plain) => problem.help(format!("say it for one port: `port {} < tls {mode} … >`", plain.number)),
            None => problem.help("leave it out, or declare the port as `http … tls simple` if the proxy shall encrypt"),
        });
    }
}
