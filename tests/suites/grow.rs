//! Random programs that are mostly right, grown from the vocabulary by a sequence of choices.
//!
//! The same choices give the same program, and smaller or fewer choices a simpler one, so that a failure shrinks.

mod blocks;
mod operands;

use mesh_compiler::vocabulary::{Block, Often, Word, lookup};

pub use blocks::candidates;
use blocks::leads_to;

/// What a program should hold, whatever else it grows: two words in one block, or one word.
#[derive(Debug, Clone, Copy)]
pub struct Focus {
    pub block: Block,
    pub words: [&'static str; 2],
}

/// Grows a program.
pub fn grow(choices: &[u16], focus: Option<Focus>) -> String {
    let mut grower = Grower {
        choices: choices.iter(),
        out: String::new(),
        fresh: 0,
        focus,
        about: About::Http,
        listener: "",
        custom: false,
        routed: Vec::new(),
        several: false,
        grown: Vec::new(),
        host: String::new(),
        applied: "",
    };
    grower.program();
    grower.out
}

/// The blocks that a program can hold, and so the words and pairs that can be asked for.
pub const BLOCKS: [Block; 33] = [
    Block::Mesh,
    Block::Namespace,
    Block::Service,
    Block::Version,
    Block::External,
    Block::Gateway,
    Block::Listener,
    Block::Route,
    Block::Rule,
    Block::Destination,
    Block::Headers,
    Block::Cors,
    Block::Traffic,
    Block::Layer,
    Block::Pool,
    Block::Tls,
    Block::Mtls,
    Block::Policy,
    Block::Authorize,
    Block::Jwt,
    Block::Issuer,
    Block::RequestTests,
    Block::SourceTests,
    Block::OperationTests,
    Block::ConditionTests,
    Block::Locality,
    Block::Workload,
    Block::Scope,
    Block::Observe,
    Block::Plugin,
    Block::Proxy,
    Block::Envoy,
    Block::Patch,
];

/// What the statement at hand is about, as far as its clauses depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// A service with HTTP on 80 (`web`) and the versions v1 and v2.
    Http,
    /// A service with TCP on 5432 and the versions v1 and v2.
    Tcp,
    /// A service that is being declared.
    Declared,
    /// An external with plain HTTP on 80.
    External,
    /// A host at a gateway.
    Host,
    /// A host at a gateway that hands TLS on.
    Sni,
    /// A gateway.
    Gateway,
    /// A namespace, or the mesh.
    Wide,
}

struct Grower<'c> {
    choices: std::slice::Iter<'c, u16>,
    out: String,
    fresh: usize,
    focus: Option<Focus>,
    about: About,
    /// The word of the listener that is grown.
    listener: &'static str,
    /// In `authorize`, where no identity is known yet.
    custom: bool,
    /// The services that have a route, each of which has one.
    routed: Vec<&'static str>,
    /// The destinations just grown are more than one.
    several: bool,
    /// The words of the statement at hand, so far.
    grown: Vec<&'static str>,
    /// The host of the route at hand.
    host: String,
    /// What the patch at hand is applied to.
    applied: &'static str,
}

impl Grower<'_> {
    /// The next choice below a limit; the simplest one when there are none left.
    fn below(&mut self, limit: usize) -> usize {
        self.choices.next().map_or(0, |choice| usize::from(*choice) % limit.max(1))
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    fn of<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())]
    }

    fn number(&mut self) -> usize {
        self.fresh += 1;
        self.fresh
    }

    fn program(&mut self) {
        let focus = self.focus.map(|focus| focus.block);
        if focus == Some(Block::Mesh) || self.one_in(4) {
            self.statement("mesh", String::new(), Block::Mesh, About::Wide);
        }
        self.out.push_str(
            "mesh < provider opa, otel on far.ops >
use std/istioctl
elsewhere < service far in ops < http 80; versions v1, v2; account far >; namespace ops >
in shop
service web < http 80 to 8080 as web; versions v1, v2; account web >
service cart < http 80 to 8080; grpc 9000 as rpc; versions v1, v2; account cart; replicas 40 >
service safe < https 443 >
service db < tcp 5432; versions v1, v2; account db >
external plain \"plain.example.com\" < http 80 >
gateway edge on istio-ingressgateway.istio-system < http 80 \"*.example.com\"; https 443 \"*.example.com\" < cert \"edge\" > >
gateway through on istio-ingressgateway.istio-system < tls 8443 \"*.example.com\" < passthrough > >
jwt gateway edge < issuer \"https://edge\" < jwks \"https://edge/jwks.json\" >; optional >
route as handed-on < web >
",
        );
        if focus != Some(Block::Namespace) {
            self.out.push_str("namespace shop < inject; mtls strict >\n");
        }
        if let Some(focus) = focus {
            self.about_block(focus);
        }
        for _ in 0..1 + self.below(3) {
            let block = self.of(&[
                Block::Route,
                Block::Traffic,
                Block::Policy,
                Block::Jwt,
                Block::Service,
                Block::Gateway,
                Block::External,
                Block::Authorize,
                Block::Workload,
                Block::Scope,
                Block::Observe,
                Block::Plugin,
                Block::Proxy,
                Block::Envoy,
            ]);
            self.focus = None;
            self.about_block(block);
        }
        if self.one_in(3) {
            let n = self.number();
            let (kind, text) = crate::written::any_resource(self.below(1 << 16));
            // An object of one's own beside those of the statements, in a namespace that they do not use.
            self.out.push_str(&text.replacen(
                &format!("resource {kind} a in b"),
                &format!("resource {kind} w{n} in far"),
                1,
            ));
        }
    }

    /// A statement that holds a block of this kind somewhere.
    fn about_block(&mut self, block: Block) {
        let n = self.number();
        let own = format!("s{n}");
        let (word, head, outer, about) = match block {
            Block::Mesh => return,
            Block::Namespace => ("namespace", "shop".to_owned(), Block::Namespace, About::Wide),
            Block::Service | Block::Version => ("service", own, Block::Service, About::Declared),
            Block::External => {
                let host = format!("x{n} \"x{n}.example.org\"");
                ("external", host, Block::External, About::External)
            }
            Block::Gateway | Block::Listener => {
                let on = format!("g{n} on istio-ingressgateway.istio-system");
                let select = format!("g{n}");
                let closed = self.focus.is_some_and(|focus| focus.words.contains(&"select"));
                ("gateway", if closed { select } else { on }, Block::Gateway, About::Gateway)
            }
            Block::Route | Block::Rule | Block::Destination | Block::Headers | Block::Cors | Block::RequestTests => {
                let asks = |words: &[&str]| {
                    self.focus.is_some_and(|focus| {
                        focus.block == block && focus.words.iter().any(|word| words.contains(word))
                    })
                };
                let tests = block == Block::RequestTests;
                let at_edge = tests && asks(&["claim", "via", "scheme"]);
                let inside = tests && asks(&["from"]);
                let through = tests && asks(&["sni"]);
                let free = ["web", "cart"].into_iter().find(|name| !self.routed.contains(name));
                let tcp = self.focus.is_none() && !self.routed.contains(&"db") && self.one_in(6);
                let edge = at_edge || (!inside && (free.is_none() || self.one_in(3)));
                if through {
                    let host = format!("\"h{n}.example.com\" via through");
                    ("route", host, Block::Route, About::Sni)
                } else if tcp {
                    self.routed.push("db");
                    ("route", "db".to_owned(), Block::Route, About::Tcp)
                } else if edge {
                    let host = format!("\"h{n}.example.com\" via edge");
                    ("route", host, Block::Route, About::Host)
                } else {
                    let name = free.unwrap_or("web");
                    self.routed.push(name);
                    ("route", name.to_owned(), Block::Route, About::Http)
                }
            }
            Block::Tls => ("traffic", format!("x{n}"), Block::Traffic, About::External),
            Block::Workload => ("workload", format!("m{n}"), Block::Workload, About::Declared),
            Block::Scope | Block::Observe | Block::Plugin | Block::Proxy | Block::Envoy | Block::Patch => {
                self.out.push_str(&format!("service k{n} < http 80; calls web, cart >\n"));
                let (word, head, outer) = match block {
                    Block::Scope => ("scope", format!("k{n}"), Block::Scope),
                    Block::Observe => ("observe", format!("k{n}"), Block::Observe),
                    Block::Plugin => ("plugin", format!("k{n} as p{n}"), Block::Plugin),
                    Block::Proxy => ("proxy", format!("k{n}"), Block::Proxy),
                    _ => ("envoy", format!("k{n} as e{n}"), Block::Envoy),
                };
                (word, head, outer, About::Http)
            }
            Block::Traffic | Block::Layer | Block::Pool | Block::Locality => {
                let asks = |word: &str| self.focus.is_some_and(|focus| focus.words.contains(&word));
                let external = asks("tls") && block == Block::Layer;
                let http = self.focus.is_some();
                match self.below(5) {
                    3 if !http => ("traffic", "db".to_owned(), Block::Traffic, About::Tcp),
                    4 if !http || external => ("traffic", format!("x{n}"), Block::Traffic, About::External),
                    _ => ("traffic", self.of(&["web", "cart"]).to_owned(), Block::Traffic, About::Http),
                }
            }
            Block::Mtls => {
                let (target, about) = self.of(&[("web", About::Http), ("db", About::Tcp)]);
                let mode = self.of(&["strict", "permissive"]);
                ("mtls", format!("{target} {mode}"), Block::Mtls, about)
            }
            Block::Authorize => ("authorize", "web by opa".to_owned(), Block::Authorize, About::Http),
            Block::Jwt | Block::Issuer => {
                self.out.push_str(&format!("service j{n} < http 80 >\n"));
                ("jwt", format!("j{n}"), Block::Jwt, About::Http)
            }
            _ => {
                let http = self.focus.is_some();
                let word = self.of(match () {
                    () if self.asks(&["nobody"]) => &["allow"][..],
                    () if self.asks(&["dry-run"]) => &["allow", "deny"][..],
                    () => &["allow", "deny", "audit"][..],
                });
                let target = if http {
                    ("web", About::Http)
                } else {
                    self.of(&[
                        ("web", About::Http),
                        ("cart", About::Http),
                        ("db", About::Tcp),
                        ("namespace shop", About::Wide),
                    ])
                };
                (word, target.0.to_owned(), Block::Policy, target.1)
            }
        };
        if word == "traffic" && about == About::External {
            self.out.push_str(&format!("external x{n} \"x{n}.example.org\" < http 80 >\n"));
        }
        self.custom = block == Block::Authorize;
        self.statement(word, head, outer, about);
    }

    /// True when one of some words is asked for.
    fn asks(&self, words: &[&str]) -> bool {
        self.focus.is_some_and(|focus| focus.words.iter().any(|word| words.contains(word)))
    }

    fn statement(&mut self, word: &str, head: String, block: Block, about: About) {
        self.about = about;
        self.grown.clear();
        self.host = head.split(' ').next().unwrap_or_default().to_owned();
        self.out.push_str(&format!("{word} {head} <\n"));
        self.body(block, 1);
        self.out.push_str(">\n");
    }

    /// The clauses of a block: what it needs, what is asked for, and some others.
    fn body(&mut self, block: Block, depth: usize) {
        let mut words: Vec<&'static Word> = Vec::new();
        let focus = self.focus.filter(|focus| focus.block == block);
        for word in self.needed(block).into_iter().chain(focus.into_iter().flat_map(|focus| focus.words)) {
            words.extend(lookup(block, word).filter(|word| !words.iter().any(|old| std::ptr::eq(*old, *word))));
        }
        // A word with itself.
        if let Some([word, again]) = focus.map(|focus| focus.words)
            && word == again
            && !self.one_in(8)
        {
            words.extend(lookup(block, word).filter(|word| word.entry.often == Often::Many));
        }
        // The way down to the block that is asked for.
        if let Some(focus) = self.focus.filter(|focus| focus.block != block) {
            let leads = |word: &&&'static Word| word.entry.block().is_some_and(|inner| leads_to(inner, focus.block));
            let ways: Vec<&'static Word> = candidates(block).into_iter().filter(|word| leads(&word)).collect();
            if !ways.is_empty() && !words.iter().any(|word| leads(&word)) {
                let way = self.of(&ways);
                words.push(way);
            }
        }
        let others: Vec<&'static Word> = candidates(block).into_iter().filter(|word| self.fits(word, block)).collect();
        // One way down is enough: a second one would be filled with what only the first can hold.
        let others: Vec<&'static Word> = match self.focus.filter(|focus| focus.block != block) {
            Some(focus) => {
                let away = |word: &&'static Word| !word.entry.block().is_some_and(|inner| leads_to(inner, focus.block));
                others.into_iter().filter(away).collect()
            }
            None => others,
        };
        let more = if focus.is_some() { self.below(2) } else { self.below(4) };
        for _ in 0..more {
            if others.is_empty() {
                break;
            }
            let word = self.of(&others);
            let again = words.iter().any(|old| std::ptr::eq(*old, word));
            let name = word.entry.word;
            let once = name.is_empty() || matches!(name, "eject" | "port" | "version" | "require");
            if !again || (word.entry.often == Often::Many && !once) {
                words.push(word);
            }
        }
        let has = |name: &str| words.iter().any(|word| word.entry.word == name);
        let tcp = ["tcp", "mongo", "mysql", "redis"].into_iter().any(has);
        let more = if block == Block::External && tcp && !has("address") {
            lookup(block, "address")
        } else if self.listener == "https" && (has("ca") || has("san")) && !has("mutual") && block == Block::Listener {
            lookup(block, "mutual")
        } else {
            None
        };
        words.extend(more);
        for word in words {
            self.clause(word, block, depth);
        }
    }

    fn clause(&mut self, word: &'static Word, block: Block, depth: usize) {
        self.out.push_str(&"  ".repeat(depth));
        self.out.push_str(word.entry.word);
        let again = self.grown.iter().filter(|grown| **grown == word.entry.word).count();
        let at = match (word.entry.word, block) {
            // A secret holds the authority as well; a file does not.
            ("cert", Block::Listener) => usize::from(self.asks(&["ca"])),
            ("cert", Block::Tls) => 1,
            ("rewrite", _) if again > 0 => 2,
            ("rewrite", _) => 0,
            ("balance", _) if self.asks(&["warmup"]) => 0,
            // `locality off` says all there is to say.
            ("locality", _) if self.focus.is_some_and(|focus| focus.block == Block::Locality) => 0,
            _ => self.below(word.shapes.len()),
        };
        self.grown.push(word.entry.word);
        let shape = &word.shapes[at];
        self.elements(&shape.elements, block, word.entry.word);
        if block == Block::Gateway {
            self.listener = word.entry.word;
        }
        if let Some(inner) = word.entry.block() {
            let must = matches!(word.entry.body, mesh_compiler::vocabulary::Body::Must(_));
            let asked = self.focus.is_some_and(|focus| leads_to(inner, focus.block));
            // The listener of a redirect is plain, that of a certificate is not: what a listener says depends on it.
            let split = word.entry.word.is_empty() && self.several && !asked;
            let says = self.out.ends_with("locality off");
            if says {
                // Nothing is left to say.
            } else if must
                || asked
                || word.entry.word == "locality"
                || self.needs_block(word.entry.word, block)
                || (self.one_in(5) && !split)
            {
                self.out.push_str(" <\n");
                let at = self.out.len();
                self.body(inner, depth + 1);
                if self.out.len() == at {
                    self.fallback(inner, depth + 1);
                }
                self.out.push_str(&"  ".repeat(depth));
                self.out.push('>');
            }
        }
        self.out.push('\n');
    }

    fn needs_block(&self, word: &str, block: Block) -> bool {
        block == Block::Gateway && matches!(word, "https" | "tls")
    }

    /// A block that must say something says its first word.
    fn fallback(&mut self, block: Block, depth: usize) {
        let text = match block {
            Block::Listener => "cert \"edge\"",
            Block::Headers => "set x-grown \"yes\"",
            Block::Pool => "max-connections 7",
            Block::Layer | Block::Traffic => "pool < max-connections 7 >",
            Block::Locality => "prefer zone",
            Block::Cors => "origins \"https://example.com\"",
            Block::Rule => "respond 404",
            _ => return,
        };
        self.out.push_str(&format!("{}{text}\n", "  ".repeat(depth)));
    }
}
