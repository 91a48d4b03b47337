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
    let names = |kind: SymbolKind, as_kind: CompletionItemKind| {
        let symbols = program.index.of_kind(kind);
        symbols.map(|symbol| named(symbol, here.as_deref(), as_kind)).collect::<Vec<_>>()
    };
    let services = || {
        let mut out = names(SymbolKind::Service, CompletionItemKind::CLASS);
        out.extend(names(SymbolKind::External, CompletionItemKind::INTERFACE));
        out
    };
    match of {
        Type::Target => {
            let mut out = services();
            for (word, detail) in
                [("mesh", "all of the mesh"), ("namespace", "all of a namespace"), ("gateway", "a gateway")]
            {
                out.push(Offer { rank: 2, ..Offer::new(word, CompletionItemKind::KEYWORD, detail) });
            }
            out
        }
        Type::Service => services(),
        Type::Source => services(),
        Type::Gateway => names(SymbolKind::Gateway, CompletionItemKind::MODULE),
        Type::Namespace => names(SymbolKind::Namespace, CompletionItemKind::MODULE),
        Type::Provider => names(SymbolKind::Provider, CompletionItemKind::CONSTANT),
        Type::Version => versions(program, context.owner().1),
        Type::Share | Type::Destination => match context.prefix().split_once('@') {
            Some((service, _)) => versions(program, service)
                .into_iter()
                .map(|offer| Offer { label: format!("{service}@{}", offer.label), ..offer })
                .collect(),
            None => {
                let mut out = versions(program, context.owner().1);
                out.extend(services().into_iter().map(|offer| Offer { rank: 2, ..offer }));
                out
            }
        },
        Type::Port => ports(program, context.owner().1),
        Type::Account => details(program, "accounts", "service account"),
        Type::Host => details(program, "hosts", "host"),
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

/// A name, with its namespace where that is another one.
fn named(symbol: &Symbol, here: Option<&str>, kind: CompletionItemKind) -> Offer {
    let mut detail = symbol.kind.word().to_owned();
    for (name, list) in symbol.details.iter().take(2) {
        detail.push_str(&format!("; {name} {}", list.join(", ")));
    }
    match symbol.container.as_deref().filter(|other| here.is_some_and(|here| here != *other)) {
        Some(other) => Offer { rank: 2, ..Offer::new(format!("{}.{other}", symbol.name), kind, detail) },
        None => Offer::new(&symbol.name, kind, detail),
    }
}

fn service<'p>(program: &'p Program, name: &str) -> impl Iterator<Item = &'p Symbol> {
    let is_meant = move |symbol: &&Symbol| {
        matches!(symbol.kind, SymbolKind::Service | SymbolKind::External | SymbolKind::Gateway) && symbol.name == name
    };
    program.index.symbols.iter().filter(is_meant)
}

/// The versions of a service.
fn versions(program: &Program, name: &str) -> Vec<Offer> {
    let offer = |version: &Text| Offer {
        rank: 0,
        ..Offer::new(version.as_str(), CompletionItemKind::ENUM_MEMBER, format!("version of {name}"))
    };
    service(program, name).flat_map(|symbol| symbol.detail("versions")).map(offer).collect()
}

/// The ports of a service, by their names where they have one.
fn ports(program: &Program, name: &str) -> Vec<Offer> {
    let offer = |port: &Text| {
        let label = match port.split(' ').collect::<Vec<_>>().as_slice() {
            [alias, _, _] => *alias,
            [.., number] => *number,
            [] => "",
        };
        Offer { rank: 0, ..Offer::new(label, CompletionItemKind::ENUM_MEMBER, format!("port of {name}: {port}")) }
    };
    service(program, name).flat_map(|symbol| symbol.detail("ports")).map(offer).collect()
}

fn details(program: &Program, name: &str, what: &str) -> Vec<Offer> {
    let mut all: Vec<&Text> = program.index.symbols.iter().flat_map(|symbol| symbol.detail(name)).collect();
    all.sort();
    all.dedup();
    all.into_iter().map(|one| Offer::new(one.as_str(), CompletionItemKind::VALUE, what)).collect()
}
