//! What is known of something that has a name, as an editor shows and completes it.

use compact_str::{ToCompactString, format_compact};
use mesh_istio::Text;

use crate::model::{Entity, Mesh, Port};

/// The names of the callers of each service, made once.
pub(super) struct Details {
    callers: Vec<Vec<Text>>,
    external_callers: Vec<Vec<Text>>,
}

impl Details {
    pub fn of(mesh: &Mesh<'_>) -> Details {
        let mut callers = vec![Vec::new(); mesh.services.len()];
        let mut external_callers = vec![Vec::new(); mesh.externals.len()];
        for service in &mesh.services {
            for (callee, _) in &service.calls {
                callers[callee.0].push(service.name.into());
            }
            for (callee, _) in &service.external_calls {
                external_callers[callee.0].push(service.name.into());
            }
        }
        Details { callers, external_callers }
    }

    /// What is known of an entity; nothing is shown that is empty.
    pub fn take(&mut self, mesh: &Mesh<'_>, entity: Entity<'_>) -> Vec<(&'static str, Vec<Text>)> {
        let mut out = match entity {
            Entity::Service(id) => {
                let service = &mesh.services[id.0];
                let mut accounts: Vec<Text> = service.account.iter().map(|(account, _)| (*account).into()).collect();
                for (account, _) in service.versions.iter().filter_map(|version| version.account) {
                    if !accounts.iter().any(|known| known == account) {
                        accounts.push(account.into());
                    }
                }
                let calls = service.calls.iter().map(|(callee, _)| mesh.services[callee.0].name);
                let outside = service.external_calls.iter().map(|(callee, _)| mesh.externals[callee.0].name);
                vec![
                    ("ports", service.ports.iter().map(port).collect()),
                    ("versions", service.versions.iter().map(|version| version.name.into()).collect()),
                    ("accounts", accounts),
                    ("calls", calls.chain(outside).map(Text::from).collect()),
                    ("called by", std::mem::take(&mut self.callers[id.0])),
                ]
            }
            Entity::External(id) => {
                let external = &mesh.externals[id.0];
                vec![
                    ("hosts", external.hosts.iter().map(|(host, _)| host.as_ref().into()).collect()),
                    ("ports", external.ports.iter().map(|known| port(&known.port)).collect()),
                    ("called by", std::mem::take(&mut self.external_callers[id.0])),
                ]
            }
            Entity::Gateway(id) => {
                let listeners = &mesh.gateways[id.0].listeners;
                let hosts =
                    listeners.iter().flat_map(|listener| &listener.hosts).map(|(host, _)| Text::from(host.as_ref()));
                let mut ports: Vec<Text> = listeners.iter().map(|listener| listener.port.to_compact_string()).collect();
                ports.dedup();
                vec![("ports", ports), ("hosts", hosts.collect())]
            }
            Entity::Version(..)
            | Entity::Port(..)
            | Entity::ExternalPort(..)
            | Entity::Delegate(..)
            | Entity::Namespace(_)
            | Entity::Provider(_) => Vec::new(),
        };
        out.retain(|(_, list)| !list.is_empty());
        out
    }
}

/// A port as it is written: `http 8080`, or by its name.
fn port(port: &Port<'_>) -> Text {
    match port.alias {
        Some(alias) => format_compact!("{alias} {} {}", port.protocol.word(), port.number),
        None => format_compact!("{} {}", port.protocol.word(), port.number),
    }
}
