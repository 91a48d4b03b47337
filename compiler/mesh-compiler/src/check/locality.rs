//! `locality` of traffic: failover, preference and shares by region and zone.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::{Kind, Node, Object, Text, Value as Yaml};
use mesh_syntax::{Item, OperandKind};

use super::{Checker, Site};
use crate::clause::Clause;
use crate::model::{FieldSet, Layer};
use crate::operand::Value;
use crate::vocabulary::Block;

const SECTION: [&str; 2] = ["loadBalancer", "localityLbSetting"];

impl<'t, 'a> Checker<'t, 'a> {
    pub(super) fn locality(&mut self, site: Site<'t, 'a>, clause: &Clause<'t, 'a>, layer: &mut Layer<'a>) {
        let span = clause.span();
        if clause.args.word("off").is_some() {
            if clause.statement.has_block() {
                self.push(
                    Diagnostic::new(code::E0308, clause.statement.block_span(), "`locality off` has no block")
                        .label("nothing is left to say"),
                );
            }
            layer.fields.push(setting("enabled", Node::new(false, span)));
            return;
        }
        let clauses = self.inner(site, clause, Block::Locality);
        let mut failover = None;
        let mut distribute: Vec<Node> = Vec::new();
        for inner in &clauses.list {
            let at = inner.span();
            match inner.name() {
                "failover" => {
                    failover = Some((at, "failover"));
                    let pairs = inner.args.list("places").iter().filter_map(|arg| match &arg.value {
                        Value::Pair(from, to) => {
                            let mut object = Object::new(arg.span);
                            object.set("from", from.as_ref());
                            object.set("to", to.as_ref());
                            Some(object.node())
                        }
                        _ => None,
                    });
                    let list: Vec<Node> = pairs.collect();
                    layer.fields.push(setting("failover", Node::new(list, at)));
                }
                "prefer" if inner.args.word("zone").is_some() => {
                    layer.fields.push(setting("enabled", Node::new(true, at)));
                }
                "prefer" => {
                    failover = failover.or(Some((at, "prefer label")));
                    let names = inner.args.list("names").iter().map(|arg| Node::new(arg.word(), arg.span));
                    let list: Vec<Node> = names.collect();
                    layer.fields.push(setting("failoverPriority", Node::new(list, at)));
                }
                "split" => {
                    let items = inner.statement.items().iter().skip(1);
                    distribute.extend(items.filter_map(|item| self.split(site, *item)));
                }
                _ => {}
            }
        }
        if let (Some((first, word)), Some(node)) = (failover, distribute.first()) {
            self.push(
                Diagnostic::new(code::E0319, node.span, format!("shares by locality exclude `{word}`"))
                    .label("shares")
                    .also(first, "would be ignored")
                    .note("where there are shares, they alone say which endpoints are used")
                    .help("keep one of them"),
            );
            return;
        }
        if let Some(first) = distribute.first() {
            let span = first.span;
            layer.fields.push(setting("distribute", Node::new(distribute, span)));
        } else if clauses.list.is_empty() && !clauses.poisoned {
            self.push(
                Diagnostic::new(code::E0307, span, "`locality` says nothing")
                    .label("where do requests go?")
                    .help("write `failover eu-west: eu-central`, `prefer zone`, or `locality off`"),
            );
        }
    }

    /// `FROM: (TO: SHARE, …)`
    fn split(&mut self, site: Site<'t, 'a>, item: Item) -> Option<Node> {
        let tree = site.tree;
        let span = Span::new(tree.file(), item.key.start, item.end());
        let Some(OperandKind::Group(group)) = item.value.map(|value| value.kind) else {
            self.push(
                Diagnostic::new(code::E0301, span, "expected a locality and its shares")
                    .label("as in `eu/a/*: (eu/a/*: 70%, eu/b/*: 30%)`"),
            );
            return None;
        };
        let mut to = Object::new(span);
        let mut total = 0.0;
        for share in tree.group(group) {
            let at = Span::new(tree.file(), share.key.start, share.end());
            let text = share.value.map_or("", |value| tree.slice(value));
            let Some(percent) = text.strip_suffix('%').and_then(|number| number.parse::<f64>().ok()) else {
                self.push(
                    Diagnostic::new(code::E0301, at, "expected a locality and its share").label("as in `eu/a/*: 70%`"),
                );
                return None;
            };
            if percent.fract() != 0.0 || !(1.0..=100.0).contains(&percent) {
                self.push(
                    Diagnostic::new(code::E0310, at, "shares of localities are whole per cents")
                        .label("from 1% to 100%"),
                );
                return None;
            }
            let name = tree.slice(share.key).trim_matches('"').to_owned();
            if let Some(first) = to.get(&name) {
                let problem = crate::clause::twice(&name, at, first.span);
                self.push(problem);
                return None;
            }
            total += percent;
            to.set_at(name, percent as i64, at);
        }
        if total != 100.0 {
            self.push(Diagnostic::new(code::E0401, span, format!("these shares come to {total}%")).label("not 100%"));
            return None;
        }
        let mut object = Object::new(span);
        object.set_at("from", tree.slice(item.key).trim_matches('"'), tree.span(item.key));
        object.set_at("to", Yaml::Object(to), span);
        Some(object.node())
    }
}

fn setting(name: &str, node: Node) -> FieldSet {
    let path: Vec<Text> = SECTION.iter().copied().chain([name]).map(Text::from).collect();
    FieldSet { kind: Kind::DestinationRule, base: &["trafficPolicy"], path, span: node.span, node }
}
