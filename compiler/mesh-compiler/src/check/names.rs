//! The look-up of every name: once reported, an unknown name stays quiet.

use mesh_diagnostics::{Diagnostic, Span, code};

use super::declare::new_service;
use super::{Checker, Key};
use crate::model::{Entity, ExternalId, Gateway, GatewayId, Purpose, Service, ServiceId, Subject, Version};
use crate::operand::{Arg, Name, Target, Value};
use crate::suggest::{all_of, nearest};

/// What a word in the place of a target names.
pub(super) enum Named {
    Service(ServiceId),
    External(ExternalId),
}

impl<'t, 'a> Checker<'t, 'a> {
    /// Reports a namespace that nobody declares, where that is an error or can only be a slip.
    pub(super) fn known_namespace(&mut self, name: &'a str, span: Span) -> bool {
        self.mesh.uses.push((span, Entity::Namespace(name)));
        if self.namespaces.contains_key(name)
            || self.doubtful.contains(name)
            || name == self.mesh.settings.root_namespace
        {
            return true;
        }
        // Names that differ in their number are told apart on purpose: `team1`, `team2`.
        let bare = |name: &str| name.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        let near = nearest(name, self.namespaces.keys().copied()).filter(|near| bare(near) != bare(name));
        if (near.is_none() && !self.mesh.settings.declared_only)
            || self.missing_module
            || self.lost.contains("namespace")
        {
            return true;
        }
        if !self.reported.insert(("namespace", name.to_owned())) {
            return false;
        }
        let problem =
            Diagnostic::new(code::E0205, span, format!("no namespace `{name}` is declared")).label("not known");
        let problem = match near {
            Some(near) => {
                let problem = problem.fix(format!("write `{near}`"), span, near);
                problem.also(self.namespaces[near], "did you mean this one?")
            }
            None => problem.help(format!("declare it: `namespace {name}`, or `elsewhere < namespace {name} >`")),
        };
        self.push(problem);
        false
    }

    fn at(&mut self, name: Name<'a>, here: Option<&'a str>, span: Span) -> Key<'a> {
        if let Some(namespace) = name.namespace {
            self.known_namespace(namespace, namespace_span(name, span));
        }
        (name.name, name.namespace.or(here))
    }

    /// What a name in the place of a target or a destination names; an unknown service is taken as it is used,
    /// unless that is an error.
    pub(super) fn named(&mut self, name: Name<'a>, here: Option<&'a str>, span: Span) -> Option<Named> {
        let key = self.at(name, here, span);
        let named = match (self.services.get(&key), self.externals.get(&key)) {
            (Some(id), _) => Named::Service(*id),
            (None, Some(id)) => Named::External(*id),
            (None, None) => Named::Service(self.open(key, span, true)?),
        };
        let entity = match named {
            Named::Service(id) => Entity::Service(id),
            Named::External(id) => Entity::External(id),
        };
        self.used(name, span, entity);
        Some(named)
    }

    /// Remembers where a name is used; what follows it, a namespace or a version, is not part of it.
    pub(super) fn used(&mut self, name: Name<'a>, span: Span, entity: Entity<'a>) {
        let end = (span.start + name.name.len() as u32).min(span.end);
        self.mesh.uses.push((Span::new(span.file, span.start, end), entity));
    }

    /// The service that a name names.
    pub(super) fn service(&mut self, name: Name<'a>, here: Option<&'a str>, span: Span) -> Option<ServiceId> {
        let key = self.at(name, here, span);
        let id = match self.services.get(&key) {
            Some(id) => *id,
            None => self.open(key, span, true)?,
        };
        self.used(name, span, Entity::Service(id));
        Some(id)
    }

    /// Takes an undeclared service as it is used, and says so; or reports it.
    fn open(&mut self, key: Key<'a>, span: Span, note: bool) -> Option<ServiceId> {
        let (name, namespace) = key;
        let foreign =
            self.missing_module && namespace.is_some_and(|namespace| !self.namespaces.contains_key(namespace));
        if self.doubtful.contains(name) || foreign || self.lost.contains("service") || self.lost.contains("external") {
            let mut service = new_service(name, namespace, false, span);
            (service.incomplete, service.assumed) = (true, true);
            return Some(self.add_open(key, service));
        }
        if let Some(declared) = self.mesh.namespaces.iter().find(|known| known.name == name).map(|known| known.span) {
            if self.reported.insert(("service", format!("{name}.{namespace:?}"))) {
                self.push(
                    Diagnostic::new(code::E0201, span, format!("`{name}` is a namespace, and a service is expected"))
                        .label("a bare word is never a namespace")
                        .also(declared, "declared here")
                        .fix(format!("write `namespace {name}`"), span, format!("namespace {name}")),
                );
            }
            return None;
        }
        let mut near: Option<&'a str> = None;
        {
            let here = self.mesh.services.iter().filter(|service| !service.open && service.namespace == namespace);
            let here = here.map(|service| service.name).chain(
                self.mesh
                    .externals
                    .iter()
                    .filter(|external| external.namespace == namespace)
                    .map(|external| external.name),
            );
            near = nearest(name, here).or(near);
        }
        if near.is_some() || self.mesh.settings.declared_only {
            if self.reported.insert(("service", format!("{name}.{namespace:?}"))) {
                let problem = self.unknown_service(key, near, span);
                self.push(problem);
            }
            return None;
        }
        let mut service = new_service(name, namespace, true, span);
        service.open = true;
        if note {
            self.push(
                Diagnostic::new(
                    code::OPEN_SERVICE,
                    span,
                    format!("`{name}` is declared nowhere and taken as it is used"),
                )
                .label("its versions are those that are named")
                .help(format!("declare it: `service {name} < http 80; versions v1, v2 >`")),
            );
        }
        Some(self.add_open(key, service))
    }

    fn add_open(&mut self, key: Key<'a>, service: Service<'a>) -> ServiceId {
        let id = ServiceId(self.mesh.services.len());
        self.mesh.services.push(service);
        self.services.insert(key, id);
        id
    }

    fn unknown_service(&self, (name, namespace): Key<'a>, near: Option<&'a str>, span: Span) -> Diagnostic {
        let place = namespace.map_or(String::new(), |namespace| format!(" in namespace `{namespace}`"));
        let problem =
            Diagnostic::new(code::E0201, span, format!("no service `{name}` is declared{place}")).label("not known");
        if let Some(near) = near {
            let declared =
                self.mesh.services.iter().find(|service| service.name == near && service.namespace == namespace);
            let declared = declared.map(|service| service.span).or_else(|| {
                self.mesh.externals.iter().find(|e| e.name == near && e.namespace == namespace).map(|e| e.span)
            });
            // The name may be followed by a namespace or a version, which stay.
            let place = Span::new(span.file, span.start, span.start + name.len() as u32);
            let problem = problem.fix(format!("write `{near}`"), place, near);
            return match declared {
                Some(declared) => problem.also(declared, "did you mean this one?"),
                None => problem,
            };
        }
        let elsewhere = self.mesh.services.iter().find(|service| service.name == name && !service.open);
        match elsewhere {
            Some(other) => {
                let namespace = other.namespace.unwrap_or("…");
                problem
                    .also(other.span, "this one lives in another namespace")
                    .help(format!("write `{name}.{namespace}`"))
            }
            None => problem.help(format!("declare it: `service {name} < http 80 >`")),
        }
    }

    /// The gateway that a name names.
    pub(super) fn gateway_named(&mut self, name: Name<'a>, here: Option<&'a str>, span: Span) -> Option<GatewayId> {
        let key = self.at(name, here, span);
        if let Some(id) = self.gateways.get(&key).copied() {
            self.used(name, span, Entity::Gateway(id));
            return Some(id);
        }
        if self.doubtful.contains(name.name)
            || self.missing_module
            || self.lost.contains("gateway")
            || !self.reported.insert(("gateway", format!("{key:?}")))
        {
            return None;
        }
        let candidates: Vec<&Gateway<'a>> = self.mesh.gateways.iter().collect();
        let problem = Diagnostic::new(code::E0204, span, format!("no gateway `{}` is declared here", name.name))
            .label("not known");
        let here = candidates.iter().filter(|gateway| gateway.namespace == key.1).map(|gateway| gateway.name);
        let place = Span::new(span.file, span.start, span.start + name.name.len() as u32);
        let problem = if let Some(near) = nearest(name.name, here) {
            let declared = candidates.iter().find(|gateway| gateway.name == near).map_or(span, |gateway| gateway.span);
            problem.fix(format!("write `{near}`"), place, near).also(declared, "did you mean this one?")
        } else if let Some(other) = candidates.iter().find(|gateway| gateway.name == name.name) {
            let full = format!("{}.{}", other.name, other.namespace.unwrap_or("…"));
            problem.also(other.span, "this one lives in another namespace").help(format!("write `{full}`"))
        } else if candidates.is_empty() {
            problem.help(format!(
                "declare it: `gateway {} on istio-ingressgateway.istio-system < http 80 \"*\" >`, with `use std/istioctl`",
                name.name
            ))
        } else {
            problem.help(format!("there are {}", all_of(candidates.iter().map(|gateway| gateway.name))))
        };
        self.push(problem);
        None
    }

    /// Checks that a service has a version; an open one gets it.
    pub(super) fn version(&mut self, id: ServiceId, version: &'a str, span: Span) -> bool {
        let place = Span::new(span.file, span.end.saturating_sub(version.len() as u32).max(span.start), span.end);
        self.mesh.uses.push((place, Entity::Version(id, version)));
        let service = &mut self.mesh.services[id.0];
        if service.versions.iter().any(|known| known.name == version) {
            return true;
        }
        if service.open {
            let same =
                |known: &&Version<'a>| super::service::subset_name(known.name) == super::service::subset_name(version);
            if let Some(first) = service.versions.iter().find(same) {
                let problem =
                    Diagnostic::new(code::E0306, span, format!("`{version}` and `{}` would be one subset", first.name))
                        .label("the second one")
                        .also(first.span, "the first one")
                        .note("the names of subsets have lower-case letters, digits and dashes only")
                        .help("declare the service, and give its versions names that differ in more");
                self.push(problem);
                return false;
            }
            service.versions.push(Version {
                name: version,
                select: Vec::new(),
                account: None,
                fields: Vec::new(),
                span,
            });
            return true;
        }
        if service.incomplete {
            return false;
        }
        let service = &self.mesh.services[id.0];
        let key = if service.versions.is_empty() { id.0.to_string() } else { format!("{}@{version}", id.0) };
        if !self.reported.insert(("version", key)) {
            return false;
        }
        let name = service.name;
        let place = Span::new(span.file, span.end - version.len() as u32, span.end);
        let problem =
            Diagnostic::new(code::E0202, place, format!("`{name}` has no version `{version}`")).label("not known");
        let names = || service.versions.iter().map(|known| known.name);
        let problem = match nearest(version, names()) {
            Some(near) => problem.fix(format!("write `{near}`"), place, near),
            None if service.versions.is_empty() => {
                problem.help(format!("declare it: `versions {version}` in `service {name}`"))
            }
            None => problem.help(format!("it has {}", all_of(names()))),
        };
        let listed = service.versions.first().zip(service.versions.last()).map(|(first, last)| (first.span, last.span));
        let problem = match listed.filter(|(first, last)| first.file == last.file) {
            Some((first, last)) => problem.also(first.to(last), "its versions are declared here"),
            None => problem.also(service.span, format!("`{name}` is declared here")),
        };
        self.push(problem);
        false
    }

    /// The subject that a target names.
    pub(super) fn subject(&mut self, arg: &Arg<'a>, here: Option<&'a str>) -> Option<Subject<'a>> {
        let Value::Target(target) = &arg.value else { return None };
        Some(match *target {
            Target::Named(name) => match self.named(name, here, arg.span)? {
                Named::Service(id) => Subject::Service(id),
                Named::External(id) => Subject::External(id),
            },
            Target::Host(host) => Subject::Host(host),
            Target::Namespace(Some(namespace)) => {
                self.known_namespace(namespace, arg.span);
                Subject::Namespace(namespace)
            }
            Target::Namespace(None) => here.map_or(Subject::ThisNamespace, Subject::Namespace),
            Target::Gateway(name) => Subject::Gateway(self.gateway_named(name, here, arg.span)?),
            Target::Mesh => Subject::Mesh,
        })
    }

    /// Whether there is a provider that a word names, for what it is wanted for.
    pub(super) fn provider(&mut self, arg: &Arg<'a>, wanted: Purpose) -> bool {
        let known = self.mesh.settings.known_providers.iter().find(|known| known.name == arg.word());
        if let Some(known) = known.filter(|known| known.kind.purpose != wanted) {
            let problem = Diagnostic::new(
                code::E0319,
                arg.span,
                format!("the provider `{}` {}", known.name, known.kind.purpose.words()),
            )
            .label(format!("none that {}", wanted.words()))
            .also(known.span, "its kind")
            .note(match wanted {
                Purpose::Authorization => "Istio would find no authorizer, and deny every request",
                _ => "Istio leaves it out without a word",
            });
            self.push(problem);
            return false;
        }
        let providers = &self.mesh.settings.providers;
        if providers.iter().any(|(name, _)| *name == arg.word()) {
            self.mesh.uses.push((arg.span, Entity::Provider(arg.word())));
            return true;
        }
        // One that could not be read may declare it.
        if self.mesh.settings.incomplete {
            return false;
        }
        let problem = Diagnostic::new(code::E0208, arg.span, format!("the mesh has no provider `{}`", arg.word()))
            .label("not known");
        let names = || providers.iter().map(|(name, _)| *name);
        let problem = match nearest(arg.word(), names()) {
            Some(near) => problem.fix(format!("write `{near}`"), arg.span, near),
            None => problem.help(format!("declare it: `mesh < provider {} >`", arg.word())),
        };
        self.push(problem);
        false
    }

    /// Where a delegate is declared, if it is.
    pub(super) fn delegate(&self, key: Key<'a>) -> Option<Span> {
        self.delegates.get(&key).copied()
    }

    /// The delegates that are declared.
    pub(super) fn delegate_names(&self) -> impl Iterator<Item = &'a str> {
        self.delegates.keys().map(|(name, _)| *name)
    }
}

/// Where the namespace of a qualified name stands.
pub(super) fn namespace_span(name: Name<'_>, span: Span) -> Span {
    let start = span.start + name.name.len() as u32 + 1;
    Span::new(span.file, start, start + name.namespace.map_or(0, str::len) as u32)
}
