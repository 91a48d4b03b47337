//! Names and where they stand: what an editor goes to, lists, renames and hints at.

mod details;
mod hints;
mod lost;

use rustc_hash::FxHashMap as HashMap;

use mesh_diagnostics::{Sources, Span};
use mesh_istio::Text;
use mesh_syntax::Tree;

use crate::expand::{Choices, Expansion, named};
use crate::model::{Entity, ExternalId, GatewayId, Mesh, Port, ServiceId};

pub use hints::Hint;

/// The names of a program.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// What is named.
    pub symbols: Vec<Symbol>,
    /// Where names stand, their declarations too, by file and place; each with the symbol that it names.
    pub uses: Vec<(Span, usize)>,
    /// Where services say that they call something, by what they call.
    calls: Vec<(usize, Span)>,
    /// What follows from what is written and stands nowhere, by file and place.
    pub hints: Vec<Hint>,
    /// The share of each destination, in ten-thousandths of a per cent, by file and place.
    pub shares: Vec<(Span, u32)>,
}

/// Something that has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// What it is.
    pub kind: SymbolKind,
    /// Its name.
    pub name: String,
    /// What it belongs to: a namespace; for a version its service, for a parameter of a profile the profile.
    pub container: Option<String>,
    /// Its name where it is declared; none where nobody declares it.
    pub declared: Option<Span>,
    /// What is known of it, such as `ports` or `versions`, in the order in which it is shown.
    pub details: Vec<(&'static str, Vec<Text>)>,
}

impl Symbol {
    /// What is known of it under a name.
    #[must_use]
    pub fn detail(&self, name: &str) -> &[Text] {
        self.details.iter().find(|(known, _)| *known == name).map_or(&[], |(_, list)| list)
    }

    fn add_detail(&mut self, name: &'static str, detail: &str) {
        match self.details.iter_mut().find(|(known, _)| *known == name) {
            Some((_, list)) if list.iter().any(|known| known == detail) => {}
            Some((_, list)) => list.push(detail.into()),
            None => self.details.push((name, vec![detail.into()])),
        }
    }
}

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the statement or clause of that name")]
pub enum SymbolKind {
    Service,
    Version,
    /// A port with a name.
    Port,
    /// A route without a target, which others delegate to.
    Route,
    External,
    Gateway,
    Namespace,
    Provider,
    Profile,
    /// What `let` names.
    Constant,
    /// What `param` names.
    Parameter,
    /// A parameter of a profile.
    Formal,
}

impl SymbolKind {
    /// The kind as people call it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SymbolKind::Service => "service",
            SymbolKind::Version => "version",
            SymbolKind::Port => "port",
            SymbolKind::Route => "route",
            SymbolKind::External => "external",
            SymbolKind::Gateway => "gateway",
            SymbolKind::Namespace => "namespace",
            SymbolKind::Provider => "provider",
            SymbolKind::Profile => "profile",
            SymbolKind::Constant => "constant",
            SymbolKind::Parameter | SymbolKind::Formal => "parameter",
        }
    }
}

impl Index {
    /// The symbol whose name stands at a place, and where exactly.
    #[must_use]
    pub fn at(&self, place: Span) -> Option<(Span, usize)> {
        let before = self.uses.partition_point(|(span, _)| (span.file, span.start) <= (place.file, place.start));
        let around = self.uses[..before].iter().rev().take(4);
        let mut found = around.filter(|(span, _)| span.file == place.file && place.start <= span.end);
        found.next().copied()
    }

    /// All places that name a symbol.
    pub fn places(&self, symbol: usize) -> impl Iterator<Item = Span> {
        self.uses.iter().filter(move |(_, of)| *of == symbol).map(|(span, _)| *span)
    }

    /// The places where services say that they call a symbol.
    pub fn calls_of(&self, symbol: usize) -> impl Iterator<Item = Span> {
        let first = self.calls.partition_point(|(callee, _)| *callee < symbol);
        self.calls[first..].iter().take_while(move |(callee, _)| *callee == symbol).map(|(_, span)| *span)
    }

    /// The symbols of a kind.
    pub fn of_kind(&self, kind: SymbolKind) -> impl Iterator<Item = &Symbol> {
        self.symbols.iter().filter(move |symbol| symbol.kind == kind)
    }
}

/// The names of a checked program; of one with errors, those that could be understood, and those of declarations that
/// could not.
pub(crate) fn index(
    sources: &Sources,
    trees: &[Tree<'_>],
    choices: &Choices,
    expansion: &Expansion,
    mesh: &Mesh<'_>,
    has_errors: bool,
) -> Index {
    let mut index = Index {
        hints: hints::find(sources, mesh, expansion),
        shares: hints::shares(mesh, expansion),
        ..Index::default()
    };
    let mut known: HashMap<Entity<'_>, usize> = HashMap::default();
    let declared = declarations(mesh);
    let mut details = details::Details::of(mesh);
    let all = declared.iter().map(|(entity, span)| (*entity, *span, true));
    for (entity, span, declares) in all.chain(mesh.uses.iter().map(|(span, entity)| (*entity, *span, false))) {
        // A name that a profile or a value brings is written elsewhere, in other letters.
        let Some(place) = exactly(sources, expansion.origin(span), name_of(mesh, entity)) else { continue };
        let at = *known.entry(entity).or_insert_with(|| {
            index.symbols.push(symbol(mesh, entity, &mut details));
            index.symbols.len() - 1
        });
        if declares && index.symbols[at].declared.is_none() {
            index.symbols[at].declared = Some(place);
        }
        index.uses.push((place, at));
    }
    for service in &mesh.services {
        let services = service.calls.iter().map(|(id, span)| (Entity::Service(*id), *span));
        let externals = service.external_calls.iter().map(|(id, span)| (Entity::External(*id), *span));
        for (entity, span) in services.chain(externals) {
            let place = exactly(sources, expansion.origin(span), name_of(mesh, entity));
            index.calls.extend(known.get(&entity).copied().zip(place));
        }
    }
    index.calls.sort_unstable();
    named(sources, trees, choices, &mut index);
    if has_errors {
        lost::add(trees, &mut index);
    }
    // They stand in runs that are in order.
    index.uses.sort_by_key(|(span, symbol)| (span.file, span.start, span.end, *symbol));
    index.uses.dedup();
    index
}

/// What is declared, and where its name stands or the head that has it.
fn declarations<'a>(mesh: &Mesh<'a>) -> Vec<(Entity<'a>, Span)> {
    let mut out = Vec::new();
    for namespace in &mesh.namespaces {
        out.push((Entity::Namespace(namespace.name), namespace.span));
    }
    for (at, service) in mesh.services.iter().enumerate().filter(|(_, service)| !service.open && !service.assumed) {
        let id = ServiceId(at);
        out.push((Entity::Service(id), service.span));
        out.extend(service.versions.iter().map(|version| (Entity::Version(id, version.name), version.span)));
        let named = service.ports.iter().filter(|port| port.alias.is_some());
        out.extend(named.map(|port| (Entity::Port(id, port.number), port.name)));
    }
    for (at, external) in mesh.externals.iter().enumerate() {
        let id = ExternalId(at);
        out.push((Entity::External(id), external.span));
        let named = external.ports.iter().map(|port| port.port).filter(|port| port.alias.is_some());
        out.extend(named.map(|port| (Entity::ExternalPort(id, port.number), port.name)));
    }
    for (at, gateway) in mesh.gateways.iter().enumerate() {
        out.push((Entity::Gateway(GatewayId(at)), gateway.span));
    }
    out.extend(mesh.delegates.iter().map(|(name, namespace, span)| (Entity::Delegate(name, *namespace), *span)));
    out.extend(mesh.settings.providers.iter().map(|(name, span)| (Entity::Provider(name), *span)));
    out
}

fn name_of<'a>(mesh: &Mesh<'a>, entity: Entity<'a>) -> &'a str {
    match entity {
        Entity::Service(id) => mesh.services[id.0].name,
        Entity::External(id) => mesh.externals[id.0].name,
        Entity::Gateway(id) => mesh.gateways[id.0].name,
        Entity::Port(id, number) => alias(mesh.services[id.0].ports.iter(), number),
        Entity::ExternalPort(id, number) => alias(mesh.externals[id.0].ports.iter().map(|port| &port.port), number),
        Entity::Version(_, name) | Entity::Namespace(name) | Entity::Provider(name) | Entity::Delegate(name, _) => name,
    }
}

fn alias<'m, 'a: 'm>(mut ports: impl Iterator<Item = &'m Port<'a>>, number: u16) -> &'a str {
    ports.find(|port| port.number == number).and_then(|port| port.alias).unwrap_or_default()
}

fn symbol(mesh: &Mesh<'_>, entity: Entity<'_>, details: &mut details::Details) -> Symbol {
    let name = name_of(mesh, entity).to_owned();
    let owned = |namespace: Option<&str>| namespace.map(str::to_owned);
    let (kind, container) = match entity {
        Entity::Service(id) => (SymbolKind::Service, owned(mesh.services[id.0].namespace)),
        Entity::External(id) => (SymbolKind::External, owned(mesh.externals[id.0].namespace)),
        Entity::Gateway(id) => (SymbolKind::Gateway, owned(mesh.gateways[id.0].namespace)),
        Entity::Version(id, _) => (SymbolKind::Version, owned(Some(mesh.services[id.0].name))),
        Entity::Port(id, _) => (SymbolKind::Port, owned(Some(mesh.services[id.0].name))),
        Entity::ExternalPort(id, _) => (SymbolKind::Port, owned(Some(mesh.externals[id.0].name))),
        Entity::Delegate(_, namespace) => (SymbolKind::Route, owned(namespace)),
        Entity::Namespace(_) => (SymbolKind::Namespace, None),
        Entity::Provider(_) => (SymbolKind::Provider, None),
    };
    Symbol { kind, name, container, declared: None, details: details.take(mesh, entity) }
}

/// The place of a name within a span: the first word of it that is the name.
fn exactly(sources: &Sources, span: Span, name: &str) -> Option<Span> {
    let text = sources.text(span);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let rest = text.strip_prefix(name);
    if rest.is_some_and(|rest| rest.chars().next().is_none_or(|c| !is_part(c))) {
        return Some(Span::new(span.file, span.start, span.start + name.len() as u32));
    }
    let found = text.match_indices(name).find(|(at, _)| {
        let before = text[..*at].chars().next_back().is_none_or(|c| !is_part(c));
        before && text[at + name.len()..].chars().next().is_none_or(|c| !is_part(c))
    });
    let (at, _) = found?;
    let start = span.start + at as u32;
    Some(Span::new(span.file, start, start + name.len() as u32))
}
