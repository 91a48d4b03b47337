//! What an entry of the vocabulary says.

/// The blocks that statements stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Block {
    /// The file itself, and `elsewhere`.
    File,
    /// Every block whose statement makes an object.
    Any,
    /// `mesh < … >`
    Mesh,
    /// `namespace NS < … >`
    Namespace,
    /// `service NAME < … >`
    Service,
    /// `version V < … >` in a service
    Version,
    /// `external NAME HOST < … >`
    External,
    /// `workload NAME < … >`
    Workload,
    /// `gateway NAME < … >`
    Gateway,
    /// `https 443 HOST < … >` in a gateway
    Listener,
    /// `route TARGET < … >`
    Route,
    /// `when TESTS < … >` in a route
    Rule,
    /// `v1: 80% < … >` in a route
    Destination,
    /// `request-headers < … >`
    Headers,
    /// `cors < … >`
    Cors,
    /// `traffic TARGET < … >`
    Traffic,
    /// `version V < … >` and `port P < … >` in traffic
    Layer,
    /// `pool < … >`
    Pool,
    /// `tls simple < … >` in traffic
    Tls,
    /// `locality < … >`
    Locality,
    /// `mtls TARGET MODE < … >`
    Mtls,
    /// `allow TARGET < … >`
    Policy,
    /// `authorize TARGET by PROVIDER < … >`
    Authorize,
    /// `jwt TARGET < … >`
    Jwt,
    /// `issuer "…" < … >`
    Issuer,
    /// `scope TARGET < … >`
    Scope,
    /// `observe TARGET < … >`
    Observe,
    /// `slo SERVICE < … >`
    Slo,
    /// `scrape TARGET < … >`
    Scrape,
    /// `dashboard TARGET < … >`
    Dashboard,
    /// `plugin TARGET as N < … >`
    Plugin,
    /// `proxy TARGET < … >`
    Proxy,
    /// `envoy TARGET as N < … >`
    Envoy,
    /// `patch APPLY OPERATION < … >`
    Patch,
    /// `resource KIND NAME < … >`, whose words are the fields of the kind
    Resource,
    /// The tests of `when` in a route.
    RequestTests,
    /// The tests of `from` in a policy.
    SourceTests,
    /// The tests of `to` in a policy, and of `except`.
    OperationTests,
    /// The tests of `when` in a policy.
    ConditionTests,
}

impl Block {
    /// The blocks in the order of the reference; the fields of a `resource` are those of its kind.
    pub const ALL: [Block; 38] = [
        Block::File,
        Block::Any,
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
        Block::RequestTests,
        Block::Traffic,
        Block::Layer,
        Block::Pool,
        Block::Tls,
        Block::Locality,
        Block::Mtls,
        Block::Policy,
        Block::Authorize,
        Block::SourceTests,
        Block::OperationTests,
        Block::ConditionTests,
        Block::Jwt,
        Block::Issuer,
        Block::Workload,
        Block::Scope,
        Block::Observe,
        Block::Slo,
        Block::Scrape,
        Block::Dashboard,
        Block::Plugin,
        Block::Proxy,
        Block::Envoy,
        Block::Patch,
    ];

    /// True where the words are not the vocabulary's, but the fields of a kind.
    #[must_use]
    pub fn is_free(self) -> bool {
        self == Block::Resource
    }

    /// True where `label`, `export`, `ignore` and their like may stand.
    #[must_use]
    pub fn takes_common(self) -> bool {
        use Block::*;
        matches!(
            self,
            Namespace
                | Service
                | External
                | Workload
                | Gateway
                | Route
                | Traffic
                | Mtls
                | Policy
                | Authorize
                | Jwt
                | Scope
                | Observe
                | Slo
                | Scrape
                | Dashboard
                | Plugin
                | Proxy
                | Envoy
                | Resource
        )
    }

    /// The block in one word: `when-of-a-route`.
    #[must_use]
    pub fn slug(self) -> String {
        self.name().replace(' ', "-").replace('`', "")
    }

    /// The block as people call it: "a `route`".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Block::File => "a file",
            Block::Any => "any statement that makes an object",
            Block::Mesh => "`mesh`",
            Block::Namespace => "`namespace`",
            Block::Service => "`service`",
            Block::Version => "`version` of a service",
            Block::External => "`external`",
            Block::Workload => "`workload`",
            Block::Gateway => "`gateway`",
            Block::Listener => "a listener of a gateway",
            Block::Route => "`route`",
            Block::Rule => "`when` of a route",
            Block::Destination => "a destination of a route",
            Block::Headers => "`request-headers` and `response-headers`",
            Block::Cors => "`cors`",
            Block::Traffic => "`traffic`",
            Block::Layer => "`version` and `port` of traffic",
            Block::Pool => "`pool`",
            Block::Tls => "`tls` of traffic",
            Block::Locality => "`locality`",
            Block::Mtls => "`mtls`",
            Block::Policy => "`allow`, `deny` and `audit`",
            Block::Authorize => "`authorize`",
            Block::Jwt => "`jwt`",
            Block::Issuer => "`issuer`",
            Block::Scope => "`scope`",
            Block::Observe => "`observe`",
            Block::Slo => "`slo`",
            Block::Scrape => "`scrape`",
            Block::Dashboard => "`dashboard`",
            Block::Plugin => "`plugin`",
            Block::Proxy => "`proxy`",
            Block::Envoy => "`envoy`",
            Block::Patch => "`patch`",
            Block::Resource => "`resource`",
            Block::RequestTests => "the tests of a route",
            Block::SourceTests => "`from`",
            Block::OperationTests => "`to` and `except`",
            Block::ConditionTests => "`when` of a policy",
        }
    }
}

/// Whether a statement has a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Never.
    None,
    /// It may.
    May(Block),
    /// It must.
    Must(Block),
}

/// How often a word may stand in one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    /// Once; a second one is an error that shows both.
    Once,
    /// Any number of times; all count.
    Many,
}

/// Whether this compiler lowers the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It does.
    Lowered,
    /// The word is of the language, its shape is checked, and building it is refused.
    Planned,
}

/// One statement, clause or test of the language.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its first word; empty for what starts with an operand, such as a destination.
    pub word: &'static str,
    /// Where it may stand.
    pub blocks: &'static [Block],
    /// What follows the word, in the notation of [`super::Shape`]; each is an alternative.
    pub shapes: &'static [&'static str],
    /// Its block.
    pub body: Body,
    /// How often it may stand.
    pub often: Often,
    /// Whether it is lowered.
    pub stage: Stage,
    /// True where it needs a port that speaks HTTP.
    pub http: bool,
    /// True where a rule without it takes it over from the body of the route.
    pub inherited: bool,
    /// What it means, in a line.
    pub help: &'static str,
    /// An example.
    pub example: &'static str,
    /// The Istio field that it sets, or what it becomes.
    pub becomes: &'static str,
    /// The fields that its operands set, from the object of its block: an operand's name, or a word of the shape, and
    /// the path. A clause that has them needs no code.
    pub sets: &'static [(&'static str, &'static str)],
}

/// An entry that stands once, has no block and is lowered.
pub(super) const fn clause(
    word: &'static str,
    blocks: &'static [Block],
    shapes: &'static [&'static str],
    help: &'static str,
    example: &'static str,
    becomes: &'static str,
) -> Entry {
    Entry {
        word,
        blocks,
        shapes,
        body: Body::None,
        often: Often::Once,
        stage: Stage::Lowered,
        http: false,
        inherited: false,
        help,
        example,
        becomes,
        sets: &[],
    }
}

impl Entry {
    pub(super) const fn many(mut self) -> Entry {
        self.often = Often::Many;
        self
    }

    pub(super) const fn may(mut self, block: Block) -> Entry {
        self.body = Body::May(block);
        self
    }

    pub(super) const fn must(mut self, block: Block) -> Entry {
        self.body = Body::Must(block);
        self
    }

    pub(super) const fn http(mut self) -> Entry {
        self.http = true;
        self
    }

    pub(super) const fn inherited(mut self) -> Entry {
        self.inherited = true;
        self
    }

    pub(super) const fn sets(mut self, sets: &'static [(&'static str, &'static str)]) -> Entry {
        self.sets = sets;
        self
    }

    pub(super) const fn planned(mut self) -> Entry {
        self.stage = Stage::Planned;
        self
    }

    /// The block that the entry opens.
    #[must_use]
    pub fn block(&self) -> Option<Block> {
        match self.body {
            Body::None => None,
            Body::May(block) | Body::Must(block) => Some(block),
        }
    }
}
