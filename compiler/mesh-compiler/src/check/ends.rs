//! Where rules end: what one must have, what it must not combine, shares and ports of destinations.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::Rank;

use super::Checker;
use crate::model::{Place, Route, RouteTarget, Rule, Share};
use crate::operand::{WHOLE, percent};

impl<'t, 'a> Checker<'t, 'a> {
    /// What one rule must have and must not combine; `when` is its head, none for the last rule.
    pub(super) fn check_rule(&mut self, route: &Route<'a>, rule: &Rule<'a>, when: Option<Span>) {
        let mut ends: Vec<(&str, Span)> = Vec::new();
        ends.extend(rule.shares.first().map(|share| ("a destination", share.span)));
        ends.extend(rule.respond.as_ref().map(|(.., span)| ("`respond`", *span)));
        ends.extend(rule.redirect.as_ref().map(|redirect| ("`redirect`", redirect.span)));
        ends.extend(rule.delegate.as_ref().map(|(.., span)| ("`delegate`", *span)));
        ends.extend(rule.fields.iter().find(|field| field.ends_rule()).map(|field| ("a `field`", field.span)));
        ends.sort_by_key(|(_, span)| *span);
        if let [(first, at), (second, span), ..] = ends.as_slice() {
            self.push(
                Diagnostic::new(code::E0319, *span, format!("a rule has one end: {first} or {second}"))
                    .label("the second end")
                    .also(*at, "the first end"),
            );
            return;
        }
        if let (true, Some(span)) = (ends.is_empty() && !rule.poisoned, when) {
            self.push(
                Diagnostic::new(code::E0409, span, "this rule sends requests nowhere")
                    .label("no destination, `respond`, `redirect` or `delegate`")
                    .note("a rule takes over timeouts, retries, headers and CORS from the body of the route, but not its destinations")
                    .help("write a destination into the rule"),
            );
        }
        let answers = rule.respond.as_ref().map(|_| "`respond`").or(rule.redirect.as_ref().map(|_| "`redirect`"));
        if let (Some(answer), Some((_, at))) = (answers, ends.first()) {
            let mut useless: Vec<(&str, Span)> = Vec::new();
            useless.extend(rule.delay.map(|(.., span)| ("delay", span)));
            useless.extend(rule.abort.map(|(.., span)| ("abort", span)));
            useless.extend(rule.rewrite_path.as_ref().map(|(_, span)| ("rewrite", *span)));
            useless.extend(rule.rewrite_host.as_ref().map(|(_, span)| ("rewrite", *span)));
            useless.extend(rule.mirrors.first().map(|mirror| ("mirror", mirror.span)));
            if when.is_some() {
                useless.extend(rule.timeout.as_ref().map(|(_, span)| ("timeout", *span)));
                useless.extend(rule.retry.as_ref().map(|retry| ("retry", retry.span)));
                useless.extend(rule.request_headers.as_ref().map(|headers| ("request-headers", headers.span)));
            }
            if let Some((word, span)) = useless.first() {
                self.push(
                    Diagnostic::new(code::E0319, *span, format!("`{word}` has nothing to work on"))
                        .label("no request goes on from here")
                        .also(*at, format!("{answer} ends the request")),
                );
            }
        }
        if let (Some((_, rewrite)), Some((.., headers))) = (
            &rule.rewrite_host,
            rule.request_headers.as_ref().and_then(|headers| {
                headers.set.iter().chain(&headers.add).find(|(name, ..)| name.eq_ignore_ascii_case("host"))
            }),
        ) {
            self.push(
                Diagnostic::new(code::E0319, *rewrite, "the host is changed in two places")
                    .label("here")
                    .also(*headers, "and here"),
            );
        }
        if self.check_shares(rule) {
            self.check_ports(route, rule, when.is_none());
        }
    }

    /// The last rule is checked when all statements of its object are united.
    pub(super) fn finish_route(&mut self, at: usize) {
        let mut route = std::mem::replace(&mut self.mesh.routes[at], empty_route());
        let is_host = matches!(route.target, RouteTarget::Host(_));
        let last = &route.last;
        let ends = !last.shares.is_empty()
            || last.respond.is_some()
            || last.redirect.is_some()
            || last.delegate.is_some()
            || last.ends_by_field();
        self.check_rule(&route, &route.last, None);
        let always = route.rules.iter().any(|rule| rule.when.iter().any(|all| all.iter().all(|test| matches!(&test.kind, crate::model::TestKind::Path(crate::operand::Path::Prefix(prefix), _) if prefix == "/"))));
        let open_http = route.open_ranks(&self.mesh.port_ranks(&route)).contains(&Rank::Http);
        let other_last = is_host
            && self.mesh.routes.iter().any(|other| other.target == route.target && !other.last.shares.is_empty());
        let answered = always || !open_http || other_last || route.last.poisoned;
        let silent = route.poisoned || (answered && !route.rules.is_empty());
        if is_host && !ends && !silent {
            let span = route.target_span;
            if route.rules.is_empty() {
                self.push(
                    Diagnostic::new(code::E0409, span, "this route sends requests nowhere")
                        .label("no rule and no destination")
                        .help("write a destination, such as a service"),
                );
            } else {
                self.push(
                    Diagnostic::new(code::UNMATCHED_404, span, "what no rule takes is answered with 404")
                        .label("this route has no last rule")
                        .help("write a destination into its body, if another answer is meant"),
                );
            }
        }
        if matches!(route.target, RouteTarget::Delegate(_)) && !ends && route.rules.is_empty() && !route.poisoned {
            self.push(
                Diagnostic::new(code::E0409, route.target_span, "this route sends requests nowhere")
                    .label("no rule and no destination"),
            );
        }
        for rule in route.rules.iter_mut().chain([&mut route.last]) {
            fill_shares(rule);
        }
        self.mesh.routes[at] = route;
    }

    /// Shares add up, and no destination stands twice; false where that was reported.
    fn check_shares(&mut self, rule: &Rule<'a>) -> bool {
        let shares = &rule.shares;
        if shares.is_empty() || rule.poisoned {
            return true;
        }
        for (i, share) in shares.iter().enumerate() {
            let same = shares[..i]
                .iter()
                .find(|old| old.place == share.place && old.port.map(|p| p.0) == share.port.map(|p| p.0));
            if let Some(first) = same {
                let problem = Diagnostic::new(code::E0306, share.span, "one destination stands twice in a rule")
                    .label("again here")
                    .also(first.span, "first here")
                    .help("give it one share, or is one of them another version?");
                self.push(problem);
                return false;
            }
        }
        let open: Vec<&Share<'a>> = shares.iter().filter(|share| share.parts.is_none()).collect();
        if let [first, second, ..] = open.as_slice() {
            self.push(
                Diagnostic::new(code::E0401, second.span, "two destinations without a share")
                    .label("which part does it get?")
                    .also(first.span, "this one has none either")
                    .note("one destination may leave its share out and takes the rest"),
            );
            return false;
        }
        let sum: u64 = shares.iter().filter_map(|share| share.parts).map(u64::from).sum();
        let whole = u64::from(WHOLE);
        let all = shares[0].span.to(shares[shares.len() - 1].span);
        match open.first() {
            Some(rest) if sum >= whole => self.push(
                Diagnostic::new(
                    code::E0401,
                    rest.span,
                    format!("nothing is left: the other shares come to {}", percent(sum)),
                )
                .label("takes the rest")
                .help("make the other shares smaller, or leave this destination out"),
            ),
            None if sum != whole => {
                let problem =
                    Diagnostic::new(code::E0401, all, format!("the shares come to {}, not 100%", percent(sum)))
                        .label(format!("{} in all", percent(sum)));
                let last = shares[shares.len() - 1].parts.map_or(0, u64::from);
                let others = sum - last;
                let problem = if others < whole && shares.len() > 1 {
                    problem.help(format!(
                        "with {} for the last one they would come to 100%; or leave its share out",
                        percent(whole - others)
                    ))
                } else if shares.len() == 1 {
                    problem.help("write the other destinations, or leave the share out")
                } else {
                    problem.help("Mesh does not scale shares: write what is meant")
                };
                self.push(problem);
            }
            _ => return true,
        }
        false
    }

    /// A destination whose port Istio could not find by itself.
    fn check_ports(&mut self, route: &Route<'a>, rule: &Rule<'a>, is_last: bool) {
        if rule.poisoned {
            return;
        }
        let at_gateway = matches!(route.target, RouteTarget::Host(_)) && !route.gateways.is_empty();
        let tests_port =
            rule.when.iter().all(|all| all.iter().any(|test| matches!(test.kind, crate::model::TestKind::Port(_))));
        let kinds = if is_last { route.open_ranks(&self.mesh.port_ranks(route)) } else { route.ranks.clone() };
        let needs_http = rule.when.iter().flatten().any(|test| test.kind.needs_http());
        if let (true, true, false, Some(share)) =
            (at_gateway, kinds.len() > 1, (tests_port && !is_last) || needs_http, rule.shares.first())
        {
            self.push(
                Diagnostic::new(
                    code::E0414,
                    share.span,
                    "the gateway serves this host on listeners of different kinds",
                )
                .label("behind which listener?")
                .help("write a rule for each, as in `when port 31400 < … >`"),
            );
            return;
        }
        let ends = rule.shares.iter().map(|share| (share.place, share.port.is_some(), share.span));
        let mirrors = rule.mirrors.iter().map(|mirror| (mirror.place, mirror.port.is_some(), mirror.span));
        for (place, _, span) in ends.chain(mirrors).filter(|(_, said, _)| !said) {
            let (name, own, ports) = match place {
                Place::Service(id, _) => {
                    let service = &self.mesh.services[id.0];
                    let own = matches!(route.target, RouteTarget::Service(target) if target == id);
                    if service.incomplete {
                        continue;
                    }
                    (service.name, own, service.ports.clone())
                }
                Place::External(id) => {
                    let external = &self.mesh.externals[id.0];
                    let own = matches!(route.target, RouteTarget::External(target) if target == id);
                    if external.incomplete {
                        continue;
                    }
                    (external.name, own, external.ports.iter().map(|port| port.port).collect())
                }
            };
            if ports.len() < 2 {
                continue;
            }
            let numbers: Vec<u16> = ports.iter().map(|port| port.number).collect();
            let shown: Vec<String> = numbers.iter().map(u16::to_string).collect();
            let shown = crate::suggest::any_of(shown.iter().map(String::as_str));
            let problem = |title: String| {
                Diagnostic::new(code::E0414, span, title)
                    .label("which port?")
                    .help(format!("write `port P` behind it, with {shown}"))
            };
            if !route.gateways.is_empty() {
                let problem = problem(format!(
                    "`{name}` has several ports, and a gateway does not know which one to call"
                ))
                .note("Istio would take the listener's own port, and answer 503 where the service has no such port");
                self.push(problem);
                return;
            }
            if own {
                continue;
            }
            let RouteTarget::Service(target) = route.target else { continue };
            let caller = &self.mesh.services[target.0];
            let lacking = caller.ports.iter().find(|port| !numbers.contains(&port.number));
            if let Some(lacking) = lacking {
                let (number, used) = (lacking.number, lacking.span);
                let problem = problem(format!("`{name}` has several ports, and none of them is {number}"))
                    .also(used, "callers use this port");
                self.push(problem);
                return;
            }
        }
    }
}

/// Gives the destination without a share what the others leave.
fn fill_shares(rule: &mut Rule<'_>) {
    if rule.shares.len() < 2 {
        return;
    }
    let sum: u64 = rule.shares.iter().filter_map(|share| share.parts).map(u64::from).sum();
    let rest = u64::from(WHOLE).saturating_sub(sum) as u32;
    for share in &mut rule.shares {
        share.parts.get_or_insert(rest);
    }
}

fn empty_route<'a>() -> Route<'a> {
    Route {
        head: crate::model::Head::default(),
        target: RouteTarget::Delegate(""),
        target_span: Span::default(),
        gateways: Vec::new(),
        mesh: None,
        foreign: false,
        ranks: Vec::new(),
        rules: Vec::new(),
        last: Rule::default(),
        poisoned: true,
    }
}
