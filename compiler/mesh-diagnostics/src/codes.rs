//! The table of codes: every problem that meshc can report, declared once.
//!
//! An error has a letter, its stage's digit and a number, given by hand and never used again. A warning or
//! a note has a name, because people silence it by name. Each has a page under `pages/`, which a test runs.

/// How grave a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The program cannot be built.
    Error,
    /// The program means something its author hardly wants.
    Warning,
    /// Something that is good to know.
    Note,
}

/// A kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `E0203`, or the name of a warning.
    pub id: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// What it is about, in a line.
    pub title: &'static str,
    /// The page that `meshc explain` shows, in Markdown.
    pub page: &'static str,
}

/// All codes, in the order of the table.
pub fn all_codes() -> impl Iterator<Item = &'static Code> {
    ALL.iter().copied()
}

/// The code of an id, in any case.
#[must_use]
pub fn code_named(id: &str) -> Option<&'static Code> {
    all_codes().find(|code| code.id.eq_ignore_ascii_case(id))
}

macro_rules! codes {
    ($($severity:ident $name:ident $id:literal $title:literal;)*) => {
        pub(crate) mod table {
            use super::{Code, Severity};
            $(
                #[doc = $title]
                pub const $name: &Code = &Code {
                    id: $id,
                    severity: Severity::$severity,
                    title: $title,
                    page: include_str!(concat!("../pages/", $id, ".md")),
                };
            )*
        }
        static ALL: &[&Code] = &[$(table::$name),*];
    };
}

codes! {
    // Syntax: the text has no such shape.
    Error E0101 "E0101" "the text cannot be read";
    Error E0102 "E0102" "a block is never closed";
    Error E0103 "E0103" "a `>` closes nothing";
    Error E0104 "E0104" "a string is never closed";
    Error E0105 "E0105" "a parenthesis is never closed";
    Error E0106 "E0106" "blocks stand too deep in each other";
    Error E0107 "E0107" "a pair lacks a half";
    Error E0108 "E0108" "a list has an empty place";
    Error E0109 "E0109" "a block stands without a statement";
    Error E0110 "E0110" "a sign of another language";
    Error E0111 "E0111" "a quote that is not one of Mesh";
    Error E0112 "E0112" "YAML stands in a Mesh file";
    Error E0113 "E0113" "a bracket that is not one of Mesh";
    Error E0114 "E0114" "a percentage is not written in one piece";
    Error E0115 "E0115" "an escape that strings do not have";
    Error E0116 "E0116" "a character that cannot stand here";

    // Names: what a word refers to.
    Error E0201 "E0201" "a service that nobody declares";
    Error E0202 "E0202" "a version that the service does not have";
    Error E0203 "E0203" "a port that the service does not have";
    Error E0204 "E0204" "a gateway that nobody declares";
    Error E0205 "E0205" "a namespace that nobody declares";
    Error E0206 "E0206" "a service without an account";
    Error E0207 "E0207" "a name is declared twice";
    Error E0208 "E0208" "a provider that the mesh does not have";
    Error E0209 "E0209" "a module that does not exist";
    Error E0210 "E0210" "a delegate that does not exist or cannot serve";
    Error E0211 "E0211" "a name that Kubernetes would refuse";
    Error E0212 "E0212" "two objects of one name";
    Error E0214 "E0214" "the file's namespace is said in the wrong place";
    Error E0215 "E0215" "a namespace is needed and not known";
    Error E0216 "E0216" "a rule for a service whose owner is not known";
    Error E0217 "E0217" "a finding that does not exist";
    Error E0218 "E0218" "a profile that nobody declares";
    Error E0219 "E0219" "a name that stands for itself";
    Error E0220 "E0220" "what a profile is given";
    Error E0221 "E0221" "a value that a parameter cannot have";
    Error E0222 "E0222" "a parameter without a value";
    Error E0223 "E0223" "a list in the place of one value";
    Error E0224 "E0224" "a name that stands for nothing";
    Error E0225 "E0225" "more behind a name than can be written out";

    // Types: what a place expects.
    Error E0301 "E0301" "an operand of another type is expected";
    Error E0302 "E0302" "an operand is missing";
    Error E0303 "E0303" "an operand too many";
    Error E0304 "E0304" "a statement that Mesh does not have";
    Error E0305 "E0305" "a clause in the wrong block";
    Error E0306 "E0306" "something is said twice";
    Error E0307 "E0307" "a statement lacks what it needs";
    Error E0308 "E0308" "a block is missing or out of place";
    Error E0310 "E0310" "a value out of bounds";
    Error E0311 "E0311" "a test that this place does not have";
    Error E0312 "E0312" "a negation that Istio cannot express";
    Error E0313 "E0313" "a pattern that Istio cannot express here";
    Error E0314 "E0314" "a condition is not complete";
    Error E0315 "E0315" "a condition has too many alternatives";
    Error E0316 "E0316" "a path that no request can have";
    Error E0318 "E0318" "a regular expression that Envoy cannot read";
    Error E0319 "E0319" "clauses that exclude each other";
    Error E0320 "E0320" "an HTTP feature where there is no HTTP";
    Error E0321 "E0321" "a target of the wrong kind";
    Error E0322 "E0322" "phrases joined by a comma";
    Error E0390 "E0390" "something this meshc does not compile yet";

    // Meaning: what it would do in the mesh.
    Error E0401 "E0401" "shares do not add up";
    Error E0402 "E0402" "retries outlast their timeout";
    Error E0403 "E0403" "ejection that can never happen";
    Error E0404 "E0404" "a policy without a caller";
    Error E0405 "E0405" "a gateway without a workload";
    Error E0406 "E0406" "a host that no listener serves";
    Error E0407 "E0407" "two statements disagree";
    Error E0408 "E0408" "two services select the same pods";
    Error E0409 "E0409" "a rule that sends requests nowhere";
    Error E0411 "E0411" "callers and workload disagree on mutual TLS";
    Error E0412 "E0412" "an identity rule that plain text can evade";
    Error E0413 "E0413" "credentials for every origin";
    Error E0414 "E0414" "a destination whose port is not known";
    Error E0415 "E0415" "two externals claim one listener or host";
    Error E0416 "E0416" "a TCP external without an address";
    Error E0417 "E0417" "routes of one host overlap";
    Error E0418 "E0418" "a rewrite that glues path segments together";
    Error E0419 "E0419" "two tests on one header";
    Error E0420 "E0420" "a redirect that never ends";
    Error E0421 "E0421" "gateways that share a certificate or a host";
    Error E0422 "E0422" "a claim that nobody has verified";
    Error E0423 "E0423" "a test that holds for no proxy of the route";
    Error E0425 "E0425" "a feature that an ambient namespace lacks";
    Error E0426 "E0426" "a policy where nothing enforces it";
    Error E0427 "E0427" "an objective that cannot be measured";
    Error E0428 "E0428" "a port that the rendered service has otherwise";
    Error E0429 "E0429" "a version that no rendered pod has";
    Error E0430 "E0430" "an account that no rendered pod runs as";
    Error E0431 "E0431" "an object that is rendered too";
    Error E0432 "E0432" "a service that is rendered in another namespace";

    // Validation: what the API server and Istio's webhook of the release take.
    Error E0501 "E0501" "a field that the kind does not have";
    Error E0502 "E0502" "a field of another type";
    Error E0503 "E0503" "a value that Istio refuses";
    Error E0504 "E0504" "fields that exclude each other";
    Error E0505 "E0505" "a field that must be set";
    Error E0506 "E0506" "two members of a list that must differ";
    Error E0507 "E0507" "something that the release does not have";
    Error E0508 "E0508" "an object that Istio refuses";
    Error E0509 "E0509" "a field that is set twice";
    Error E0510 "E0510" "a kind that meshc does not know";

    // Warnings and notes: legal, and rarely meant.
    Warning RETRY_NEVER_FIRES "retry-never-fires" "retries without a condition";
    Warning EJECT_NEEDS_AT_MOST "eject-needs-at-most" "ejection below ten endpoints";
    Warning EJECT_CAN_EMPTY "eject-can-empty" "ejection can take every endpoint";
    Warning SHADOWED_RULE "shadowed-rule" "a rule that no request reaches";
    Warning STICKY_SPLIT "sticky-split" "a sticky balance beside a split";
    Warning FAULT_HIDES_RETRIES "fault-hides-retries" "retries beside an injected abort";
    Warning GATEWAY_SKIPS_ROUTE "gateway-skips-route" "a gateway does not follow the callee's route";
    Warning WILDCARD_OVERRIDDEN "wildcard-overridden" "rules of a wildcard host that another host does not get";
    Warning DENY_EXACT_PATH "deny-exact-path" "a denied path with open neighbours";
    Warning IGNORED_NOTHING "ignored-nothing" "an ignore that silences nothing";
    Warning HIDDEN_ROUTE "hidden-route" "a rule that declared callers cannot see";
    Warning MESH_HOST_PORT "mesh-host-port" "a host in the mesh that nobody declares";
    Warning REWRITE_MISSES_PATH "rewrite-misses-path" "a rewritten prefix without its bare path";
    Warning KEEPALIVE_OFF "keepalive-off" "one request a connection";
    Warning UNREACHABLE_LISTENER "unreachable-listener" "a listener on a port that the gateway's service does not have";
    Warning OLD_TLS "old-tls" "a listener for TLS that no cipher suite serves";
    Warning DENY_CLOSES_TCP "deny-closes-tcp" "a denial by HTTP where ports are not known";
    Warning DEPRECATED_FIELD "deprecated-field" "a field that Istio deprecates";
    Warning UNREAD_FIELD "unread-field" "a field that Istio never reads";
    Warning SCOPE_HIDES_PROVIDER "scope-hides-provider" "a scope that may hide a collector";
    Warning SLO_CANNOT_PAGE "slo-cannot-page" "an objective whose page cannot fire";
    Warning CALL_DENIED "call-denied" "a declared call that a policy forbids";
    Warning CALLER_NOT_DECLARED "caller-not-declared" "an allowed caller that does not say that it calls";
    Warning SCRAPED_TWICE "scraped-twice" "metrics that are fetched twice";
    Warning NEVER_TAKEN "never-taken" "a comparison that never holds";
    Warning NAME_IN_TEXT "name-in-text" "a name in a text that is not filled in";
    Warning UNFILTERED_LOG "unfiltered-log" "a filter of an access log that is not looked at";
    Warning PASSES_BY_WAYPOINT "passes-by-waypoint" "a rule that callers of the pod itself pass by";
    Warning UNUSED_NAME "unused-name" "a name that nothing uses";
    Warning UNUSED_MODULE "unused-module" "a module that is taken in for nothing";
    Warning TWO_AUTHORIZERS "two-authorizers" "two providers that authorize one workload";
    Warning NOT_RENDERED "not-rendered" "a service that is not rendered";
    Warning ISTIO_WARNS "istio-warns" "an object that Istio warns of";
    Note OPEN_SERVICE "open-service" "a service taken as it is used";
    Note UNMATCHED_404 "unmatched-404" "requests that no rule takes";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_stand_at_the_head_of_their_page() {
        let mut ids: Vec<&str> = all_codes().map(|code| code.id).collect();
        for code in all_codes() {
            let head = format!("# {}: {}", code.id, code.title);
            assert_eq!(code.page.lines().next(), Some(head.as_str()));
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all_codes().count());
    }
}
