//! Bytes that are no component of ours: other forms, other worlds, other features of a machine.

use super::{Act, Attack, Ends};
use crate::plan::grants;
use crate::text::{Guest, Interface};
use agon_port::sandbox::Role;
use agon_types::manifest::Capabilities;
use std::sync::Arc;

fn text(text: &str) -> Arc<[u8]> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}")).into()
}

/// What the compiler itself makes of a component: code of this machine, for the very settings of the node.
fn native() -> Arc<[u8]> {
    let engine = wasmtime::Engine::default();
    engine.precompile_component(&Guest::agent().bytes()).unwrap().into()
}

fn native_module() -> Arc<[u8]> {
    wasmtime::Engine::default().precompile_module(&text("(module)")).unwrap().into()
}

fn with(fields: &str) -> Arc<[u8]> {
    Guest::agent().extra(&format!("(core module $more {fields})")).bytes()
}

fn agent(name: &str, ends: Ends, make: fn() -> Arc<[u8]>) -> Attack {
    Attack::load(name, ends, move || (Role::Agent, make()))
}

pub fn attacks() -> Vec<Attack> {
    let mut attacks = forms();
    attacks.extend(features());
    attacks.extend(worlds());
    attacks
}

/// Bytes of another form.
fn forms() -> Vec<Attack> {
    vec![
        agent("a script", Ends::NotAComponent, || b"#!/bin/sh\nrm -rf /\n".to_vec().into()),
        agent("nothing", Ends::NotAComponent, || Vec::new().into()),
        agent("a program of this machine", Ends::NotAComponent, || {
            b"\x7fELF\x02\x01\x01\0".repeat(100).into()
        }),
        agent("a component that is compiled already", Ends::NotAComponent, native),
        agent("a module that is compiled already", Ends::NotAComponent, native_module),
        agent("a core module", Ends::NotAComponent, || text("(module (memory (export \"memory\") 1))")),
        agent("text", Ends::NotAComponent, || b"(component)".to_vec().into()),
        agent("its header only", Ends::MissingExport, || b"\0asm\x0d\0\x01\0".to_vec().into()),
        agent("half a component", Ends::Invalid(""), || Guest::agent().bytes()[..201].into()),
        agent("a component with a broken section", Ends::Invalid(""), || {
            let mut bytes = Guest::agent().bytes().to_vec();
            bytes[9] = 0xff;
            bytes.into()
        }),
        agent("a component after another", Ends::Invalid(""), || Guest::agent().bytes().repeat(2).into()),
        agent("a component without a call", Ends::MissingExport, || text("(component)")),
        agent("a call that is a component", Ends::Invalid(""), || {
            text("(component (component $c) (export \"call\" (component $c)))")
        }),
        agent("a challenge as an agent", Ends::MissingExport, || Guest::challenge().bytes()),
        agent("a log of another type", Ends::Invalid(""), || {
            let import = "(import \"agon:challenge/log@0.2.0\" (instance (export \"write\" (func (param \"line\" u32)))))";
            Guest::agent().extra(import).bytes()
        }),
    ]
}

/// Features of a machine that are not in the profile.
fn features() -> Vec<Attack> {
    vec![
        agent("shared memory", Ends::Invalid(""), || with("(memory 1 1 shared)")),
        agent("atomic operations", Ends::Invalid(""), || {
            with("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))")
        }),
        agent("a memory of 64 bits", Ends::Invalid(""), || with("(memory i64 1)")),
        agent("two memories", Ends::Invalid(""), || with("(memory 1) (memory 1)")),
        agent("pages of one byte", Ends::Invalid(""), || with("(memory 1 1 (pagesize 1))")),
        agent("collected objects", Ends::Invalid(""), || {
            with("(type (struct (field i32))) (func (drop (struct.new_default 0)))")
        }),
        agent("typed references", Ends::Invalid(""), || {
            with("(type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0)))")
        }),
        agent("exceptions", Ends::Invalid(""), || with("(tag) (func (throw 0))")),
        agent("relaxed vectors", Ends::Invalid(""), || {
            with("(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))")
        }),
        agent("tail calls", Ends::Invalid(""), || with("(func $f (return_call $f))")),
        agent("wide arithmetic", Ends::Invalid(""), || {
            with("(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))")
        }),
        agent("other stacks", Ends::Invalid(""), || {
            with("(type $f (func)) (type $c (cont $f)) (func (drop (ref.null $c)))")
        }),
        agent("a stream", Ends::Invalid(""), || Guest::agent().extra("(type (stream u8))").bytes()),
    ]
}

/// Imports and exports of other worlds.
fn worlds() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for import in [
        "wasi:cli/environment@0.2.0",
        "wasi:clocks/wall-clock@0.2.0",
        "wasi:filesystem/types@0.2.0",
        "wasi:sockets/tcp@0.2.0",
        "agon:challenge/secrets@0.2.0",
    ] {
        attacks.push(Attack::load(format!("an agent imports {import}"), Ends::ForbiddenImport, move || {
            (Role::Agent, Guest::agent().extra(&format!("(import \"{import}\" (instance))")).bytes())
        }));
    }
    for version in ["0.1.0", "0.3.0", "1.0.0", "0.2.1"] {
        attacks.push(Attack::load(
            format!("a challenge of version {version}"),
            Ends::ForbiddenImport,
            move || (Role::Challenge, Guest::challenge().import(Interface::Log).version(version).bytes()),
        ));
    }
    for interface in Interface::ALL.into_iter().filter(|interface| *interface != Interface::Log) {
        attacks.push(Attack::load(format!("an agent imports {}", interface.name()), Ends::ForbiddenImport, move || {
            let challenge = Guest::challenge().import(interface).text();
            let call = "(core module $c (memory (export \"m\") 1) (func (export \"call\") (param i32 i32 i32 i32) (result i32) (i32.const 0)) (func (export \"r\") (param i32 i32 i32 i32) (result i32) (i32.const 0))) (core instance $c (instantiate $c)) (func $called (param \"method\" string) (param \"input\" (list u8)) (result (result (list u8) (error string))) (canon lift (core func $c \"call\") (memory (core memory $c \"m\")) (realloc (core func $c \"r\")))) (export \"call\" (func $called)))";
            let cut = challenge.rfind(')').unwrap();
            (Role::Agent, text(&format!("{}{call}", &challenge[..cut])))
        }));
    }
    for interface in
        [Interface::State, Interface::Inbox, Interface::Submissions, Interface::Web, Interface::Artifacts]
    {
        attacks.push(not_granted(interface));
    }
    attacks.push(Attack::load("a challenge without weigh", Ends::MissingExport, || {
        (Role::Challenge, text(&Guest::challenge().text().replace("(export \"weigh\" (func $weigh))", "")))
    }));
    attacks.push(Attack::load("a challenge whose score has another type", Ends::Invalid(""), || {
        (
            Role::Challenge,
            text(
                &Guest::challenge()
                    .text()
                    .replace("(export \"score\" (func $score))", "(export \"score\" (func $describe))"),
            ),
        )
    }));
    attacks
}

/// A challenge that imports what its manifest does not grant.
fn not_granted(interface: Interface) -> Attack {
    let make = move || {
        let mut granted = grants();
        match interface {
            Interface::State => granted.state_bytes_max = 0,
            Interface::Inbox => granted.posts_per_epoch = 0,
            Interface::Submissions => granted.submissions = false,
            Interface::Web => granted.hosts.clear(),
            _ => (granted.artifacts, granted.kept_bytes_max) = (Capabilities::default().artifacts, 0),
        }
        Act::Load(Role::Challenge, Guest::challenge().import(interface).bytes(), granted)
    };
    Attack {
        name: format!("{} is not granted", interface.name()),
        make: Box::new(make),
        ends: Ends::ForbiddenImport,
        bound_ms: 10_000,
    }
}
