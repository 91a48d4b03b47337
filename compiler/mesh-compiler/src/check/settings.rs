//! `mesh`: facts about the whole mesh.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Api, Protocol, Release};

use super::{Checker, Placed};
use crate::clause::twice;
use crate::model::{Port, Provider, ProviderKind, ServiceId};
use crate::vocabulary::Block;

impl<'t, 'a> Checker<'t, 'a> {
    /// Takes in all `mesh` statements; they are united.
    pub(super) fn settings(&mut self, placed: &[Placed<'t, 'a>]) {
        let mut said = Vec::new();
        for statement in placed.iter().filter(|statement| statement.clause.name() == "mesh") {
            let clauses = self.block(statement, Block::Mesh);
            self.mesh.settings.incomplete |= clauses.poisoned;
            for clause in &clauses.list {
                let name = clause.name();
                if name != "provider" {
                    if let Some((_, first)) = said.iter().find(|(old, _)| *old == name) {
                        self.push(twice(name, clause.span(), *first));
                        continue;
                    }
                    said.push((name, clause.span()));
                }
                let args = &clause.args;
                let settings = &mut self.mesh.settings;
                match name {
                    "istio" => {
                        let release = args.get("release").and_then(|arg| Release::parse(arg.word()));
                        settings.release = release.unwrap_or(settings.release);
                    }
                    "declared-only" => settings.declared_only = true,
                    "trust-domain" => settings.trust_domain = args.get("name").map_or("", |arg| arg.word()),
                    "root-namespace" => settings.root_namespace = args.get("namespace").map_or("", |arg| arg.word()),
                    "api" if args.get("version").is_some_and(|arg| arg.word() == "v1beta1") => settings.api = Api::Beta,
                    "provider" => {
                        for arg in args.list("names") {
                            let first =
                                settings.providers.iter().find(|(old, _)| *old == arg.word()).map(|(_, span)| *span);
                            match first {
                                Some(first) => self.diagnostics.push(
                                    Diagnostic::new(
                                        code::E0207,
                                        arg.span,
                                        format!("the provider `{}` is declared twice", arg.word()),
                                    )
                                    .label("again here")
                                    .also(first, "first here"),
                                ),
                                None => settings.providers.push((arg.word(), arg.span)),
                            }
                            let kind = args.get("kind").and_then(|kind| ProviderKind::named(kind.word()));
                            if let (Some(kind), None) = (kind, first) {
                                let (name, span) = (arg.word(), args.get("kind").map_or(arg.span, |kind| kind.span));
                                settings.known_providers.push(Provider { name, kind, service: None, span });
                                if !kind.remote {
                                    settings.local_providers.push(name);
                                }
                            }
                            if args.word("local").is_some() {
                                settings.local_providers.push(arg.word());
                            }
                            if let Some(service) = args.get("service") {
                                self.provider_names.push((arg.word(), service.name(), service.span));
                            }
                        }
                    }
                    "prometheus" => {
                        let plain = args.get("how").is_some_and(|arg| arg.word() == "plain");
                        settings.watching.plain = plain.then(|| clause.span());
                        let mut labels = Vec::new();
                        self.pairs(args.list("labels"), &mut labels, true);
                        if let (true, Some((.., span))) = (plain, labels.first()) {
                            self.push(
                                Diagnostic::new(code::E0319, *span, "labels are for the operator's objects")
                                    .label("plain files have none"),
                            );
                        }
                        self.mesh.settings.watching.labels = labels;
                    }
                    "grafana" => {
                        let files = args.get("how").is_some_and(|arg| arg.word() == "files");
                        settings.watching.files = files.then(|| clause.span());
                        let address = self.web_address(args.get("address"));
                        self.mesh.settings.watching.grafana = address;
                    }
                    "kiali" => {
                        let address = self.web_address(args.get("address"));
                        self.mesh.settings.watching.kiali = address.map(|address| (address, clause.span()));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Looks the services behind providers up, once all services are known.
    pub(super) fn provider_services(&mut self) {
        for (provider, name, span) in std::mem::take(&mut self.provider_names) {
            let Some(id) = self.service(name, None, span) else {
                self.mesh.settings.known_providers.retain(|known| known.name != provider);
                continue;
            };
            self.mesh.settings.provider_services.push((provider, id));
            self.provider_port(provider, id, span);
        }
        let without: Vec<(&str, ProviderKind, Span)> = self
            .mesh
            .settings
            .known_providers
            .iter()
            .filter(|known| known.kind.remote && known.service.is_none())
            .map(|known| (known.name, known.kind, known.span))
            .collect();
        for (name, kind, span) in without {
            let behind = self.mesh.settings.provider_services.iter().any(|(known, _)| *known == name);
            if !behind {
                self.push(
                    Diagnostic::new(code::E0307, span, format!("where is the provider `{name}`?"))
                        .label(format!("{} is a service", kind.word))
                        .help(format!("write `provider {name} is {} on SERVICE.NS`", kind.word)),
                );
            }
        }
    }

    /// The port of the service behind a provider of a kind that is said.
    fn provider_port(&mut self, provider: &'a str, id: ServiceId, span: Span) {
        let known = self.mesh.settings.known_providers.iter_mut().find(|known| known.name == provider);
        let Some(known) = known else { return };
        let service = &self.mesh.services[id.0];
        if !known.kind.remote {
            let problem = Diagnostic::new(code::E0319, span, format!("`{}` is of the proxy itself", known.kind.word))
                .label("no service is behind it")
                .also(known.span, "said here")
                .help("leave `on` out");
            self.push(problem);
            return;
        }
        let grpc = |port: &&Port<'_>| matches!(port.protocol, Protocol::Grpc | Protocol::GrpcWeb);
        let fits = service.ports.iter().find(|port| grpc(port) == known.kind.grpc);
        match fits {
            Some(port) => known.service = Some((id, port.number)),
            None if service.incomplete => {}
            None if !service.ports.is_empty() => {
                let speaks = if known.kind.grpc { "gRPC" } else { "HTTP" };
                let problem = Diagnostic::new(code::E0320, span, format!("`{}` speaks {speaks}", known.kind.word))
                    .label(format!("no port of `{}` does", service.name))
                    .also(known.span, "said here")
                    .also(service.span, "its ports are declared here");
                self.push(problem);
            }
            None => {
                let problem =
                    Diagnostic::new(code::E0310, span, format!("the port of `{}` is not known", service.name))
                        .label("no port is declared")
                        .also(service.span, "this service")
                        .help(format!("declare it, as in `elsewhere < service {} < grpc 4317 > >`", service.name));
                self.push(problem);
            }
        }
    }
}
