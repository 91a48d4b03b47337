//! Statements whose clauses set fields of one object about a subject: what is watched, extended and tuned.

use mesh_diagnostics::Span;
use mesh_istio::{Kind, Object};

use super::{ExternalId, Head, ServiceId, Subject};

/// One object, and what it is about.
#[derive(Debug, Clone)]
pub struct About<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// Its kind.
    pub kind: Kind,
    /// What it attaches to; none for a machine.
    pub subject: Option<Subject<'a>>,
    /// Its name, where that is not the subject's.
    pub name: Option<&'a str>,
    /// Its `spec`, without what it attaches to.
    pub body: Object,
}

/// `scope`
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// Whose view it is.
    pub subject: Subject<'a>,
    /// What is reached.
    pub reaches: Vec<(Reach<'a>, Span)>,
    /// Its `spec`, without what is reached and whom it is for.
    pub body: Object,
}

/// Something that a scope reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach<'a> {
    /// A service.
    Service(ServiceId),
    /// An external.
    External(ExternalId),
    /// All of a namespace.
    Namespace(&'a str),
    /// The declared calls.
    Calls,
}
