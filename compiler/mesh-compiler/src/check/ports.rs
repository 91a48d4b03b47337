//! Ports as policies see them: of the workload, or of the service behind a waypoint.

use mesh_diagnostics::{Diagnostic, code};
use mesh_istio::Rank;

use super::Checker;
use crate::model::{ServiceId, Subject};
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
                Value::Number(number) => u16::try_from(number).ok(),
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

    /// True where the subject's ports are known and none speaks HTTP.
    pub(super) fn lacks_http(&self, subject: &Subject<'a>) -> bool {
        let Subject::Service(id) = subject else { return false };
        let service = &self.mesh.services[id.0];
        !service.incomplete
            && !service.ports.is_empty()
            && service.ports.iter().all(|port| port.protocol.rank() != Rank::Http)
    }

    /// The ports that speak HTTP, where the subject also has others. A denial names them `always`: without them Istio
    /// denies every TCP port too, those of listeners that this program cannot see among them.
    pub(super) fn http_ports(&self, subject: &Subject<'a>, always: bool) -> Vec<u16> {
        let ports: Vec<(u16, Rank)> =
            match subject {
                Subject::Service(id) => {
                    let waypoint = self.has_waypoint(*id);
                    let ports = self.mesh.services[id.0].ports.iter();
                    ports.map(|port| (if waypoint { port.number } else { port.target }, port.protocol.rank())).collect()
                }
                Subject::Gateway(id) => {
                    // Every gateway on the same workload opens listeners of its own there.
                    let workload = self.mesh.gateways[id.0].workload;
                    let same =
                        self.mesh.gateways.iter().enumerate().filter(|(at, gateway)| {
                            *at == id.0 || (workload.is_some() && gateway.workload == workload)
                        });
                    let listeners = same.flat_map(|(_, gateway)| &gateway.listeners);
                    listeners.map(|listener| (self.workload_port(workload, listener.port), listener.rank())).collect()
                }
                _ => return Vec::new(),
            };
        if !always && ports.iter().all(|(_, rank)| *rank == Rank::Http) {
            return Vec::new();
        }
        let mut http: Vec<u16> = ports.iter().filter(|(_, rank)| *rank == Rank::Http).map(|(port, _)| *port).collect();
        http.sort_unstable();
        http.dedup();
        http
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
