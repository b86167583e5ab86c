//! Real errors of the engine, and whose fault each is.

use super::*;
use crate::engine;
use crate::inside::guest::{self, Guest};
use crate::inside::tally::Books;
use std::rc::Rc;
use wasmtime::component::{
    Component, ComponentNamedList, ComponentType, Lift, Linker, Lower, Resource, ResourceType,
};
use wasmtime::{Config, Engine, Instance, Module, ResourceLimiter as _, Store};

const MEMORY_BYTES: u64 = 1 << 20;
const FUEL: u64 = 1_000_000;

fn store(engine: &Engine) -> Store<Guest<()>> {
    let guest = Guest { bounds: Bounds::new(MEMORY_BYTES, 1), books: Rc::new(Books::default()), data: () };
    guest::store(engine, guest, FUEL).unwrap()
}

/// How a module's function `go` ends that does this.
fn core(fields: &str, body: &str) -> Fault {
    let text = format!("(module (memory 1) {fields} (func $go (export \"go\") {body}))");
    let engine = engine::running().unwrap();
    let mut store = store(&engine);
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let go = instance.get_typed_func::<(), ()>(&mut store, "go").unwrap();
    let error = go.call(&mut store, ()).expect_err(body);
    Fault::of(error, &store.data().bounds)
}

/// The host of the components below: a text, a resource, and what fails on this machine.
fn host(engine: &Engine) -> Linker<Guest<()>> {
    struct Thing;
    struct Other;
    let mut linker = Linker::new(engine);
    let mut root = linker.root();
    root.resource("thing", ResourceType::host::<Thing>(), |_, _| Ok(())).unwrap();
    root.resource("other", ResourceType::host::<Other>(), |_, _| Ok(())).unwrap();
    root.func_wrap("give", |_, ()| Ok((Resource::<Thing>::new_own(7),))).unwrap();
    root.func_wrap("say", |_, ()| Ok(("text",))).unwrap();
    root.func_wrap("hear", |_, (_,): (String,)| Ok(())).unwrap();
    root.func_wrap("read", |_, ()| {
        std::fs::read("/proc/nothing/of/the/kind")?;
        Ok(())
    })
    .unwrap();
    root.func_wrap("break", |_, ()| -> wasmtime::Result<()> {
        Err(wasmtime::Error::new(Fault::Host("the disk is full".to_owned())))
    })
    .unwrap();
    linker
}

/// How a component's function `go` ends.
fn component<P, R>(text: &str, params: P) -> Fault
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    let engine = engine::running().unwrap();
    let mut store = store(&engine);
    let component = Component::from_binary(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let instance = host(&engine).instantiate(&mut store, &component).unwrap();
    let go = instance.get_typed_func::<P, R>(&mut store, "go").unwrap();
    match go.call(&mut store, params) {
        Ok(_) => panic!("it ended well: {text}"),
        Err(error) => Fault::of(error, &store.data().bounds),
    }
}

/// A component whose `go` answers with what the core function gives.
fn answers<R: ComponentNamedList + Lift>(ty: &str, body: &str) -> Fault {
    let text = format!(
        "(component
           (type $names (enum \"a\" \"b\"))
           (export $two \"two\" (type $names))
           (core module $m (memory (export \"m\") 1) (func (export \"go\") (result i32) {body}))
           (core instance $i (instantiate $m))
           (func (export \"go\") (result {ty}) (canon lift (core func $i \"go\") (memory $i \"m\"))))"
    );
    component::<(), R>(&text, ())
}

/// A component that takes numbers into the room that its allocator gives.
fn takes(room: &str) -> Fault {
    let text = format!(
        "(component
           (import \"read\" (func $read))
           (core func $low (canon lower (func $read)))
           (core module $m (import \"\" \"read\" (func $read)) (memory (export \"m\") 1)
             (func (export \"go\") (param i32 i32))
             (func (export \"room\") (param i32 i32 i32 i32) (result i32) {room}))
           (core instance $i (instantiate $m (with \"\" (instance (export \"read\" (func $low))))))
           (func (export \"go\") (param \"numbers\" (list u32))
             (canon lift (core func $i \"go\") (memory $i \"m\") (realloc (func $i \"room\")))))"
    );
    component::<(Vec<u32>,), ()>(&text, (vec![1, 2],))
}

/// A component that calls the host.
fn calls(body: &str) -> Fault {
    let text = format!(
        "(component
           (import \"thing\" (type $thing (sub resource)))
           (import \"other\" (type $other (sub resource)))
           (import \"give\" (func $give (result (own $thing))))
           (import \"say\" (func $say (result string)))
           (import \"hear\" (func $hear (param \"words\" string)))
           (import \"read\" (func $read))
           (import \"break\" (func $break))
           (core module $memory (memory (export \"m\") 1)
             (func (export \"room\") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
           (core instance $libc (instantiate $memory))
           (core func $drop (canon resource.drop $thing))
           (core func $drop_other (canon resource.drop $other))
           (core func $give (canon lower (func $give)))
           (core func $say (canon lower (func $say) (memory $libc \"m\") (realloc (func $libc \"room\"))))
           (core func $hear (canon lower (func $hear) (memory $libc \"m\")))
           (core func $read (canon lower (func $read)))
           (core func $break (canon lower (func $break)))
           (core module $m
             (import \"\" \"drop\" (func $drop (param i32)))
             (import \"\" \"drop-other\" (func $drop_other (param i32)))
             (import \"\" \"give\" (func $give (result i32)))
             (import \"\" \"say\" (func $say (param i32)))
             (import \"\" \"hear\" (func $hear (param i32 i32)))
             (import \"\" \"read\" (func $read))
             (import \"\" \"break\" (func $break))
             (import \"\" \"m\" (memory 1))
             (func (export \"go\") {body}))
           (core instance $i (instantiate $m (with \"\" (instance
             (export \"drop\" (func $drop)) (export \"drop-other\" (func $drop_other))
             (export \"give\" (func $give)) (export \"say\" (func $say)) (export \"hear\" (func $hear))
             (export \"read\" (func $read)) (export \"break\" (func $break)) (export \"m\" (memory $libc \"m\"))))))
           (func (export \"go\") (canon lift (core func $i \"go\"))))"
    );
    component::<(), ()>(&text, ())
}

/// Two components in one: the outer calls the inner with these core values.
fn between(ty: &str, core: &str, values: &str) -> Fault {
    let text = format!(
        "(component
           (component $inner
             (core module $m (func (export \"f\") (param {core})))
             (core instance $i (instantiate $m))
             (func (export \"f\") (param \"it\" {ty}) (canon lift (core func $i \"f\"))))
           (instance $inside (instantiate $inner))
           (core func $f (canon lower (func $inside \"f\")))
           (core module $m (import \"\" \"f\" (func $f (param {core})))
             (func (export \"go\") (call $f {values})))
           (core instance $i (instantiate $m (with \"\" (instance (export \"f\" (func $f))))))
           (func (export \"go\") (canon lift (core func $i \"go\"))))"
    );
    component::<(), ()>(&text, ())
}

#[track_caller]
fn is_guests(fault: &Fault, reason: FailureReason, detail: &str) {
    match fault {
        Fault::Guest(failure) => assert_eq!((failure.reason, failure.detail.as_str()), (reason, detail)),
        other => panic!("{other:?} where {detail:?} was the guest's"),
    }
}

#[track_caller]
fn is_hosts(fault: &Fault, words: &str) {
    assert!(matches!(fault, Fault::Host(said) if said.contains(words)), "{fault:?}");
}

#[test]
fn each_trap_that_code_runs_into_is_the_guests() {
    let t = "(table 2 funcref)";
    let typed = "(type $t (func (param i32))) (table funcref (elem $go))";
    let called = "it called a function that is not there";
    let number = "a number did not fit where it had to";
    for (fields, body, detail) in [
        ("", "(unreachable)", "it panicked"),
        ("", "(call $go)", "its stack overflowed"),
        ("", "(drop (i32.load (i32.const 65536)))", "it touched memory that it does not have"),
        (t, "(call_indirect (i32.const 2))", called),
        (t, "(call_indirect (i32.const 1))", called),
        (typed, "(call_indirect (type $t) (i32.const 1) (i32.const 0))", called),
        ("", "(drop (i32.div_s (i32.const 1) (i32.const 0)))", "it divided by zero"),
        ("", "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", number),
        ("", "(drop (i32.trunc_f32_s (f32.const nan)))", number),
        ("", "(drop (i32.trunc_f32_s (f32.const 1e30)))", number),
    ] {
        is_guests(&core(fields, body), FailureReason::Trapped, detail);
    }
}

#[test]
fn fuel_and_memory_beyond_its_bounds_are_the_guests() {
    let spent = core("", "(loop (br 0))");
    is_guests(&spent, FailureReason::OutOfFuel, "it used all the fuel that it had");
    let grown = core("", "(drop (memory.grow (i32.const 16)))");
    is_guests(&grown, FailureReason::OutOfMemory, "it asked for more than 1048576 bytes of memory");
}

#[test]
fn an_answer_that_its_interface_does_not_allow_is_the_guests() {
    #[derive(ComponentType, Lift)]
    #[component(enum)]
    #[repr(u8)]
    #[expect(dead_code, reason = "only the engine makes them")]
    enum Two {
        #[component(name = "a")]
        A,
        #[component(name = "b")]
        B,
    }
    let at = |place: u32, bytes: u32| {
        format!(
            "(i32.store (i32.const 8) (i32.const {place})) (i32.store (i32.const 12) (i32.const {bytes})) (i32.const 8)"
        )
    };
    let junk = format!("(i32.store8 (i32.const 64) (i32.const 255)) {}", at(64, 1));
    for fault in [
        answers::<(String,)>("string", "(i32.const 1)"),
        answers::<(String,)>("string", "(i32.const 65532)"),
        answers::<(String,)>("string", &at(65_536, 1)),
        answers::<(String,)>("string", &junk),
        answers::<(Vec<u32>,)>("(list u32)", &at(65_533, 1)),
        answers::<(Vec<u32>,)>("(list u32)", &at(1, 1)),
        answers::<(Option<u32>,)>("(option u32)", "(i32.store8 (i32.const 0) (i32.const 2)) (i32.const 0)"),
        answers::<(Result<u32, u32>,)>(
            "(result u32 (error u32))",
            "(i32.store8 (i32.const 0) (i32.const 2)) (i32.const 0)",
        ),
        answers::<(Option<Option<u8>>,)>(
            "(option (option u8))",
            "(i32.store16 (i32.const 0) (i32.const 0x0301)) (i32.const 0)",
        ),
        answers::<(Two,)>("$two", "(i32.const 2)"),
        answers::<(char,)>("char", "(i32.const 0xd800)"),
        takes("(i32.const 65536)"),
        takes("(i32.const 1)"),
        calls("(call $hear (i32.const 65536) (i32.const 1))"),
        calls("(call $say (i32.const 1))"),
        calls("(call $say (i32.const 65536))"),
        calls("(call $drop (i32.const 9))"),
        calls("(call $drop_other (call $give))"),
        calls("(loop (drop (call $give)) (br 0))"),
    ] {
        is_guests(&fault, FailureReason::Trapped, "it broke the rules of its interface");
    }
    let large = answers::<(Vec<String>,)>("(list string)", &at(0, 8_000));
    is_guests(&large, FailureReason::OutputTooLarge, "it handed over more than 65536 bytes at once");
}

#[test]
fn what_the_component_model_forbids_is_the_guests() {
    let forbidden = "it did what its machine forbids";
    for fault in [
        takes("(call $read) (i32.const 8)"),
        between("char", "i32", "(i32.const 0xd800)"),
        between("(option u32)", "i32 i32", "(i32.const 2) (i32.const 0)"),
    ] {
        is_guests(&fault, FailureReason::Trapped, forbidden);
    }
    // A component of this profile has one memory, so nothing here can run into these; their names are the guest's.
    for trap in [Trap::StringOutOfBounds, Trap::ListOutOfBounds, Trap::UnalignedPointer] {
        let fault = Fault::of(trap.into(), &Bounds::new(1, 1));
        is_guests(&fault, FailureReason::Trapped, forbidden);
    }
}

#[test]
fn what_fails_on_this_machine_is_no_guests() {
    is_hosts(&calls("(call $read)"), "No such file or directory");
    is_hosts(&calls("(call $break)"), "the disk is full");
}

#[test]
fn a_full_pool_is_no_guests() {
    let engine = engine::compiling().unwrap();
    let module = Module::new(&engine, wat::parse_str("(module (memory 1))").unwrap()).unwrap();
    let mut store = store(&engine);
    Instance::new(&mut store, &module, &[]).unwrap();
    let mut other = self::store(&engine);
    let error = Instance::new(&mut other, &module, &[]).unwrap_err();
    is_hosts(&Fault::of(error, &other.data().bounds), "the pool of instances is full");
}

#[test]
fn a_machine_that_is_short_of_memory_is_no_guests() {
    let mut bounds = Bounds::new(1 << 20, 1);
    let error =
        bounds.memory_grow_failed(std::io::Error::from_raw_os_error(libc::ENOMEM).into()).unwrap_err();
    is_hosts(&Fault::of(error, &bounds), "not enough memory");
}

#[test]
fn a_trap_and_an_error_that_nobody_named_are_no_guests() {
    let engine = Engine::new(Config::new().epoch_interruption(true)).unwrap();
    let module = "(module (func (export \"go\") (loop (br 0))))";
    let module = Module::new(&engine, wat::parse_str(module).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(0);
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let go = instance.get_typed_func::<(), ()>(&mut store, "go").unwrap();
    let interrupted = go.call(&mut store, ()).unwrap_err();
    is_hosts(&Fault::of(interrupted, &Bounds::new(1, 1)), "interrupt");
    let unknown = wasmtime::Error::msg("nobody knows this one").context("it went wrong");
    is_hosts(&Fault::of(unknown, &Bounds::new(1, 1)), "nobody knows this one");
}

#[test]
fn a_detail_is_one_line_within_its_maximum_and_cut_between_characters() {
    let long = "ä".repeat(200);
    for (given, expected) in
        [("a\nb\u{1b}[2J", "a b [2J"), ("ok\u{202e}dab", "ok dab"), ("", ""), (&long, &"ä".repeat(128))]
    {
        assert_eq!(failure(FailureReason::GaveUp, given).detail, expected);
    }
    assert_eq!(failure(FailureReason::GaveUp, &format!("x{long}")).detail.len(), 255);
}
