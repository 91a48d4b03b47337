//! `scrape` and `dashboard`, and how their hosts are set up.

use mesh_diagnostics::Span;

use super::{Head, Pair, Str, Subject};

/// How Prometheus, Grafana and Kiali are set up.
#[derive(Debug, Clone, Default)]
pub struct Watching<'a> {
    /// `prometheus plain`: files in place of the operator's objects.
    pub plain: Option<Span>,
    /// The labels by which the operator selects its objects.
    pub labels: Vec<Pair<'a>>,
    /// `grafana files`: files in place of ConfigMaps.
    pub files: Option<Span>,
    /// Where Grafana is, without a slash at the end.
    pub grafana: Option<Str<'a>>,
    /// Where Kiali is, without a slash at the end, and where that is said.
    pub kiali: Option<(Str<'a>, Span)>,
}

/// `scrape`
#[derive(Debug, Clone)]
pub struct Scrape<'a> {
    /// Its object; without a namespace of its own it lives with the subject.
    pub head: Head<'a>,
    /// `in NS`, where the head says it.
    pub place: Option<&'a str>,
    /// Whose metrics.
    pub subject: Subject<'a>,
    /// `every`, in milliseconds.
    pub every: Option<(u64, Span)>,
    /// `merged`
    pub merged: Option<Span>,
    /// `keep`: a regular expression over the names of metrics.
    pub keep: Option<(String, Span)>,
    /// `drop-label`: a regular expression over the names of labels.
    pub drop: Option<(String, Span)>,
    /// The target.
    pub span: Span,
}

/// `dashboard`
#[derive(Debug, Clone)]
pub struct Dashboard<'a> {
    /// Its object; without a namespace of its own it lives with the subject.
    pub head: Head<'a>,
    /// `in NS`, where the head says it.
    pub place: Option<&'a str>,
    /// A service or a namespace.
    pub subject: Subject<'a>,
    /// `link`: a title and an address.
    pub links: Vec<(Str<'a>, Str<'a>)>,
    /// The target.
    pub span: Span,
}
