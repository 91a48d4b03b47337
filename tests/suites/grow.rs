//! Random programs that are mostly right, grown from the vocabulary by a sequence of choices.
//!
//! The same choices give the same program, and smaller or fewer choices a simpler one, so that a failure shrinks.

use mesh_compiler::operand::Type;
use mesh_compiler::vocabulary::{Block, Element, Often, Stage, Word, lookup, words_in};

/// What a program should hold, whatever else it grows: two words in one block, or one word.
#[derive(Debug, Clone, Copy)]
pub struct Focus {
    pub block: Block,
    pub words: [&'static str; 2],
}

/// Grows a program.
pub fn grow(choices: &[u16], focus: Option<Focus>) -> String {
    let mut grower = Grower { choices: choices.iter(), out: String::new(), fresh: 0, focus, about: About::Http, listener: "", custom: false, routed: Vec::new(), several: false, grown: Vec::new(), host: String::new() };
    grower.program();
    grower.out
}

/// The blocks that a program can hold, and so the words and pairs that can be asked for.
pub const BLOCKS: [Block; 24] = [
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
            "mesh < provider opa, otel >
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
            ]);
            self.focus = None;
            self.about_block(block);
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
            Block::Traffic | Block::Layer | Block::Pool => {
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
                let target = if http { ("web", About::Http) } else { self.of(&[
                    ("web", About::Http),
                    ("cart", About::Http),
                    ("db", About::Tcp),
                    ("namespace shop", About::Wide),
                ]) };
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
        // The way down to the block that is asked for.
        if let Some(focus) = self.focus.filter(|focus| focus.block != block) {
            let leads = |word: &&&'static Word| word.entry.block().is_some_and(|inner| leads_to(inner, focus.block));
            let ways: Vec<&'static Word> = candidates(block).into_iter().filter(|word| leads(&word)).collect();
            if !ways.is_empty() && !words.iter().any(|word| leads(&word)) {
                let way = self.of(&ways);
                words.push(way);
            }
        }
        let others: Vec<&'static Word> =
            candidates(block).into_iter().filter(|word| self.fits(word, block)).collect();
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

    /// False for a word that would hardly ever compile beside the others; what is asked for is grown all the same.
    fn fits(&self, word: &Word, block: Block) -> bool {
        let name = word.entry.word;
        let http = !matches!(self.about, About::Tcp | About::Sni) || !word.entry.http;
        let here = match block {
            Block::Listener => match self.listener {
                "http" => matches!(name, "redirect" | "bind" | "routes-from"),
                "https" => !matches!(name, "redirect" | "passthrough" | "mesh" | "cert" | "mutual" | "ca" | "san"),
                _ => matches!(name, "bind" | "routes-from"),
            },
            Block::Service => !matches!(name, "on" | "host" | "https" | "tls"),
            Block::External => !matches!(name, "tcp" | "mongo" | "mysql" | "redis" | "resolve" | "address"),
            Block::Namespace => !matches!(name, "ambient" | "revision" | "waypoint" | "inject"),
            Block::Jwt => !matches!(name, "require" | "optional"),
            Block::Authorize => !matches!(name, "from"),
            Block::Gateway => name != "select",
            Block::Policy if self.asks(&["nobody"]) => !matches!(name, "to" | "when" | "dry-run"),
            Block::Policy => name != "dry-run",
            Block::Traffic | Block::Layer => {
                name != "warmup" && !(name == "tls" && self.about != About::External) && !(name == "version" && self.about == About::External)
            }
            Block::Route | Block::Rule => !matches!(name, "redirect" | "respond" | "delegate"),
            _ => true,
        };
        let exported = matches!(block, Block::Route | Block::Traffic | Block::Service | Block::External);
        http && here && (name != "export" || (exported && self.about != About::Declared))
    }

    /// What a block cannot do without.
    fn needed(&mut self, block: Block) -> Vec<&'static str> {
        let asked = self.focus.filter(|focus| focus.block == block).map_or([""; 2], |focus| focus.words);
        let has = |words: &[&str]| asked.iter().any(|word| !word.is_empty() && words.contains(word));
        match block {
            Block::Service if has(&["on", "host"]) => vec!["http", "on", "host"],
            Block::Service => vec!["http"],
            Block::External if has(&["http", "http2", "grpc", "grpc-web", "https", "tls", "endpoint"]) => vec![],
            Block::External if has(&["tcp", "mongo", "mysql", "redis"]) => vec!["address"],
            Block::External => vec!["http"],
            Block::Gateway if has(&["https", "tls", "tcp", "http"]) => vec![],
            Block::Gateway if self.focus.is_some_and(|focus| focus.block == Block::Listener) => {
                let words = self.focus.map_or([""; 2], |focus| focus.words);
                vec![match () {
                    () if words.contains(&"redirect") => "http",
                    () if words.contains(&"passthrough") => "tls",
                    () => "https",
                }]
            }
            Block::Gateway => vec!["http"],
            Block::Listener => match self.listener {
                "https" if has(&["mesh", "passthrough"]) => vec![],
                "https" => vec!["cert"],
                "tls" if has(&["mesh", "cert", "mutual"]) => vec![],
                "tls" => vec!["passthrough"],
                _ => vec![],
            },
            Block::Namespace if has(&["waypoint", "ambient"]) => vec!["ambient", "mtls"],
            Block::Namespace if has(&["revision"]) => vec!["mtls"],
            Block::Namespace => vec!["inject", "mtls"],
            Block::Cors => vec!["origins"],
            Block::Traffic | Block::Layer if has(&["warmup"]) && !has(&["balance"]) => vec![],
            Block::Route if matches!(self.about, About::Host | About::Sni) && !has(&["respond", "redirect", "delegate"]) => {
                vec![""]
            }
            Block::Rule if has(&["respond", "redirect", "delegate"]) => vec![],
            Block::Rule => vec![""],
            Block::Policy => vec!["from"],
            Block::Authorize => vec!["to"],
            Block::Jwt if has(&["optional"]) => vec!["issuer"],
            Block::Jwt => vec!["issuer", "require"],
            Block::Issuer => vec!["jwks"],
            Block::Traffic => vec![],
            _ => vec![],
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
            if must || asked || self.needs_block(word.entry.word, block) || (self.one_in(5) && !split) {
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
            Block::Cors => "origins \"https://example.com\"",
            Block::Rule => "respond 404",
            _ => return,
        };
        self.out.push_str(&format!("{}{text}\n", "  ".repeat(depth)));
    }

    fn elements(&mut self, elements: &'static [Element], block: Block, word: &'static str) {
        for element in elements {
            match element {
                Element::Word(text) => self.push(text),
                Element::Slot(slot) if slot.of == Type::Share => self.shares(),
                Element::Slot(slot) => match slot.of {
                    Type::Request => self.condition(Block::RequestTests),
                    Type::Source => self.condition(Block::SourceTests),
                    Type::Operation => self.condition(Block::OperationTests),
                    Type::Condition => self.condition(Block::ConditionTests),
                    of => {
                        let lone = slot.of == Type::OperationWord || slot.of == Type::Export;
                        let count = if slot.list && !lone { 1 + usize::from(self.one_in(3)) } else { 1 };
                        let values: Vec<String> = (0..count).map(|_| self.operand(of, block, word)).collect();
                        let mut seen = std::collections::HashSet::new();
                        let values: Vec<&String> = values.iter().filter(|value| seen.insert(*value)).collect();
                        let text = values.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", ");
                        self.push(&text);
                    }
                },
                Element::Options(options) => {
                    for option in options {
                        let first = match option.first() {
                            Some(Element::Word(first)) => *first,
                            _ => "",
                        };
                        let odd = match (word, first) {
                            ("https" | "tls" | "tcp" | "mongo" | "mysql" | "redis", "tls") => true,
                            ("redirect", "prefix" | "scheme") | ("gateway" | "external", "as") => true,
                            ("", "port") => self.several || self.about == About::Host,
                            ("mirror", "port") | ("endpoint", "port") => true,
                            _ => false,
                        };
                        let must = word == "redirect" && first == "host";
                        if (self.one_in(3) || must) && !odd {
                            self.elements(option, block, word);
                        }
                    }
                }
            }
        }
    }

    fn push(&mut self, text: &str) {
        if !self.out.ends_with(['\n', ' ', '(']) {
            self.out.push(' ');
        }
        self.out.push_str(text);
    }

    fn shares(&mut self) {
        let alone = self.focus.is_some_and(|focus| matches!(focus.block, Block::Destination | Block::Headers));
        let text = match (self.about, self.below(5)) {
            (About::Host, _) if alone => "web@v1",
            (About::Http, _) if alone => "v1",
            (About::Sni, _) => "safe",
            (About::Host | About::Gateway, 0..=2) => "web",
            (About::Host | About::Gateway, 3) => "web@v1: 70%, web@v2",
            (About::Host | About::Gateway, _) => "far.ops: 10%, web",
            (_, 0) => "v1",
            (_, 1) => "v1: 80%, v2: 20%",
            (_, 2) => "v1: 99.5%, v2",
            (_, 3) => "v2",
            (About::Tcp, _) => "v1: 33%, v2",
            (_, _) => "v1: 50%, far.ops@v2",
        };
        self.several = text.contains(',') || text.starts_with('v');
        // A destination starts the statement: its word is empty.
        self.push(text);
    }

    /// Tests joined by `and` and `or`.
    fn condition(&mut self, block: Block) {
        let asked = self.focus.filter(|focus| focus.block == block);
        let wanted: Vec<&'static str> = asked.into_iter().flat_map(|focus| focus.words).collect();
        let all = candidates(block);
        let wanted: Vec<&'static str> = wanted.into_iter().filter(|word| lookup(block, word).is_some()).collect();
        let count = if wanted.is_empty() { 1 + self.below(3) } else { wanted.len() };
        let mut first = true;
        for at in 0..count {
            let word = match wanted.get(at) {
                Some(word) => lookup(block, word),
                None => Some(self.of(&all)),
            };
            let Some(word) = word else { continue };
            let identity = matches!(word.entry.word, "" | "gateway" | "namespace" | "principal" | "trust-domain" | "token");
            if self.custom && ((block == Block::SourceTests && identity) || matches!(word.entry.word, "claim" | "audience" | "presenter")) {
                continue;
            }
            let http = self.about == About::Tcp
                && match block {
                    Block::OperationTests => word.entry.word != "port",
                    Block::SourceTests => word.entry.word == "token",
                    Block::ConditionTests => !matches!(word.entry.word, "sni" | "dest-ip"),
                    _ => false,
                };
            if http {
                continue;
            }
            let edge_only = matches!(word.entry.word, "claim" | "via" | "scheme") && self.about != About::Host;
            let inside_only = word.entry.word == "from" && self.about != About::Http;
            let sni = word.entry.word == "sni" && self.about != About::Sni;
            if block == Block::RequestTests && wanted.is_empty() && (edge_only || inside_only || sni) {
                continue;
            }
            if matches!(word.entry.word, "anyone" | "nobody") && wanted.is_empty() && at > 0 {
                continue;
            }
            if !first {
                let alone = asked.is_some() || matches!(block, Block::OperationTests | Block::SourceTests);
                let join = if alone { "or" } else { self.of(&["or", "or", "and"]) };
                self.push(join);
            }
            first = false;
            if matches!(word.entry.word, "anyone" | "nobody") {
                self.push(if wanted.first() == Some(&"nobody") { "nobody" } else { "anyone" });
                if wanted.is_empty() {
                    return;
                }
                continue;
            }
            if block == Block::RequestTests && matches!(word.entry.word, "header" | "cookie") && self.one_in(4) {
                self.push("not");
            }
            if !word.entry.word.is_empty() {
                self.push(word.entry.word);
            }
            let shape = &word.shapes[self.below(word.shapes.len())];
            self.elements(&shape.elements, block, word.entry.word);
        }
        if first {
            self.push(match block {
                Block::RequestTests => "path /grown",
                Block::SourceTests => "ip 10.7.7.7",
                Block::OperationTests if self.about == About::Tcp => "port 5432",
                Block::OperationTests => "GET",
                Block::ConditionTests if self.about == About::Tcp => "dest-ip 10.7.7.7",
                _ => "header x-grown \"yes\"",
            });
        }
    }

    fn operand(&mut self, of: Type, block: Block, word: &'static str) -> String {
        let n = self.number();
        let text = match of {
            Type::Abort => self.of(&["503", "UNAVAILABLE", "404"]),
            Type::Account => return format!("account-{n}"),
            Type::Address if word == "bind" => "10.0.0.1",
            Type::Address => return format!("10.{}.{}.0/24", n % 250, self.below(250)),
            Type::Cipher => self.of(&["ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA", "ECDHE-ECDSA-AES128-GCM-SHA256"]),
            Type::Claim => self.of(&["groups", "sub", "realm.roles"]),
            Type::Cookie => self.of(&["session", "user"]),
            Type::Count if word == "replicas" => "40",
            Type::Count if word == "balance" => self.of(&["1024", "5003"]),
            Type::Count => self.of(&["1", "2", "3"]),
            Type::Delegate => "handed-on",
            Type::Destination => match self.about {
                About::Host | About::Gateway | About::External => "web@v1",
                _ => self.of(&["v2", "web", "far.ops@v1"]),
            },
            Type::Domain => self.of(&["cluster.local", "td2"]),
            Type::Duration if word == "max-age" && block == Block::Cors => "1h",
            Type::Duration => self.of(&["1s", "250ms", "2s", "1m"]),
            Type::Eject => self.of(&["5xx", "gateway"]),
            Type::Endpoint => return format!("10.9.{}.{}", n % 200, 1 + self.below(200)),
            Type::Export => self.of(&["here", "ops"]),
            Type::Finding => self.of(&["retry-never-fires", "shadowed-rule", "sticky-split"]),
            Type::Gateway => "edge",
            Type::Header => return format!("x-h{n}"),
            Type::Host if block == Block::RequestTests => return self.host.clone(),
            Type::Host => return format!("\"host{n}.example.com\""),
            Type::Locality => self.of(&["eu-west/a", "eu-west", "us-east/b/c"]),
            Type::Method => self.of(&["GET", "POST", "HEAD"]),
            Type::Mode if block == Block::Namespace => "strict",
            Type::Mode => self.of(&["strict", "permissive"]),
            Type::Module => "std/istioctl",
            Type::Name => return format!("n{n}"),
            Type::Namespace if block == Block::Mesh => "istio-system",
            Type::Namespace => self.of(&["ops", "shop"]),
            Type::OperationWord => self.of(&["GET", "/a/*", "/b", "/users/{id}", "POST"]),
            Type::Pair if word == "endpoint" => return format!("http-80: {}", 8000 + self.below(99)),
            Type::Pair => return format!("key-{n}: value"),
            Type::Path if word == "rewrite" => self.of(&["/", "/to/"]),
            Type::Path => self.of(&["/", "/to"]),
            Type::Paths => return format!("/p{}{}", self.below(30), self.of(&["", "/*", "/{id}", "/x"])),
            Type::Pattern if block == Block::Cors => return format!("\"https://o{}.example.com\"", self.below(9)),
            Type::Pattern => self.of(&["\"a\"", "\"b*\"", "\"*c\"", "\"d\""]),
            Type::Percent if word == "eject" => self.of(&["50%", "10%"]),
            Type::Percent => self.of(&["50%", "10%", "0.5%"]),
            Type::Port => match self.about {
                About::Tcp => "5432",
                _ => "80",
            },
            Type::PortNumber => return format!("{}", 1000 + n * 7 % 30_000 + self.below(7)),
            Type::Provider => self.of(&["opa"]),
            Type::Query => self.of(&["debug", "q"]),
            Type::Redirect => self.of(&["301", "308"]),
            Type::Regex => self.of(&["~\"/r[0-9]+\"", "~\"/a(b|c)\""]),
            Type::Release => self.of(&["1.31", "1.30", "1.29", "1.28"]),
            Type::Retry => self.of(&["5xx", "reset", "503", "connect-failure"]),
            Type::Service => self.of(&["web", "cart"]),
            Type::Status => self.of(&["404", "200"]),
            Type::String if matches!(word, "host") => return format!("\"{}.example.com\"", self.of(&["a", "b"])),
            Type::String if word == "principal" => "\"cluster.local/ns/ops/sa/far\"",
            Type::String if word == "token" && block == Block::SourceTests => "\"https://edge\"",
            Type::String if matches!(word, "issuer") => return format!("\"https://i{n}\""),
            Type::String if word == "jwks" => "\"https://i/jwks.json\"",
            Type::String if matches!(word, "ca" | "cert") => "\"/etc/certs/it.pem\"",
            Type::String | Type::Text => return format!("\"text {n}\""),
            Type::Target => "web",
            Type::Version => match self.about {
                About::Declared => return format!("v{n}"),
                _ => self.of(&["v1", "v2"]),
            },
            Type::OneOf(_) if word == "resolve" => "dns",
            Type::OneOf(_) if word == "tls" && block != Block::External => match self.about {
                About::External if self.asks(&["cert"]) => "mutual",
                About::External => "simple",
                _ => "mesh",
            },
            Type::OneOf("1.0|1.1|1.2|1.3") => if word == "min-tls" { "1.2" } else { "1.3" },
            Type::OneOf(_) if word == "balance" && self.asks(&["warmup"]) => "least-request",
            Type::OneOf(words) => {
                let words: Vec<&str> = words.split('|').collect();
                self.of(&words)
            }
            _ => "x",
        };
        text.to_owned()
    }
}

/// The words that may grow in a block: those that are lowered, without those that would undo the rest.
pub fn candidates(block: Block) -> Vec<&'static Word> {
    let unfit = |word: &&Word| {
        let name = word.entry.word;
        word.entry.stage == Stage::Lowered
            && !(block == Block::Mesh && matches!(name, "declared-only" | "root-namespace" | "trust-domain"))
            && !(name == "ignore")
    };
    words_in(block).filter(unfit).collect()
}

/// True when a block is another one, or holds a statement that leads there.
fn leads_to(from: Block, to: Block) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while let Some(block) = seen.get(at).copied() {
        if block == to {
            return true;
        }
        let tests = match (block, to) {
            (Block::Route, Block::RequestTests)
            | (Block::Policy | Block::Authorize, Block::SourceTests | Block::OperationTests)
            | (Block::Jwt, Block::OperationTests) => true,
            _ => false,
        };
        if tests {
            return true;
        }
        for word in candidates(block) {
            if let Some(inner) = word.entry.block().filter(|inner| !seen.contains(inner)) {
                seen.push(inner);
            }
        }
        at += 1;
    }
    false
}
