//! What may run in a role, and why other bytes may not.

use crate::stage::written;
use agon_port::sandbox::{Role, Unloadable};
use agon_sandbox_wasm::compile::{compatibility, compile, granted};
use agon_types::Digest;
use agon_types::manifest::Capabilities;

fn refusal(role: Role, bytes: &[u8]) -> Unloadable {
    compile(role, bytes).expect_err("these bytes may not run")
}

#[test]
fn guests_may_run_in_their_roles_only() {
    compile(Role::Agent, &written("obeys")).unwrap();
    compile(Role::Challenge, &written("does")).unwrap();
    assert_eq!(refusal(Role::Challenge, &written("obeys")), Unloadable::MissingExport("describe".to_owned()));
    assert!(matches!(refusal(Role::Agent, &written("does")), Unloadable::ForbiddenImport(_)));
}

#[test]
fn what_is_not_a_component_is_refused() {
    for bytes in [&b"\0asm\x01\0\0\0"[..], b"", b"#!/bin/sh", &[0xa7; 4096]] {
        assert_eq!(refusal(Role::Agent, bytes), Unloadable::NotAComponent);
    }
    let whole = written("obeys");
    for length in 8..whole.len() - 80 {
        assert!(compile(Role::Agent, &whole[..length]).is_err(), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn an_import_that_the_world_does_not_know_is_refused_by_name() {
    let wasi = "wasi:cli/environment@0.2.0";
    for role in [Role::Agent, Role::Challenge] {
        let bytes = written("imports_environment");
        assert_eq!(refusal(role, &bytes), Unloadable::ForbiddenImport(wasi.to_owned()));
    }
    let clock = written("imports_clock");
    assert_eq!(refusal(Role::Agent, &clock), Unloadable::ForbiddenImport("now".to_owned()));
}

#[test]
fn a_known_interface_has_only_its_own_functions() {
    let more = written("imports_log_to_read");
    assert!(matches!(refusal(Role::Agent, &more), Unloadable::MissingExport(_)));
    let both = written("answers_and_imports_log_to_read");
    assert!(matches!(refusal(Role::Agent, &both), Unloadable::Invalid(_)));
}

#[test]
fn an_export_of_another_type_is_refused() {
    let bytes = written("calls_of_another_type");
    let refused = refusal(Role::Agent, &bytes);
    assert!(matches!(&refused, Unloadable::Invalid(words) if words.contains("another type")), "{refused}");
}

#[test]
fn each_interface_needs_its_grant() {
    let interface = |name: &str| format!("agon:challenge/{name}@0.2.0");
    let imports = compile(Role::Challenge, &written("does")).unwrap().imports;
    for name in ["rules", "log", "random", "agents"] {
        assert!(imports.contains(&interface(name)));
        granted(&[interface(name)], &Capabilities::default()).unwrap();
    }
    let none = Capabilities::default;
    for (name, grants) in [
        ("state", Capabilities { state_bytes_max: 1, ..none() }),
        ("inbox", Capabilities { posts_per_epoch: 1, ..none() }),
        ("submissions", Capabilities { submissions: true, ..none() }),
        ("web", Capabilities { hosts: vec!["example.org".to_owned()], ..none() }),
        ("artifacts", Capabilities { artifacts: [Digest::ZERO].into(), ..none() }),
        ("artifacts", Capabilities { kept_bytes_max: 1, ..none() }),
    ] {
        let name = [interface(name)];
        assert!(imports.contains(&name[0]));
        granted(&name, &grants).unwrap();
        assert_eq!(granted(&name, &none()), Err(Unloadable::ForbiddenImport(name[0].clone())));
    }
    assert!(granted(&imports, &none()).is_err());
    granted(&imports, &Capabilities::all()).unwrap();
    assert!(granted(&["wasi:cli/run@0.2.0".to_owned()], &Capabilities::all()).is_err());
}

#[test]
fn compiled_code_is_the_same_every_time_and_has_a_lasting_name() {
    let bytes = written("does");
    assert_eq!(compile(Role::Challenge, &bytes).unwrap(), compile(Role::Challenge, &bytes).unwrap());
    assert_eq!(compatibility().unwrap(), compatibility().unwrap());
}

#[test]
fn damaged_code_is_not_mapped() {
    use agon_sandbox_wasm::Inside;
    use agon_sandbox_wasm::room::{Place, Room};
    use std::io::Write as _;
    let mut code = compile(Role::Agent, &written("obeys")).unwrap().code;
    code.truncate(100);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&code).unwrap();
    let mut inside = Inside::new().unwrap();
    assert!(inside.load(Place::Code(Role::Agent), Some(file)).is_err());
    assert!(inside.load(Place::Code(Role::Agent), None).is_err());
    inside.load(Place::Vacant, None).unwrap();
}
