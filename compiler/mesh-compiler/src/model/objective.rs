//! `slo`: objectives of a service.

use mesh_diagnostics::Span;

use super::{Head, Pair, ServiceId, Str};

/// Objectives of one service.
#[derive(Debug, Clone)]
pub struct Slo<'a> {
    /// Its object.
    pub head: Head<'a>,
    /// The service.
    pub service: ServiceId,
    /// The objectives.
    pub objectives: Vec<Objective<'a>>,
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
pub struct Objective<'a> {
    /// Of one version only, where that is said.
    pub version: Option<(&'a str, Span)>,
    /// Of requests with these tags of Istio's metrics only.
    pub tags: Vec<Pair<'a>>,
    /// What is good.
    pub target: Target,
    /// The share, in ten-thousandths of a per cent.
    pub parts: u32,
    /// Who looks.
    pub seen: Seen,
    /// Where it is said.
    pub span: Span,
}

impl Objective<'_> {
    /// True for an objective of all requests.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.version.is_none() && self.tags.is_empty()
    }

    /// What an objective of some requests is called by: their version and tags, each as a part of a name.
    #[must_use]
    pub fn parts_named(&self) -> Vec<String> {
        let plain = |text: &str| {
            let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
            text.chars().map(allowed).collect::<String>().trim_matches('-').to_owned()
        };
        let version = self.version.map(|(version, _)| plain(version));
        let tags = self.tags.iter().map(|(key, value, _)| format!("{key}-{}", plain(value)));
        version.into_iter().chain(tags).collect()
    }

    /// True where both have one name: they measure the same of the same requests, or could not be told apart.
    #[must_use]
    pub fn is_same(&self, other: &Objective<'_>) -> bool {
        self.target == other.target && self.parts_named() == other.parts_named()
    }
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
