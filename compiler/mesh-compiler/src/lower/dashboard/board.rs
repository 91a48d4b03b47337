//! A Grafana dashboard as JSON: panels in rows on a grid of 24 columns, variables, links.
//!
//! The model is the classic one, schema version 39, which Grafana 10 and later read. Numbers of panels follow from their
//! order, and the identifier from the name of the target, so that a new build replaces what an old one made.

use serde_json::{Value, json};

/// The version of the dashboard model.
const SCHEMA: u32 = 39;

/// The width of the grid.
const COLUMNS: u32 = 24;

/// Where queries go: what the reader chose.
fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// How a panel shows its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Lines over time.
    Lines,
    /// Areas that add up over time.
    Stacked,
    /// One number.
    Number,
    /// A row for each series, its queries side by side.
    Table,
}

/// A query and the name of what it gives.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub expr: String,
    pub legend: String,
}

/// A line to stay above or below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    None,
    /// Red below it.
    AtLeast(f64),
    /// Red above it.
    AtMost(f64),
}

/// A column of a table: its title and its unit.
pub(super) type Column = (&'static str, &'static str);

/// One panel.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    title: String,
    about: String,
    look: Look,
    unit: &'static str,
    queries: Vec<Query>,
    limit: Limit,
    width: u32,
    height: u32,
    /// Values between 0 and 1.
    share: bool,
    /// Names of series in words.
    words: Vec<(&'static str, &'static str)>,
    /// Series whose name matches are dashed: what is declared, not seen.
    dashed: Option<&'static str>,
    columns: Vec<Column>,
    links: Vec<(String, String)>,
}

impl Panel {
    pub fn new(look: Look, title: impl Into<String>, unit: &'static str) -> Panel {
        let (width, height) = match look {
            Look::Number => (4, 4),
            Look::Table => (24, 9),
            _ => (8, 8),
        };
        Panel {
            title: title.into(),
            about: String::new(),
            look,
            unit,
            queries: Vec::new(),
            limit: Limit::None,
            width,
            height,
            share: unit == "percentunit",
            words: Vec::new(),
            dashed: None,
            columns: Vec::new(),
            links: Vec::new(),
        }
    }

    /// What it shows, in a sentence or two.
    pub fn about(mut self, about: impl Into<String>) -> Panel {
        self.about = about.into();
        self
    }

    pub fn query(mut self, legend: impl Into<String>, expr: impl Into<String>) -> Panel {
        self.queries.push(Query { expr: expr.into(), legend: legend.into() });
        self
    }

    pub fn limit(mut self, limit: Limit) -> Panel {
        self.limit = limit;
        self
    }

    pub fn width(mut self, width: u32) -> Panel {
        self.width = width;
        self
    }

    pub fn words(mut self, words: &[(&'static str, &'static str)]) -> Panel {
        self.words = words.to_vec();
        self
    }

    pub fn dashed(mut self, names: &'static str) -> Panel {
        self.dashed = Some(names);
        self
    }

    /// A column of a table, by a query of its own.
    pub fn column(mut self, column: Column, expr: impl Into<String>) -> Panel {
        self.columns.push(column);
        self.query("", expr)
    }

    /// A link from each value.
    pub fn link(mut self, title: impl Into<String>, address: impl Into<String>) -> Panel {
        self.links.push((title.into(), address.into()));
        self
    }

    fn json(&self, id: u32, x: u32, y: u32) -> Value {
        let kind = match self.look {
            Look::Lines | Look::Stacked => "timeseries",
            Look::Number => "stat",
            Look::Table => "table",
        };
        let table = self.look == Look::Table;
        let targets: Vec<Value> = self
            .queries
            .iter()
            .enumerate()
            .map(|(at, query)| {
                let mut target = json!({
                    "refId": letter(at), "datasource": source(), "editorMode": "code", "expr": query.expr,
                });
                if table {
                    target["format"] = json!("table");
                    target["instant"] = json!(true);
                    target["range"] = json!(false);
                } else {
                    target["legendFormat"] = json!(query.legend);
                    target["range"] = json!(true);
                    // Shown where the data source has them.
                    target["exemplar"] = json!(query.expr.contains("_bucket"));
                }
                target
            })
            .collect();
        let mut panel = json!({
            "id": id, "type": kind, "title": self.title, "description": self.about, "datasource": source(),
            "gridPos": { "h": self.height, "w": self.width, "x": x, "y": y },
            "fieldConfig": { "defaults": self.defaults(), "overrides": self.overrides() },
            "options": self.options(), "targets": targets,
        });
        if table {
            panel["transformations"] = self.transformations();
        }
        panel
    }

    fn defaults(&self) -> Value {
        let (below, above, limit) = match self.limit {
            Limit::None => ("green", "green", None),
            Limit::AtLeast(limit) => ("red", "green", Some(limit)),
            Limit::AtMost(limit) => ("green", "red", Some(limit)),
        };
        let mut steps = vec![json!({ "color": below, "value": null })];
        steps.extend(limit.map(|limit| json!({ "color": above, "value": limit })));
        let mut defaults = json!({
            "unit": self.unit, "noValue": "no data",
            "thresholds": { "mode": "absolute", "steps": steps },
            "color": { "mode": if self.look == Look::Number { "thresholds" } else { "palette-classic" } },
        });
        if !self.share || self.limit == Limit::None {
            defaults["min"] = json!(0);
        }
        if self.share {
            defaults["max"] = json!(1);
        }
        if matches!(self.look, Look::Lines | Look::Stacked) {
            let stacked = self.look == Look::Stacked;
            defaults["custom"] = json!({
                "drawStyle": "line", "lineWidth": if stacked { 0 } else { 1 },
                "fillOpacity": if stacked { 70 } else { 8 }, "showPoints": "never", "spanNulls": false,
                "stacking": { "mode": if stacked { "normal" } else { "none" }, "group": "A" },
                "thresholdsStyle": { "mode": if limit.is_some() { "dashed" } else { "off" } },
            });
        }
        if !self.links.is_empty() {
            let links =
                self.links.iter().map(|(title, url)| json!({ "title": title, "url": url, "targetBlank": true }));
            defaults["links"] = links.collect();
        }
        defaults
    }

    fn overrides(&self) -> Value {
        let named = |name: &str, properties: Value| json!({ "matcher": { "id": "byName", "options": name }, "properties": properties });
        let mut out: Vec<Value> = self
            .words
            .iter()
            .map(|(name, words)| named(name, json!([{ "id": "displayName", "value": words }])))
            .collect();
        if let Some(names) = self.dashed {
            out.push(json!({
                "matcher": { "id": "byRegexp", "options": names },
                "properties": [
                    { "id": "custom.lineStyle", "value": { "fill": "dash", "dash": [10, 10] } },
                    { "id": "custom.lineWidth", "value": 2 },
                    { "id": "custom.fillOpacity", "value": 0 },
                ],
            }));
        }
        out.extend(self.columns.iter().map(|(title, unit)| named(title, json!([{ "id": "unit", "value": unit }]))));
        Value::Array(out)
    }

    fn options(&self) -> Value {
        match self.look {
            Look::Lines | Look::Stacked => json!({
                "legend": { "showLegend": true, "displayMode": "table", "placement": "bottom", "calcs": ["mean", "max", "lastNotNull"] },
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            Look::Number => json!({
                "colorMode": if self.limit == Limit::None { "none" } else { "background" }, "graphMode": "area",
                "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
                "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
            }),
            Look::Table => {
                json!({ "showHeader": true, "cellHeight": "sm" })
            }
        }
    }

    /// The queries of a table side by side, under the titles of the columns.
    fn transformations(&self) -> Value {
        let mut names = json!({});
        for (at, (title, _)) in self.columns.iter().enumerate() {
            let field = if self.columns.len() == 1 { "Value".to_owned() } else { format!("Value #{}", letter(at)) };
            names[field] = json!(title);
        }
        json!([
            { "id": "merge", "options": {} },
            { "id": "organize", "options": { "excludeByName": { "Time": true }, "indexByName": {}, "renameByName": names } },
        ])
    }
}

fn letter(at: usize) -> String {
    char::from(b'A' + (at % 26) as u8).to_string()
}

/// A dashboard that is being filled, from left to right and from top to bottom.
pub(super) struct Board {
    panels: Vec<Value>,
    id: u32,
    x: u32,
    y: u32,
    /// The height of the line of panels that is being filled.
    line: u32,
}

impl Board {
    pub fn new() -> Board {
        Board { panels: Vec::new(), id: 0, x: 0, y: 0, line: 0 }
    }

    /// Starts a row under a title.
    pub fn row(&mut self, title: &str) {
        self.break_line();
        self.id += 1;
        self.panels.push(json!({
            "id": self.id, "type": "row", "title": title, "collapsed": false, "panels": [],
            "gridPos": { "h": 1, "w": COLUMNS, "x": 0, "y": self.y },
        }));
        self.y += 1;
    }

    pub fn add(&mut self, panel: Panel) {
        if self.x + panel.width > COLUMNS {
            self.break_line();
        }
        self.id += 1;
        self.panels.push(panel.json(self.id, self.x, self.y));
        self.x += panel.width;
        self.line = self.line.max(panel.height);
    }

    fn break_line(&mut self) {
        self.x = 0;
        self.y += self.line;
        self.line = 0;
    }

    /// The whole dashboard.
    pub fn finish(self, about: &About<'_>) -> String {
        let mut list: Vec<Value> = vec![json!({
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
            "regex": "", "hide": 0, "refresh": 1, "multi": false, "includeAll": false, "options": [],
        })];
        list.push(all_of("cluster", "Cluster", "destination_cluster", about.matcher));
        let mut namespace = all_of("namespace", "Namespace", "destination_service_namespace", about.matcher);
        if let Some(name) = about.namespace {
            namespace["current"] = json!({ "text": name, "value": name });
        }
        list.push(namespace);
        if about.services {
            list.push(all_of("service", "Service", "destination_service_name", about.matcher));
        }
        if about.counted {
            let option =
                |text: &str, value: &str, selected: bool| json!({ "text": text, "value": value, "selected": selected });
            list.push(json!({
                "name": "reporter", "label": "Counted by", "type": "custom", "hide": 0,
                "query": "callers : source, the service : destination", "multi": false, "includeAll": false,
                "current": option("callers", "source", true),
                "options": [option("callers", "source", true), option("the service", "destination", false)],
            }));
        }
        let mut links = vec![json!({
            "type": "dashboards", "title": "Mesh", "tags": ["mesh"], "asDropdown": true, "includeVars": false,
            "keepTime": true, "targetBlank": false, "icon": "external link", "tooltip": "", "url": "",
        })];
        links.extend(about.links.iter().map(|(title, url)| {
            json!({
                "type": "link", "title": title, "url": url, "icon": "external link", "tooltip": "", "tags": [],
                "asDropdown": false, "includeVars": false, "keepTime": false, "targetBlank": true,
            })
        }));
        let board = json!({
            "uid": about.uid, "title": about.title, "description": about.about, "tags": ["mesh", "istio"],
            "schemaVersion": SCHEMA, "version": 1, "editable": true, "graphTooltip": 1, "timezone": "browser",
            "refresh": "30s", "time": { "from": "now-3h", "to": "now" }, "fiscalYearStartMonth": 0, "weekStart": "",
            "annotations": { "list": [] }, "links": links, "templating": { "list": list }, "panels": self.panels,
        });
        let mut text = serde_json::to_string_pretty(&board).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What a dashboard is about.
pub(super) struct About<'s> {
    pub uid: &'s str,
    pub title: &'s str,
    pub about: &'s str,
    /// The labels by which its requests are known.
    pub matcher: &'s str,
    /// The namespace that is shown first.
    pub namespace: Option<&'s str>,
    /// True where it shows several services, of which the reader chooses.
    pub services: bool,
    /// True where callers and the service count requests, each for itself.
    pub counted: bool,
    /// Titles and addresses of links.
    pub links: &'s [(String, String)],
}

/// A variable: one, some or all values of a label of requests and connections.
fn all_of(name: &str, label: &str, of: &str, matcher: &str) -> Value {
    let query = format!(
        "label_values({{__name__=~\"istio_requests_total|istio_tcp_connections_opened_total\", {matcher}}}, {of})"
    );
    json!({
        "name": name, "label": label, "type": "query", "datasource": source(),
        "query": { "qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery" },
        "regex": "", "hide": 0, "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".*",
        "options": [], "current": { "text": "All", "value": "$__all" },
    })
}

/// The identifier of a dashboard: Grafana takes 40 characters, so a long name is cut and told apart by a number.
pub(super) fn uid(name: &str) -> String {
    if name.len() <= 40 {
        return name.to_owned();
    }
    // FNV-1a, which is the same everywhere and for ever.
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{}-{:08x}", &name[..31], hash >> 32)
}
