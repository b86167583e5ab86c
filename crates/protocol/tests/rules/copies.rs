//! S4: whoever copies gains nothing.

use crate::world::*;
use agon_protocol::state::{Key, View};
use agon_types::*;

#[test]
fn a_copied_commit_cannot_be_revealed() {
    let mut world = World::contest(manifest("c"));
    world.submit("c", (10, 1), 5);
    world.next_epoch();
    let (job, _) = world.jobs().remove(0);
    let honest = world.hidden(1, job, scored("0.5"));
    world.commit(1, job, honest).unwrap();
    world.commit(2, job, honest).unwrap();
    world.open_reveals();
    world.reveal(1, job, scored("0.5")).unwrap();
    let own = Report { job, validator: hotkey(2), outcome: scored("0.5") };
    let copied = Report { job, validator: hotkey(1), outcome: scored("0.5") };
    for (desc, report, key, expected) in [
        ("the copied salt under its own name", own, session(2), "commit_mismatch"),
        ("the copied report with its own key", copied, session(2), "not_signed_by_session"),
    ] {
        let refused = world.act(ActionBody::Reveal { report, salt: [1; 32] }, &[key]).unwrap_err();
        assert_eq!(refused.code(), expected, "{desc}");
    }
    assert!(!world.has(&Key::Report(job, hotkey(2))));
}

#[test]
fn what_is_committed_and_never_revealed_does_not_count() {
    let mut world = World::contest(manifest("c"));
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let (job, _) = world.jobs().remove(0);
    for n in [1, 2, 3] {
        let hidden = world.hidden(n, job, scored("0.5"));
        world.commit(n, job, hidden).unwrap();
    }
    world.open_reveals();
    world.reveal(1, job, scored("0.5")).unwrap();
    world.reveal(2, job, scored("0.5")).unwrap();
    world.blocks(2);
    assert_eq!(world.agreed("c", id), None);
    assert_eq!(world.state.session(hotkey(3)).unwrap().absences, 0, "nor against anybody");
}
