//! `slo`: objectives of a service.

use mesh_diagnostics::Span;

use super::{Head, ServiceId, Str};

/// Objectives of one service.
#[derive(Debug, Clone)]
pub struct Slo<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// The service.
    pub service: ServiceId,
    /// The objectives.
    pub objectives: Vec<Objective>,
    /// The window, in days.
    pub days: u32,
    /// The requests in the longer window of an alert below which it does not fire.
    pub at_least: Option<(u32, Span)>,
    /// `runbook`
    pub runbook: Option<(Str<'a>, Span)>,
    /// `alert`
    pub labels: Vec<(Str<'a>, Str<'a>, Span)>,
}

/// A share of the requests that is good.
#[derive(Debug, Clone)]
pub struct Objective {
    /// What is good.
    pub target: Target,
    /// The share, in ten-thousandths of a per cent.
    pub parts: u32,
    /// Who looks.
    pub seen: Seen,
    /// Where it is said.
    pub span: Span,
}

/// What makes a request good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// No error of the server.
    Available,
    /// An answer within so many milliseconds.
    Fast(u64),
}

/// Whose proxy counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The callers'.
    Client,
    /// The service's own.
    Server,
    /// The waypoint before an ambient service.
    Waypoint,
}
