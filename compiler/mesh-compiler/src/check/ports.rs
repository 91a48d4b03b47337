//! Ports as policies see them: of the workload, or of the service behind a waypoint.

use rustc_hash::FxHashSet as HashSet;

use mesh_diagnostics::{Diagnostic, Span, code};
use mesh_istio::Rank;

use super::Checker;
use crate::model::{Gateway, HttpPorts, Service, ServiceId, Subject};
use crate::operand::{Arg, Value};

impl<'t, 'a> Checker<'t, 'a> {
    /// The workload port that a policy of the subject sees.
    pub(super) fn subject_port(&mut self, subject: &Subject<'a>, arg: &Arg<'a>, word: &str) -> Option<u16> {
        match subject {
            Subject::Service(id) => {
                let at_waypoint = word != "mtls" && self.has_waypoint(*id);
                self.port(*id, arg).map(|port| if at_waypoint { port.number } else { port.target })
            }
            Subject::Gateway(id) => {
                let workload = self.mesh.gateways[id.0].workload;
                let Value::Number(number) = arg.value else { return self.port(workload?, arg).map(|port| port.target) };
                u16::try_from(number).ok().map(|number| self.workload_port(workload, number))
            }
            _ if word == "mtls" => {
                self.push(
                    Diagnostic::new(code::E0321, arg.span, "a port has a mode of its own for one workload only")
                        .label("this target is no workload")
                        .note("Istio takes modes of ports only beside a selector"),
                );
                None
            }
            _ => match arg.value {
                Value::Number(number) => self.port_of_many(subject, u16::try_from(number).ok()?, arg),
                _ => {
                    self.push(
                        Diagnostic::new(code::E0203, arg.span, format!("`{}` names a port of no service", arg.str()))
                            .label("the target is no service")
                            .help("write the number of the workload's port"),
                    );
                    None
                }
            },
        }
    }

    /// The workload port behind a service port of all services of a namespace, or of the mesh.
    fn port_of_many(&mut self, subject: &Subject<'a>, number: u16, arg: &Arg<'a>) -> Option<u16> {
        let within = |service: &&Service<'a>| match subject {
            Subject::Namespace(name) => service.namespace == Some(name),
            Subject::ThisNamespace => service.namespace.is_none(),
            _ => true,
        };
        let ports = self.mesh.services.iter().filter(within).flat_map(|service| &service.ports);
        let mut targets: Vec<(u16, Span)> =
            ports.filter(|port| port.number == number).map(|port| (port.target, port.span)).collect();
        targets.sort_unstable_by_key(|(target, _)| *target);
        targets.dedup_by_key(|(target, _)| *target);
        match targets.as_slice() {
            [] => Some(number),
            [(target, _)] => Some(*target),
            [(first, here), (second, there), ..] => {
                let problem = Diagnostic::new(
                    code::E0203,
                    arg.span,
                    format!("port {number} leads to {first} in one service and to {second} in another"),
                )
                .label("which one?")
                .also(*here, format!("to {first}"))
                .also(*there, format!("to {second}"))
                .note("a policy sees the ports of workloads")
                .help("write a statement for each service");
                self.push(problem);
                None
            }
        }
    }

    /// True where the subject's ports are known and none speaks HTTP.
    pub(super) fn lacks_http(&self, subject: &Subject<'a>) -> bool {
        let incomplete = match subject {
            Subject::Service(id) => self.mesh.services[id.0].incomplete,
            Subject::Gateway(id) => self.mesh.gateways[id.0].incomplete,
            _ => return false,
        };
        let ports = self.ranked_ports(subject);
        !incomplete && !ports.is_empty() && ports.iter().all(|(_, rank)| *rank != Rank::Http)
    }

    /// Which ports the HTTP tests of a policy are for. A denial names them even where all speak HTTP: without them
    /// Istio denies every other port too, those that this program cannot see among them.
    pub(super) fn http_ports(&self, subject: &Subject<'a>, denial: bool) -> HttpPorts {
        let ports = self.ranked_ports(subject);
        let sorted = |http: bool| {
            let fits = |(_, rank): &&(u16, Rank)| (*rank == Rank::Http) == http;
            let mut found: Vec<u16> = ports.iter().filter(fits).map(|(port, _)| *port).collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        let workload = matches!(subject, Subject::Service(_) | Subject::Gateway(_));
        if !workload || ports.is_empty() {
            return HttpPorts::Not(if denial { sorted(false) } else { Vec::new() });
        }
        if !denial && ports.iter().all(|(_, rank)| *rank == Rank::Http) {
            return HttpPorts::All;
        }
        HttpPorts::These(sorted(true))
    }

    /// Reports a workload port that speaks HTTP in one workload of a wide target and not in another: a denial by HTTP
    /// would close the one or miss the other.
    pub(super) fn can_tell_http(&mut self, subject: &Subject<'a>, span: Span) -> bool {
        if matches!(subject, Subject::Service(_) | Subject::Gateway(_)) {
            return true;
        }
        let ports = self.ranked_ports(subject);
        let http: HashSet<u16> = ports.iter().filter(|(_, rank)| *rank == Rank::Http).map(|(port, _)| *port).collect();
        let Some((port, _)) = ports.iter().find(|(port, rank)| *rank != Rank::Http && http.contains(port)) else {
            return true;
        };
        self.push(
            Diagnostic::new(
                code::E0320,
                span,
                format!("the port {port} speaks HTTP in one workload here, and something else in another"),
            )
            .label("denies by HTTP for all of them")
            .note("Istio would close the port where it speaks no HTTP")
            .help("write the statement for the services that it is about"),
        );
        false
    }

    /// The ports of a subject as its policies see them, and what is spoken there.
    fn ranked_ports(&self, subject: &Subject<'a>) -> Vec<(u16, Rank)> {
        let of_service = |id: ServiceId| {
            let waypoint = self.has_waypoint(id);
            let ports = self.mesh.services[id.0].ports.iter();
            ports.map(move |port| (if waypoint { port.number } else { port.target }, port.protocol.rank()))
        };
        let of_gateway = |gateway: &Gateway<'a>| {
            let workload = gateway.workload;
            let listeners = gateway.listeners.iter();
            listeners.map(|listener| (self.workload_port(workload, listener.port), listener.rank())).collect::<Vec<_>>()
        };
        match subject {
            Subject::Service(id) => of_service(*id).collect(),
            Subject::Gateway(id) => {
                // Every gateway on the same workload opens listeners of its own there.
                let workload = self.mesh.gateways[id.0].workload;
                let same = self
                    .mesh
                    .gateways
                    .iter()
                    .enumerate()
                    .filter(|(at, gateway)| *at == id.0 || (workload.is_some() && gateway.workload == workload));
                same.flat_map(|(_, gateway)| of_gateway(gateway)).collect()
            }
            Subject::Namespace(_) | Subject::ThisNamespace | Subject::Mesh => {
                let holds = |namespace: Option<&str>| match subject {
                    Subject::Namespace(name) => namespace == Some(name),
                    Subject::ThisNamespace => namespace.is_none(),
                    _ => true,
                };
                // The pods of a gateway speak on its listeners, not on the ports of their service.
                let runs: HashSet<ServiceId> = self.mesh.gateways.iter().filter_map(|g| g.workload).collect();
                let services = (0..self.mesh.services.len()).map(ServiceId).filter(|id| !runs.contains(id));
                let services = services.filter(|id| holds(self.mesh.services[id.0].namespace));
                let place = |gateway: &Gateway<'a>| match gateway.workload {
                    Some(id) => self.mesh.services[id.0].namespace,
                    None => gateway.namespace,
                };
                let gateways = self.mesh.gateways.iter().filter(|gateway| holds(place(gateway)));
                services.flat_map(of_service).chain(gateways.flat_map(of_gateway)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The workload port behind a port of a gateway's service.
    fn workload_port(&self, workload: Option<ServiceId>, number: u16) -> u16 {
        let ports = workload.map(|id| self.mesh.services[id.0].ports.as_slice()).unwrap_or_default();
        ports.iter().find(|port| port.number == number).map_or(number, |port| port.target)
    }

    /// True where a waypoint handles HTTP for a service: its policies are attached there, and see service ports.
    pub(super) fn has_waypoint(&self, id: ServiceId) -> bool {
        self.mesh.waypoint_of(self.mesh.services[id.0].namespace).is_some()
    }
}
