//! The values of a type: names that the program has, words that Istio knows, and the form of what is free.

use lsp_types::CompletionItemKind;
use mesh_compiler::index::{Symbol, SymbolKind};
use mesh_compiler::operand::Type;
use mesh_diagnostics::{FileId, Severity, all_codes};
use mesh_istio::Kind;
use mesh_istio::Text;

use super::Offer;
use crate::context::Context;
use crate::program::Program;

/// The values of a type at a place.
pub fn of(program: &Program, file: FileId, context: &Context, of: Type) -> Vec<Offer> {
    let words = of.words();
    if !words.is_empty() {
        return words.into_iter().map(|word| Offer::new(word, CompletionItemKind::ENUM_MEMBER, "")).collect();
    }
    let here = namespace(program, file);
    let (statement, _) = context.owner();
    // What declares a name is offered those that nobody declares.
    let declares = context.inner_heads().is_empty() && context.last() == statement;
    let declares = declares && matches!(statement, "service" | "external" | "gateway" | "namespace");
    let names = |kind: SymbolKind, as_kind: CompletionItemKind| {
        let symbols = program.index.of_kind(kind).filter(|symbol| !declares || symbol.declared.is_none());
        let dotted = context.prefix().contains('.');
        symbols.map(|symbol| named(symbol, here.as_deref(), dotted, as_kind)).collect::<Vec<_>>()
    };
    let services = || {
        let mut out = names(SymbolKind::Service, CompletionItemKind::CLASS);
        out.extend(names(SymbolKind::External, CompletionItemKind::INTERFACE));
        out
    };
    match of {
        Type::Target => match context.last() {
            "namespace" => names(SymbolKind::Namespace, CompletionItemKind::MODULE),
            "gateway" => names(SymbolKind::Gateway, CompletionItemKind::MODULE),
            _ => {
                let targets = Targets::of(statement);
                // A list is of one kind.
                let is_list = context.last() == ",";
                let goes_on = |word: &str| context.typed.split_whitespace().any(|one| one == word);
                let mut out = match targets.externals {
                    _ if is_list && targets.words.iter().any(|(word, _)| goes_on(word)) => Vec::new(),
                    true => services(),
                    false => names(SymbolKind::Service, CompletionItemKind::CLASS),
                };
                let words = targets.words.iter().filter(|(word, _)| !is_list || (*word != "mesh" && goes_on(word)));
                out.extend(words.map(|(word, detail)| Offer {
                    rank: 2,
                    ..Offer::new(*word, CompletionItemKind::KEYWORD, *detail)
                }));
                out
            }
        },
        Type::Service => services(),
        Type::Source => services(),
        Type::Gateway => {
            let mut out = names(SymbolKind::Gateway, CompletionItemKind::MODULE);
            if statement == "route" {
                out.push(Offer { rank: 2, ..Offer::new("mesh", CompletionItemKind::KEYWORD, "the sidecars") });
            }
            out
        }
        Type::Delegate => names(SymbolKind::Route, CompletionItemKind::FUNCTION),
        Type::Namespace => names(SymbolKind::Namespace, CompletionItemKind::MODULE),
        Type::Provider => names(SymbolKind::Provider, CompletionItemKind::CONSTANT),
        Type::Version => versions(program, &Owner::of(context, here.as_deref())),
        Type::Share | Type::Destination => match context.prefix().split_once('@') {
            Some((service, _)) => versions(program, &Owner::named(service, here.as_deref()))
                .into_iter()
                .map(|offer| Offer { label: format!("{service}@{}", offer.label), ..offer })
                .collect(),
            None => {
                let mut out = versions(program, &Owner::of(context, here.as_deref()));
                out.extend(services().into_iter().map(|offer| Offer { rank: 2, ..offer }));
                out
            }
        },
        Type::Port => ports(program, &Owner::of(context, here.as_deref())),
        Type::OperationWord => {
            let methods = Type::Method.words().into_iter();
            methods.map(|word| Offer::new(word, CompletionItemKind::ENUM_MEMBER, "method")).collect()
        }
        Type::Account => details(program, "accounts", "service account"),
        Type::Host => details(program, "hosts", "host"),
        Type::Module if context.prefix().starts_with('.') => modules(program, file, context.prefix()),
        Type::Module => mesh_compiler::library_modules()
            .map(|module| {
                let purpose = mesh_compiler::library_purpose(module).unwrap_or_default();
                Offer::new(module, CompletionItemKind::MODULE, purpose)
            })
            .collect(),
        Type::Kind => {
            Kind::all().map(|kind| Offer::new(kind.reference(), CompletionItemKind::STRUCT, kind.group())).collect()
        }
        Type::Release => mesh_istio::SUPPORTED
            .iter()
            .map(|release| Offer::new(release.to_string(), CompletionItemKind::ENUM_MEMBER, "release of Istio"))
            .collect(),
        Type::Finding => all_codes()
            .filter(|code| code.severity != Severity::Error)
            .map(|code| Offer::new(code.id, CompletionItemKind::ENUM_MEMBER, code.title))
            .collect(),
        _ => Vec::new(),
    }
}

/// The namespace that a file lives in.
pub fn namespace(program: &Program, file: FileId) -> Option<String> {
    let line = program.text(file).lines().find_map(|line| line.strip_prefix("in "))?;
    line.split([' ', ';', '#']).next().map(str::to_owned)
}

/// A name, with its namespace where that is another one, or a dot is written.
fn named(symbol: &Symbol, here: Option<&str>, dotted: bool, kind: CompletionItemKind) -> Offer {
    let mut detail = symbol.kind.word().to_owned();
    for (name, list) in symbol.details.iter().take(2) {
        detail.push_str(&format!("; {name} {}", list.join(", ")));
    }
    match symbol.container.as_deref().filter(|other| dotted || here.is_some_and(|here| here != *other)) {
        Some(other) => Offer { rank: 2, ..Offer::new(format!("{}.{other}", symbol.name), kind, detail) },
        None => Offer::new(&symbol.name, kind, detail),
    }
}

/// What a statement may be about, beside services.
struct Targets {
    externals: bool,
    words: &'static [(&'static str, &'static str)],
}

impl Targets {
    fn of(statement: &str) -> Targets {
        const MESH: (&str, &str) = ("mesh", "all of the mesh");
        const NAMESPACE: (&str, &str) = ("namespace", "all of a namespace");
        const GATEWAY: (&str, &str) = ("gateway", "a gateway");
        match statement {
            "route" => Targets { externals: true, words: &[] },
            "traffic" => Targets { externals: true, words: &[MESH, NAMESPACE] },
            "slo" => Targets { externals: false, words: &[] },
            "dashboard" => Targets { externals: false, words: &[NAMESPACE] },
            "scope" => Targets { externals: false, words: &[MESH, NAMESPACE] },
            _ => Targets { externals: false, words: &[MESH, NAMESPACE, GATEWAY] },
        }
    }
}

/// A service by its name and namespace.
struct Owner<'c> {
    name: &'c str,
    namespace: Option<&'c str>,
}

impl<'c> Owner<'c> {
    /// What the statement around a place is about.
    fn of(context: &'c Context, here: Option<&'c str>) -> Owner<'c> {
        let (name, namespace) = context.about();
        Owner { name, namespace: namespace.or(here) }
    }

    fn named(text: &'c str, here: Option<&'c str>) -> Owner<'c> {
        let (name, namespace) = text.split_once('.').map_or((text, here), |(name, namespace)| (name, Some(namespace)));
        Owner { name, namespace }
    }
}

fn service<'p>(program: &'p Program, owner: &Owner<'p>) -> impl Iterator<Item = &'p Symbol> {
    let is_meant = |symbol: &&Symbol| {
        matches!(symbol.kind, SymbolKind::Service | SymbolKind::External | SymbolKind::Gateway)
            && symbol.name == owner.name
            && (owner.namespace.is_none() || symbol.container.as_deref() == owner.namespace)
    };
    program.index.symbols.iter().filter(is_meant)
}

/// The modules whose names begin as what is written.
fn modules(program: &Program, file: FileId, prefix: &str) -> Vec<Offer> {
    let way = prefix.rsplit_once('/').map_or("", |(way, _)| way);
    let Some(path) = program.url(file).and_then(|url| url.to_file_path().ok()) else { return Vec::new() };
    let folder = path.parent().map(|folder| folder.join(way)).unwrap_or_default();
    let found =
        mesh_load::modules_in(&folder).into_iter().filter(|module| folder.join(format!("{module}.mesh")) != path);
    found.map(|module| Offer::new(format!("{way}/{module}"), CompletionItemKind::MODULE, "")).collect()
}

/// The versions of a service.
fn versions<'p>(program: &'p Program, owner: &Owner<'p>) -> Vec<Offer> {
    let name = owner.name;
    let offer = |version: &Text| Offer {
        rank: 0,
        ..Offer::new(version.as_str(), CompletionItemKind::ENUM_MEMBER, format!("version of {name}"))
    };
    service(program, owner).flat_map(|symbol| symbol.detail("versions")).map(offer).collect()
}

/// The ports of a service, by their names where they have one.
fn ports<'p>(program: &'p Program, owner: &Owner<'p>) -> Vec<Offer> {
    let name = owner.name;
    let offer = |port: &Text| {
        let label = match port.split(' ').collect::<Vec<_>>().as_slice() {
            [alias, _, _] => *alias,
            [.., number] => *number,
            [] => "",
        };
        Offer { rank: 0, ..Offer::new(label, CompletionItemKind::ENUM_MEMBER, format!("port of {name}: {port}")) }
    };
    service(program, owner).flat_map(|symbol| symbol.detail("ports")).map(offer).collect()
}

fn details(program: &Program, name: &str, what: &str) -> Vec<Offer> {
    let mut all: Vec<&Text> = program.index.symbols.iter().flat_map(|symbol| symbol.detail(name)).collect();
    all.sort();
    all.dedup();
    all.into_iter().map(|one| Offer::new(one.as_str(), CompletionItemKind::VALUE, what)).collect()
}
