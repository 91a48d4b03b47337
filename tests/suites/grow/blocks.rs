//! What blocks need, what fits into them, and which lead to others.

use mesh_compiler::vocabulary::{Block, Stage, Word, words_in};

use super::{About, Grower};

impl Grower<'_> {
    /// False for a word that would hardly ever compile beside the others; what is asked for is grown all the same.
    pub(super) fn fits(&self, word: &Word, block: Block) -> bool {
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
                name != "warmup"
                    && !(name == "tls" && self.about != About::External)
                    && !(name == "version" && self.about == About::External)
            }
            // The fields that are grown there are those of HTTP.
            Block::Route | Block::Rule | Block::Destination
                if name == "field" && matches!(self.about, About::Tcp | About::Sni) =>
            {
                false
            }
            Block::Route | Block::Rule => !matches!(name, "redirect" | "respond" | "delegate"),
            Block::Workload => !matches!(name, "group" | "probe"),
            Block::Plugin => name != "lua",
            // Shares by locality exclude everything else there.
            Block::Locality => name != "split" && !self.asks(&["split"]),
            Block::Patch => match self.applied {
                "HTTP_FILTER" => !matches!(name, "cluster" | "vhost"),
                "HTTP_ROUTE" => !matches!(name, "cluster" | "filter" | "listener"),
                _ => !matches!(name, "filter" | "listener" | "vhost"),
            },
            _ => true,
        };
        let exported = matches!(block, Block::Route | Block::Traffic | Block::Service | Block::External);
        http && here && (name != "export" || (exported && self.about != About::Declared))
    }

    /// What a block cannot do without.
    pub(super) fn needed(&mut self, block: Block) -> Vec<&'static str> {
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
            Block::Route
                if matches!(self.about, About::Host | About::Sni) && !has(&["respond", "redirect", "delegate"]) =>
            {
                vec![""]
            }
            Block::Rule if has(&["respond", "redirect", "delegate"]) => vec![],
            Block::Rule => vec![""],
            Block::Policy => vec!["from"],
            Block::Authorize => vec!["to"],
            Block::Jwt if has(&["optional"]) => vec!["issuer"],
            Block::Jwt => vec!["issuer", "require"],
            Block::Issuer => vec!["jwks"],
            Block::Workload if has(&["group", "probe"]) => vec!["group"],
            Block::Workload => vec!["address"],
            Block::Plugin if has(&["lua"]) => vec![],
            Block::Plugin => vec!["url"],
            Block::Envoy => vec!["patch"],
            Block::Patch => vec!["value"],
            Block::Scope if has(&["reaches", "others", "listen", "inbound", "field"]) => vec![],
            Block::Scope => vec!["reaches"],
            Block::Observe if has(&["trace", "access-log", "metrics", "tag", "drop-tag", "set-tag", "off"]) => vec![],
            Block::Observe => vec!["trace"],
            Block::Proxy if has(&["concurrency", "env", "image"]) => vec![],
            Block::Proxy => vec!["concurrency"],
            Block::Locality => vec![],
            Block::Traffic => vec![],
            _ => vec![],
        }
    }
}

/// The words that are gone before anything is checked.
const ABSTRACTION: [&str; 6] = ["let", "param", "profile", "with", "if", "else"];

/// The words that may grow in a block: those that are lowered, without those that would undo the rest.
pub fn candidates(block: Block) -> Vec<&'static Word> {
    let unfit = |word: &&Word| {
        let name = word.entry.word;
        word.entry.stage == Stage::Lowered
            && !(block == Block::Mesh && matches!(name, "declared-only" | "root-namespace" | "trust-domain"))
            && name != "ignore"
            // Programs grow without names; what names stand for is what the suite `abstraction` compares.
            && !ABSTRACTION.contains(&name)
            // A Namespace has no fields of its own.
            && !(block == Block::Namespace && name == "field")
    };
    words_in(block).filter(unfit).collect()
}

/// True when a block is another one, or holds a statement that leads there.
pub(super) fn leads_to(from: Block, to: Block) -> bool {
    let mut seen = vec![from];
    let mut at = 0;
    while let Some(block) = seen.get(at).copied() {
        if block == to {
            return true;
        }
        let tests = matches!(
            (block, to),
            (Block::Route, Block::RequestTests)
                | (
                    Block::Policy | Block::Authorize,
                    Block::SourceTests | Block::OperationTests | Block::ConditionTests
                )
                | (Block::Jwt, Block::OperationTests)
        );
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
