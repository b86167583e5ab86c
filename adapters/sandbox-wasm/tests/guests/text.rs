//! Guests as text: a component of either world around a few lines of a core module.
//!
//! The memory of a guest: its scratch is below 1024, data goes from [`DATA`], what the host hands over from 32768, and
//! what is handed to the host from [`OUT`].

#[path = "interfaces.rs"]
pub mod interfaces;

pub use interfaces::Interface;

use agon_port::sandbox::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

/// The first byte for data of a guest.
pub const DATA: u32 = 1024;
/// The first byte for what a guest hands over.
pub const OUT: u32 = 131_072;

const TASK: &str = "(param $benchmark i32) (param $benchmark_bytes i32) (param $config i32) (param $configs i32) \
    (param $seed i32) (param $seed_bytes i32) (param $epoch i64) (param $seats i32)";

/// The exports of a world: name, parameters of the core function, and type of the component's function.
struct Phase {
    name: &'static str,
    core: String,
    ty: &'static str,
    default: &'static str,
}

fn phases(role: Role) -> Vec<Phase> {
    let phase = |name, core: &str, ty, default| Phase { name, core: core.to_owned(), ty, default };
    match role {
        Role::Agent => vec![phase(
            "call",
            "(param $method i32) (param $method_bytes i32) (param $input i32) (param $input_bytes i32)",
            r#"(param "method" string) (param "input" (list u8)) (result (result (list u8) (error string)))"#,
            "(i32.const 960)",
        )],
        Role::Challenge => vec![
            phase("describe", "", "(result $description)", "(i32.const 960)"),
            phase(
                "observe",
                TASK,
                r#"(param "task" $task) (result (result (list u8) (error string)))"#,
                "(i32.const 960)",
            ),
            phase(
                "score",
                &format!("{TASK} (param $observed i32) (param $observed_bytes i32)"),
                r#"(param "task" $task) (param "observed" (list u8)) (result (result $outcome (error $failure)))"#,
                "(i32.const 960)",
            ),
            phase(
                "weigh",
                "(param $epoch i64) (param $seed i32) (param $seed_bytes i32) (param $rows i32) (param $row_count i32)",
                r#"(param "weighing" $weighing) (result (result (list $points) (error string)))"#,
                "(i32.const 960)",
            ),
            phase(
                "serve",
                "(param $route i32) (param $route_bytes i32) (param $path i32) (param $path_bytes i32) \
                 (param $parameters i32) (param $parameter_count i32) (param $query i32) (param $query_count i32)",
                r#"(param "request" $request) (result $response)"#,
                "(i32.store16 (i32.const 896) (i32.const 200)) (i32.store (i32.const 900) (i32.const 880)) \
                 (i32.store (i32.const 904) (i32.const 10)) (i32.const 896)",
            ),
        ],
    }
}

/// A component in the making.
#[derive(Clone, Debug)]
pub struct Guest {
    role: Role,
    version: &'static str,
    imports: BTreeSet<Interface>,
    memory: String,
    realloc: String,
    fields: String,
    bodies: BTreeMap<&'static str, String>,
    lifts: BTreeMap<&'static str, String>,
    extra: String,
}

/// Hands over ever further memory, and asks for none.
const BUMP: &str = "(local $at i32) \
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8))) \
    (global.set $free (i32.add (local.get $at) (local.get 3))) (local.get $at)";

impl Guest {
    pub fn challenge() -> Self {
        Self::new(Role::Challenge)
    }

    pub fn agent() -> Self {
        Self::new(Role::Agent)
    }

    fn new(role: Role) -> Self {
        Self {
            role,
            version: "0.2.0",
            imports: BTreeSet::new(),
            memory: "8".to_owned(),
            realloc: BUMP.to_owned(),
            fields: String::new(),
            bodies: BTreeMap::new(),
            lifts: BTreeMap::new(),
            extra: String::new(),
        }
    }

    /// Imports an interface; its functions have the short names of [`Interface::functions`].
    pub fn import(mut self, interface: Interface) -> Self {
        self.imports.insert(interface);
        self
    }

    /// The limits of its memory, such as `1 4`.
    pub fn memory(mut self, limits: &str) -> Self {
        limits.clone_into(&mut self.memory);
        self
    }

    /// What is done when the host needs room: parameters 0 to 3, one result.
    pub fn realloc(mut self, body: &str) -> Self {
        body.clone_into(&mut self.realloc);
        self
    }

    /// Further functions, globals, tables and data of its module.
    pub fn fields(mut self, text: &str) -> Self {
        self.fields.push_str(text);
        self.fields.push('\n');
        self
    }

    /// What it does in an export; the parameters have names, and the result is a place in its memory.
    pub fn does(mut self, export: &'static str, body: &str) -> Self {
        self.bodies.insert(export, body.to_owned());
        self
    }

    /// A further canonical option of an export.
    pub fn lift(mut self, export: &'static str, option: &str) -> Self {
        self.lifts.insert(export, option.to_owned());
        self
    }

    /// Further text of the component itself, at its end.
    pub fn extra(mut self, text: &str) -> Self {
        self.extra.push_str(text);
        self
    }

    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    pub fn bytes(&self) -> Arc<[u8]> {
        let text = self.text();
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).into()
    }

    pub fn text(&self) -> String {
        let mut text = String::from("(component\n");
        if self.role == Role::Challenge {
            text.push_str(&interfaces::RULES.replace("0.2.0", self.version));
        }
        for interface in &self.imports {
            text.push_str(&interface.import(self.version));
        }
        let _ = write!(
            text,
            r#"  (core module $room (memory (export "memory") {}) (global $free (mut i32) (i32.const 32768))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) {}))
  (core instance $room (instantiate $room))
  (alias core export $room "memory" (core memory $memory))
  (alias core export $room "realloc" (core func $realloc))
"#,
            self.memory, self.realloc
        );
        self.lowered(&mut text);
        self.main(&mut text);
        self.lifted(&mut text);
        text + &self.extra + ")\n"
    }

    fn lowered(&self, text: &mut String) {
        for interface in &self.imports {
            for function in interface.functions() {
                let (short, name, instance) = (function.short, function.name, interface.name());
                let _ = writeln!(
                    text,
                    "  (core func ${short} (canon lower (func ${instance} {name:?}) (memory $memory) \
                     (realloc $realloc)))"
                );
            }
        }
        if self.imports.contains(&Interface::Agents) {
            text.push_str("  (alias export $agents \"agent\" (type $agent))\n");
            text.push_str("  (core func $close (canon resource.drop $agent))\n");
        }
    }

    /// Every function that the module may import: its name and what is left of its type.
    fn hosted(&self) -> Vec<(&'static str, &'static str)> {
        let functions = self.imports.iter().flat_map(|interface| interface.functions());
        let mut hosted: Vec<_> = functions.map(|function| (function.short, function.core)).collect();
        if self.imports.contains(&Interface::Agents) {
            hosted.push(("close", "i32"));
        }
        hosted
    }

    fn main(&self, text: &mut String) {
        text.push_str("  (core module $main (import \"host\" \"memory\" (memory 0))\n");
        let mut exports = String::from("(export \"memory\" (memory $memory))");
        for (short, core) in self.hosted() {
            let _ = writeln!(text, "    (import \"host\" \"{short}\" (func ${short} (param {core})))");
            let _ = write!(exports, " (export \"{short}\" (func ${short}))");
        }
        for Phase { name, core, default, .. } in phases(self.role) {
            let body = self.bodies.get(name).map_or(default, String::as_str);
            let _ = writeln!(text, "    (func (export \"{name}\") {core} (result i32)\n      {body})");
        }
        if self.role == Role::Challenge {
            text.push_str("    (data (i32.const 880) \"text/plain\")\n");
        }
        text.push_str(&self.fields);
        let _ = write!(
            text,
            ")\n  (core instance $host {exports})\n  (core instance $main (instantiate $main (with \"host\" (instance $host))))\n"
        );
    }

    fn lifted(&self, text: &mut String) {
        for Phase { name, ty, .. } in phases(self.role) {
            let option = self.lifts.get(name).map_or("", String::as_str);
            let _ = writeln!(
                text,
                "  (func ${name} {ty} (canon lift (core func $main \"{name}\") (memory $memory) (realloc $realloc) {option}))\n  (export \"{name}\" (func ${name}))"
            );
        }
    }
}

/// The text of bytes as a data segment writes them.
pub fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}
