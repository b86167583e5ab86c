//! The two worlds of `wit/agon.wit`: what they grant, what they demand, and components linked to them.

use super::agent::{CallParams, CallResults};
use super::desk::Desk;
use super::guest::{self, Guest};
use super::{abi, host, phase};
use crate::compile::refusal;
use agon_port::sandbox::{Role, Unloadable};
use agon_types::manifest::Capabilities;
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Linker, Lower,
};

/// A component that is linked, and only waits for an instance.
pub struct Code<T: 'static> {
    pub pre: InstancePre<Guest<T>>,
    /// The functions that its world demands, in the world's order.
    pub exports: Vec<ComponentExportIndex>,
}

/// What a world grants and demands.
pub struct World<T: 'static> {
    linker: Linker<Guest<T>>,
    exports: &'static [Export],
}

/// A function that a world demands, and whether a component's function of this name has its type.
pub struct Export {
    pub name: &'static str,
    fits: fn(&Component, &ComponentItem) -> bool,
}

const AGENT: &[Export] = &[Export { name: "call", fits: fits::<CallParams, CallResults> }];

/// In the order of [`super::desk::Kind`].
const CHALLENGE: &[Export] = &[
    Export { name: "describe", fits: fits::<(), phase::Described> },
    Export { name: "observe", fits: fits::<phase::ObserveParams, phase::Observed> },
    Export { name: "score", fits: fits::<phase::ScoreParams, phase::Scored> },
    Export { name: "weigh", fits: fits::<phase::WeighParams, phase::Weighed> },
    Export { name: "serve", fits: fits::<phase::ServeParams, phase::Served> },
];

/// Every interface that a world knows; the manifest decides on some of them.
pub fn imports(role: Role) -> &'static [&'static str] {
    match role {
        Role::Agent => &[abi::RULES, abi::LOG],
        Role::Challenge => &[
            abi::RULES,
            abi::LOG,
            abi::RANDOM,
            abi::AGENTS,
            abi::STATE,
            abi::INBOX,
            abi::SUBMISSIONS,
            abi::WEB,
            abi::ARTIFACTS,
        ],
    }
}

/// Whether a manifest grants an interface; what is not an interface of a challenge is nobody's to grant.
pub fn is_granted(interface: &str, grants: &Capabilities) -> bool {
    match interface {
        abi::RULES | abi::LOG | abi::RANDOM | abi::AGENTS => true,
        abi::STATE => grants.state_bytes_max > 0,
        abi::INBOX => grants.posts_per_epoch > 0,
        abi::SUBMISSIONS => grants.submissions,
        abi::WEB => !grants.hosts.is_empty(),
        abi::ARTIFACTS => !grants.artifacts.is_empty() || grants.kept_bytes_max > 0,
        _ => false,
    }
}

/// Every function that a world demands.
pub fn exports(role: Role) -> impl Iterator<Item = &'static str> {
    let exports = match role {
        Role::Agent => AGENT,
        Role::Challenge => CHALLENGE,
    };
    exports.iter().map(|export| export.name)
}

fn fits<P: ComponentNamedList + Lower, R: ComponentNamedList + Lift>(
    component: &Component,
    item: &ComponentItem,
) -> bool {
    let ty = component.component_type();
    matches!(item, ComponentItem::ComponentFunc(f) if f.typecheck::<P, R>(&ty.instance_type()).is_ok())
}

pub fn agents(engine: &Engine) -> wasmtime::Result<World<()>> {
    let mut linker = Linker::new(engine);
    linker.instance(abi::RULES)?;
    guest::link_log(&mut linker, Role::Agent)?;
    Ok(World { linker, exports: AGENT })
}

pub fn challenges(engine: &Engine) -> wasmtime::Result<World<Desk>> {
    let mut linker = Linker::new(engine);
    guest::link_log(&mut linker, Role::Challenge)?;
    host::link(&mut linker)?;
    Ok(World { linker, exports: CHALLENGE })
}

impl<T> World<T> {
    /// Links a component, if everything that it imports and exports has the types of this world.
    pub fn link(&self, component: &Component) -> Result<Code<T>, Unloadable> {
        let mut exports = Vec::with_capacity(self.exports.len());
        for Export { name, fits } in self.exports {
            let Some((item, index)) = component.get_export(None, *name) else {
                return Err(Unloadable::MissingExport((*name).to_owned()));
            };
            if !fits(component, &item) {
                return Err(Unloadable::Invalid(format!("{name:?} has another type than in its world")));
            }
            exports.push(index);
        }
        let pre = self.linker.instantiate_pre(component).map_err(refusal::of)?;
        Ok(Code { pre, exports })
    }
}
