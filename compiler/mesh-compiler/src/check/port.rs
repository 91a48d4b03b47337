//! Ports of services and externals: how they are declared, and what a number or a name refers to.

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::Protocol;

use super::Checker;
use crate::clause::Clause;
use crate::model::{Entity, ExternalId, Port, ServiceId};
use crate::operand::{Arg, Value};
use crate::suggest::{all_of, nearest};

/// The port that a clause such as `http 80 to 8080 as main` declares.
pub(super) fn declared<'a>(clause: &Clause<'_, 'a>) -> Option<Port<'a>> {
    let protocol = Protocol::named(clause.name())?;
    let number = clause.args.get("port")?.number() as u16;
    let alias = clause.args.get("alias");
    Some(Port {
        number,
        target: clause.args.get("target").map_or(number, |arg| arg.number() as u16),
        alias: alias.map(Arg::word),
        name: alias.map_or(clause.span(), |arg| arg.span),
        protocol,
        span: clause.span(),
    })
}

impl<'t, 'a> Checker<'t, 'a> {
    /// The port of a service that a number or a name refers to.
    pub fn port(&mut self, id: ServiceId, arg: &Arg<'a>) -> Option<Port<'a>> {
        let service = &self.mesh.services[id.0];
        let found = service.ports.iter().find(|port| port_is(port, arg));
        if let Some(port) = found.copied() {
            self.port_used(arg, Entity::Port(id, port.number));
            return Some(port);
        }
        if service.ports.is_empty() || service.incomplete {
            // Ports that are not declared are not checked; a number is taken as both service and workload port.
            let Value::Number(number) = arg.value else {
                if service.open || !service.incomplete {
                    let name = service.name;
                    let problem =
                        Diagnostic::new(code::E0203, arg.span, format!("`{name}` has no port `{}`", arg.str()))
                            .label("not known")
                            .help(format!("declare it: `http 80 as {}` in `service {name}`", arg.str()));
                    self.push(problem);
                }
                return None;
            };
            let number = u16::try_from(number).ok()?;
            return Some(Port {
                number,
                target: number,
                alias: None,
                name: arg.span,
                protocol: Protocol::Http,
                span: arg.span,
            });
        }
        let shown = shown(arg);
        let problem = unknown_port(service.name, &shown, &service.ports, service.span, arg);
        if self.reported.insert(("port", format!("{}:{shown}", id.0))) {
            self.push(problem);
        }
        None
    }

    /// The port of an external that a number or a name refers to.
    pub fn external_port(&mut self, id: ExternalId, arg: &Arg<'a>) -> Option<Port<'a>> {
        let external = &self.mesh.externals[id.0];
        let found = external.ports.iter().map(|port| port.port).find(|port| port_is(port, arg));
        if let Some(port) = found {
            self.port_used(arg, Entity::ExternalPort(id, port.number));
            return Some(port);
        }
        let ports: Vec<Port<'a>> = external.ports.iter().map(|port| port.port).collect();
        let problem = unknown_port(external.name, &shown(arg), &ports, external.span, arg);
        self.push(problem);
        None
    }

    /// Remembers where a port is used by its name.
    fn port_used(&mut self, arg: &Arg<'a>, port: Entity<'a>) {
        if !matches!(arg.value, Value::Number(_)) {
            self.mesh.uses.push((arg.span, port));
        }
    }
}

fn shown(arg: &Arg<'_>) -> String {
    match arg.value {
        Value::Number(number) => number.to_string(),
        _ => arg.str().to_owned(),
    }
}

/// True when a number or a name refers to a port.
pub(super) fn port_is(port: &Port<'_>, arg: &Arg<'_>) -> bool {
    match arg.value {
        Value::Number(number) => u32::from(port.number) == number,
        _ => port.alias == Some(arg.word()),
    }
}

/// The error of a port that a service or an external does not have.
pub(super) fn unknown_port(name: &str, shown: &str, ports: &[Port<'_>], declared: Span, arg: &Arg<'_>) -> Diagnostic {
    let problem = Diagnostic::new(code::E0203, arg.span, format!("`{name}` has no port `{shown}`")).label("not known");
    let by_target = ports.iter().find(|port| port.target.to_string() == shown);
    let known: Vec<String> = ports
        .iter()
        .flat_map(|port| [Some(port.number.to_string()), port.alias.map(str::to_owned)])
        .flatten()
        .collect();
    let problem = match (by_target, nearest(shown, known.iter().map(String::as_str))) {
        (Some(port), _) => problem
            .note(format!("{shown} is the port of the workload; Mesh names ports as callers do"))
            .fix(format!("write `{}`", port.number), arg.span, port.number.to_string()),
        (None, Some(near)) if shown.parse::<u16>().is_err() => problem.fix(format!("write `{near}`"), arg.span, near),
        _ => problem.help(format!("it has {}", all_of(known.iter().map(String::as_str)))),
    };
    problem.also(declared, format!("`{name}` is declared here"))
}
