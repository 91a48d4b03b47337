//! Trees to the typed model: declarations first, then everything that names them.

mod about;
mod client_tls;
mod common;
mod declare;
mod egress;
mod ends;
mod except;
pub(crate) mod external;
pub(crate) mod field;
mod free;
mod gateway;
mod headers;
mod jwt;
mod locality;
mod mtls;
mod names;
mod observe;
mod operations;
mod policy;
mod port;
mod ports;
mod resource;
mod route;
mod rule;
mod scope;
pub(crate) mod service;
mod sets;
mod settings;
mod slo;
mod sources;
mod tests_of_route;
mod traffic;
mod typed;
mod unite;
mod watch;
mod waypoint;
mod workload;

pub(crate) use typed::described;

use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use mesh_diagnostics::{Diagnostic, FileId, Span, code};
use mesh_istio::{Kind, Release};
use mesh_syntax::{Statement, Tree};
use rayon::prelude::*;

use crate::clause::{Clause, Clauses, Walk};
use crate::model::{ExternalId, GatewayId, Head, Mesh, ServiceId, Subject};
use crate::operand::{Name, Reader};
use crate::vocabulary::{Block, Stage};

/// A tree and what the program has it for.
pub(crate) struct Module<'t, 'a> {
    pub tree: &'t Tree<'a>,
    /// Taken in with `use`: it emits nothing.
    pub library: bool,
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'t, 'a> {
    pub tree: &'t Tree<'a>,
    /// The namespace of the file.
    pub namespace: Option<&'a str>,
    /// False in `elsewhere` and in modules.
    pub emits: bool,
}

/// A top-level statement whose head fits, and where it stands.
pub(crate) struct Placed<'t, 'a> {
    pub clause: Clause<'t, 'a>,
    pub site: Site<'t, 'a>,
}

/// A name and its namespace, as declarations are found by.
pub(crate) type Key<'a> = (&'a str, Option<&'a str>);

/// The state of the check.
pub(crate) struct Checker<'t, 'a> {
    pub mesh: Mesh<'a>,
    pub diagnostics: Vec<Diagnostic>,
    services: HashMap<Key<'a>, ServiceId>,
    externals: HashMap<Key<'a>, ExternalId>,
    gateways: HashMap<Key<'a>, GatewayId>,
    /// The namespaces that are declared, and those that some file lives in.
    namespaces: HashMap<&'a str, Span>,
    delegates: HashMap<Key<'a>, Span>,
    /// The files of the library that are taken in.
    libraries: HashSet<FileId>,
    /// The issuers whose tokens some `jwt` takes.
    issuers: HashSet<&'a str>,
    /// Where the mode of each subject is.
    mtls_places: HashMap<Subject<'a>, usize>,
    /// Where the one object of a kind about a subject is said.
    about_places: HashMap<(Kind, Subject<'a>), Span>,
    /// Where the scope of each subject is.
    scope_places: HashMap<Subject<'a>, usize>,
    /// Where what is watched of each subject is.
    observed_places: HashMap<Subject<'a>, usize>,
    /// Where `scrape` and `dashboard` of each subject are.
    watched_places: HashMap<(&'static str, Subject<'a>), Span>,
    /// The services behind providers, before they are looked up.
    provider_names: Vec<(&'a str, Name<'a>, Span)>,
    /// The egress gateways of externals, before they are looked up.
    via_names: Vec<(ExternalId, Name<'a>, Span)>,
    /// Names that statements which could not be read may have declared.
    doubtful: HashSet<&'a str>,
    /// The kinds of declarations of which one could not be read, so that its name may be missing.
    lost: HashSet<&'a str>,
    /// Unknown names that were reported once.
    reported: HashSet<(&'static str, String)>,
    /// Some module that is taken in does not exist, so that names may be missing.
    missing_module: bool,
    /// The block of the statement at hand, where it was read ahead.
    ahead: Option<Ahead<'t, 'a>>,
}

/// The block of a statement, read before the check gets to it, and what is wrong in it.
struct Ahead<'t, 'a> {
    /// Where the statement stands.
    statement: Span,
    block: Block,
    clauses: Clauses<'t, 'a>,
    problems: Vec<Diagnostic>,
}

/// Checks a program: what could be understood of it, and what is wrong. A release that is given is meant in place of the one
/// that the program says.
pub(crate) fn check<'a>(
    modules: &[Module<'_, 'a>],
    missing_module: bool,
    release: Option<Release>,
) -> (Mesh<'a>, Vec<Diagnostic>) {
    let mut checker = Checker {
        mesh: Mesh::default(),
        diagnostics: Vec::new(),
        services: HashMap::default(),
        externals: HashMap::default(),
        gateways: HashMap::default(),
        namespaces: HashMap::default(),
        delegates: HashMap::default(),
        libraries: modules.iter().filter(|module| module.library).map(|module| module.tree.file()).collect(),
        issuers: HashSet::default(),
        mtls_places: HashMap::default(),
        about_places: HashMap::default(),
        scope_places: HashMap::default(),
        observed_places: HashMap::default(),
        watched_places: HashMap::default(),
        provider_names: Vec::new(),
        via_names: Vec::new(),
        doubtful: HashSet::default(),
        lost: HashSet::default(),
        reported: HashSet::default(),
        missing_module,
        ahead: None,
    };
    let mut placed = Vec::with_capacity(modules.iter().map(|module| module.tree.statements().count()).sum());
    for module in modules {
        checker.place(module, &mut placed);
    }
    checker.make_room(&placed);
    let declare = || {
        checker.settings(&placed);
        checker.mesh.settings.release = release.unwrap_or(checker.mesh.settings.release);
        checker.declare(&placed);
        checker.describe(&placed);
        checker.provider_services();
        checker.egress();
    };
    // What a block says does not depend on what is declared.
    let (ahead, ()) = rayon::join(|| placed.par_iter().with_min_len(MANY).map(read_ahead).collect::<Vec<_>>(), declare);
    for (statement, ahead) in placed.iter().zip(ahead) {
        checker.ahead = ahead;
        match statement.clause.name() {
            "in" if statement.site.emits => {
                if let Some(arg) = statement.clause.args.get("namespace") {
                    checker.known_namespace(arg.word(), arg.span);
                }
            }
            "route" => checker.route(statement),
            "traffic" => checker.traffic(statement),
            "mtls" => checker.mtls(statement),
            "allow" | "deny" | "audit" | "authorize" => checker.policy(statement),
            "jwt" => checker.jwt(statement),
            "resource" => checker.resource(statement),
            "workload" => checker.workload(statement),
            "scope" => checker.scope(statement),
            "observe" => checker.observe(statement),
            "slo" => checker.slo(statement),
            "scrape" => checker.scrape(statement),
            "dashboard" => checker.dashboard(statement),
            "plugin" => checker.plugin(statement),
            "proxy" => checker.proxy(statement),
            "envoy" => checker.envoy(statement),
            _ => {}
        }
    }
    checker.unite();
    checker.waypoints_passed_by();
    checker.scraped_twice();
    (checker.mesh, checker.diagnostics)
}

/// Reads a statement of a file.
fn read_top<'t, 'a>(statement: Statement<'t, 'a>) -> (Option<Clause<'t, 'a>>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let reader = Reader { tree: statement.tree() };
    let clause = Walk { reader, diagnostics: &mut problems }.clause(statement, Block::File);
    (clause, problems)
}

/// Statements that are worth a thread of their own.
const MANY: usize = 64;

/// Reads the block of a statement that declares nothing: declarations are read beside it.
fn read_ahead<'t, 'a>(placed: &Placed<'t, 'a>) -> Option<Ahead<'t, 'a>> {
    let Placed { clause, site } = placed;
    let block = clause.word.entry.block().filter(|block| !block.is_free())?;
    if matches!(clause.name(), "mesh" | "namespace" | "service" | "external" | "gateway" | "elsewhere") {
        return None;
    }
    let mut problems = Vec::new();
    let clauses =
        Walk { reader: Reader { tree: site.tree }, diagnostics: &mut problems }.block(clause.statement, block);
    Some(Ahead { statement: clause.statement.span(), block, clauses, problems })
}

impl<'t, 'a> Checker<'t, 'a> {
    /// The reader of a file's statements.
    pub fn walk(&mut self, tree: &'t Tree<'a>) -> Walk<'t, 'a, '_> {
        let reader = Reader { tree };
        Walk { reader, diagnostics: &mut self.diagnostics }
    }

    /// The clauses of a statement's block.
    pub fn block(&mut self, placed: &Placed<'t, 'a>, block: Block) -> Clauses<'t, 'a> {
        let statement = placed.clause.statement;
        let ahead = self.ahead.take().filter(|ahead| ahead.statement == statement.span() && ahead.block == block);
        let clauses = match ahead {
            Some(ahead) => {
                self.diagnostics.extend(ahead.problems);
                ahead.clauses
            }
            None => self.walk(placed.site.tree).block(statement, block),
        };
        self.refuse_planned(&clauses.list);
        clauses
    }

    /// The clauses of a block that was read before: its mistakes are reported already.
    pub fn quiet_block(&mut self, placed: &Placed<'t, 'a>, block: Block) -> Clauses<'t, 'a> {
        let known = self.diagnostics.len();
        let clauses = self.walk(placed.site.tree).block(placed.clause.statement, block);
        self.diagnostics.truncate(known);
        clauses
    }

    /// The clauses of a clause's block.
    pub fn inner(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, block: Block) -> Clauses<'t, 'a> {
        let clauses = self.walk(site.tree).block(clause.statement, block);
        self.refuse_planned(&clauses.list);
        clauses
    }

    fn refuse_planned(&mut self, clauses: &[Clause<'t, 'a>]) {
        for clause in clauses.iter().filter(|clause| clause.word.entry.stage == Stage::Planned) {
            self.diagnostics.push(crate::clause::not_yet(clause.name(), clause.span()));
        }
    }

    pub fn push(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }

    /// Makes room for what the statements say, so that it is not moved about as it grows.
    fn make_room(&mut self, placed: &[Placed<'t, 'a>]) {
        let count = |word: &str| placed.iter().filter(|statement| statement.clause.name() == word).count();
        let services = count("service");
        self.mesh.services.reserve(services);
        self.services.reserve(services);
        self.mesh.routes.reserve(count("route"));
        self.mesh.traffic.reserve(count("traffic"));
        self.mesh.mtls.reserve(count("mtls"));
        self.mesh.policies.reserve(count("allow") + count("deny") + count("audit") + count("authorize"));
        // Most statements name a few things each.
        self.mesh.uses.reserve(4 * placed.len());
    }

    /// The top-level statements of a file, and of its `elsewhere` blocks.
    fn place(&mut self, module: &Module<'t, 'a>, placed: &mut Vec<Placed<'t, 'a>>) {
        let mut site = Site { tree: module.tree, namespace: None, emits: !module.library };
        let mut home: Option<Span> = None;
        let mut emitted: Option<Span> = None;
        let statements: Vec<Statement<'t, 'a>> = module.tree.statements().collect();
        let read: Vec<_> = statements.par_iter().with_min_len(MANY).map(|statement| read_top(*statement)).collect();
        for (statement, read) in statements.into_iter().zip(read) {
            let Some(clause) = self.top(statement, read) else { continue };
            match clause.name() {
                "in" => {
                    let span = clause.span();
                    let problem = match (home, emitted) {
                        (Some(first), _) => Some(
                            Diagnostic::new(code::E0214, span, "a file lives in one namespace")
                                .label("a second one")
                                .also(first, "the first one")
                                .help("put the statements of the other namespace into a file of their own, or write `in NS` in their heads"),
                        ),
                        (None, Some(first)) => Some(
                            Diagnostic::new(code::E0214, span, "the namespace is said after a statement that it should hold for")
                                .label("too late here")
                                .also(first, "this is in no namespace")
                                .help("move it above the first statement"),
                        ),
                        _ => None,
                    };
                    home = home.or(Some(span));
                    self.diagnostics.extend(problem);
                    if let Some(namespace) = clause.args.get("namespace") {
                        site.namespace = Some(namespace.word());
                        placed.push(Placed { clause, site });
                    }
                }
                "elsewhere" => {
                    let facts = Site { emits: false, ..site };
                    let named = |inner: Statement<'_, '_>| {
                        let name = inner.items().get(1).map_or("", |item| module.tree.slice(item.key));
                        let within = inner.items().iter().any(|item| module.tree.slice(item.key) == "in");
                        inner.keyword() != Some("namespace") && !name.contains('.') && !within
                    };
                    if clause.statement.children().any(named) {
                        emitted = emitted.or(Some(clause.span()));
                    }
                    for inner in clause.statement.children() {
                        if let Some(clause) = self.top(inner, read_top(inner)) {
                            self.fact(&clause);
                            placed.push(Placed { clause, site: facts });
                        }
                    }
                }
                _ => {
                    if clause.word.entry.stage == Stage::Planned {
                        let planned = crate::clause::not_yet(clause.name(), clause.span());
                        self.diagnostics.push(planned);
                    } else if !matches!(clause.name(), "mesh" | "use" | "namespace") {
                        emitted = emitted.or(Some(clause.span()));
                    }
                    placed.push(Placed { clause, site });
                }
            }
        }
    }

    /// Only facts stand in `elsewhere`.
    fn fact(&mut self, clause: &Clause<'t, 'a>) {
        if !matches!(clause.name(), "service" | "external" | "namespace" | "gateway") {
            self.push(
                Diagnostic::new(
                    code::E0305,
                    clause.span(),
                    format!("`{}` states no fact about what others own", clause.name()),
                )
                .label("does not stand in `elsewhere`")
                .help("facts are `service`, `external`, `namespace` and `gateway`"),
            );
        }
    }

    /// A statement of a file, as it was read; one that could not be read leaves doubt.
    fn top(
        &mut self,
        statement: Statement<'t, 'a>,
        (clause, problems): (Option<Clause<'t, 'a>>, Vec<Diagnostic>),
    ) -> Option<Clause<'t, 'a>> {
        self.diagnostics.extend(problems);
        if clause.is_none() {
            match statement.keyword() {
                Some("use") => self.missing_module = true,
                Some(kind @ ("service" | "external" | "gateway" | "namespace")) => {
                    self.lost.insert(kind);
                }
                _ => {}
            }
            self.doubt(statement, statement.tree());
        }
        clause
    }

    /// What a statement declares is in doubt, and so is whatever names it.
    fn doubt(&mut self, statement: Statement<'t, 'a>, tree: &'t Tree<'a>) {
        for item in statement.items() {
            let word = tree.slice(item.key);
            self.doubtful.insert(word.split(['.', '@']).next().unwrap_or(word));
        }
        for child in statement.children() {
            self.doubt(child, tree);
        }
    }

    /// The object that a statement makes.
    pub fn head(&mut self, placed: &Placed<'t, 'a>, clauses: &Clauses<'t, 'a>) -> Head<'a> {
        let args = &placed.clause.args;
        let written = args.get("namespace").map(|arg| (arg.word(), arg.span));
        let namespace = match written {
            Some((namespace, span)) => {
                self.known_namespace(namespace, span);
                Some(namespace)
            }
            None => placed.site.namespace,
        };
        let span = placed.clause.span();
        let object = args.get("object").map(|arg| (arg.word(), arg.span));
        let whole = placed.clause.statement.span();
        let written = placed.clause.name() == "resource";
        let mut common = if written { self.plain_common(clauses, whole) } else { self.common(clauses, whole) };
        common.object = object;
        common.fields = self.fields(placed.site, clauses, field::bases_of_statement(placed.clause.statement));
        Head { namespace, span, common }
    }
}
