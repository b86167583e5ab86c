//! The table of actions: for each, whose signature it needs.

use super::answer::{
    ADMITTED, Answers, BAD_SIGNATURE, NO_OFFENCE, NO_VOTE, NOT_APPROVER, NOT_ASSIGNED, NOT_OWNER,
    NOT_REGISTERED, NOT_SIGNED_BY, NOT_SIGNED_BY_SESSION,
};
use agon_types::ActionBody;
use std::fmt;

/// Every kind of action, in the order of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Register,
    Publish,
    Update,
    Shift,
    Announce,
    Commit,
    Reveal,
    Decide,
    Post,
    Misbehaviour,
    Readmit,
}

/// In whose name an action is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Own,
    Miners,
    Validators,
    /// The action names nobody: it is about a challenge.
    Nobodys,
}

impl Kind {
    pub const ALL: [Self; 11] = [
        Self::Register,
        Self::Publish,
        Self::Update,
        Self::Shift,
        Self::Announce,
        Self::Commit,
        Self::Reveal,
        Self::Decide,
        Self::Post,
        Self::Misbehaviour,
        Self::Readmit,
    ];

    /// A new action does not compile before it has a kind, and its kind no row less than [`Kind::names`] wants.
    pub fn of(body: &ActionBody) -> Self {
        match body {
            ActionBody::RegisterSession { .. } => Self::Register,
            ActionBody::PublishChallenge(_) => Self::Publish,
            ActionBody::UpdateChallenge(_) => Self::Update,
            ActionBody::ShiftChallenge { .. } => Self::Shift,
            ActionBody::Announce(_) => Self::Announce,
            ActionBody::Commit { .. } => Self::Commit,
            ActionBody::Reveal { .. } => Self::Reveal,
            ActionBody::Decide(_) => Self::Decide,
            ActionBody::Post(_) => Self::Post,
            ActionBody::Misbehaviour(_) => Self::Misbehaviour,
            ActionBody::Readmit { .. } => Self::Readmit,
        }
    }

    /// The rows that it needs.
    pub fn names(self) -> Vec<Name> {
        match self {
            Self::Publish | Self::Update | Self::Shift | Self::Decide | Self::Misbehaviour => {
                vec![Name::Nobodys]
            }
            Self::Readmit => vec![Name::Validators],
            Self::Announce | Self::Post => vec![Name::Own, Name::Miners],
            Self::Register | Self::Commit | Self::Reveal => vec![Name::Own, Name::Validators],
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Register => "register a session key",
            Self::Publish => "publish a challenge",
            Self::Update => "update a challenge",
            Self::Shift => "shift a challenge: pause, resume or retire it",
            Self::Announce => "announce a submission",
            Self::Commit => "commit a report",
            Self::Reveal => "reveal a report",
            Self::Decide => "decide on a candidate or a champion",
            Self::Post => "post to the inbox of a challenge",
            Self::Misbehaviour => "show that a voter misbehaved",
            Self::Readmit => "give a voter its vote back",
        }
    }
}

impl Name {
    pub fn words(self) -> &'static str {
        match self {
            Self::Own => "its own",
            Self::Miners => "the miner's",
            Self::Validators => "the validator's",
            Self::Nobodys => "",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub kind: Kind,
    pub name: Name,
    pub answers: Answers,
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.kind.words(), self.name)
    }
}

const fn act(kind: Kind, name: Name, answers: Answers) -> Act {
    Act { kind, name, answers }
}

const BY_OWNER: Answers = [
    BAD_SIGNATURE, // anyone
    NOT_OWNER,
    NOT_OWNER,
    NOT_OWNER,
    NOT_OWNER,
    NOT_OWNER,
    NOT_OWNER,
    NOT_OWNER,
    ADMITTED, // owner
    NOT_OWNER,
    BAD_SIGNATURE, // ticket holder
];

/// One key decides here for ever, so nobody has a vote to lose or to get back: a thing itself is refused.
const SHOWN: Answers = [
    BAD_SIGNATURE, // anyone
    NO_VOTE,
    NO_VOTE,
    NO_VOTE,
    NO_VOTE,
    NO_VOTE,
    NO_VOTE,
    NO_VOTE,
    NO_VOTE,
    NO_VOTE,
    BAD_SIGNATURE, // ticket holder
];

const READMITTED: Answers = {
    let [anyone, .., approver, holder] = BY_OWNER;
    let not = NOT_OWNER;
    [anyone, not, not, not, not, not, not, not, NO_OFFENCE, approver, holder]
};

/// In the order in which a contest needs them.
#[rustfmt::skip]
pub const ACTS: &[Act] = &[
    //                                    anyone, unregistered, another, miner,
    //                                    validator, session key, another session key, voter,
    //                                    owner, approver, ticket holder
    act(Kind::Register, Name::Own,        [NOT_SIGNED_BY, NOT_REGISTERED, ADMITTED, ADMITTED,
                                           ADMITTED, NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY,
                                           NOT_REGISTERED, NOT_REGISTERED, NOT_SIGNED_BY]),
    act(Kind::Register, Name::Validators, [NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY,
                                           ADMITTED, NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY,
                                           NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY]),
    act(Kind::Publish, Name::Nobodys, BY_OWNER),
    act(Kind::Update, Name::Nobodys, BY_OWNER),
    act(Kind::Shift, Name::Nobodys, BY_OWNER),
    act(Kind::Misbehaviour, Name::Nobodys, SHOWN),
    act(Kind::Readmit, Name::Validators, READMITTED),
    act(Kind::Announce, Name::Own,        [BAD_SIGNATURE, NOT_REGISTERED, ADMITTED, ADMITTED,
                                           ADMITTED, NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY,
                                           NOT_REGISTERED, NOT_REGISTERED, BAD_SIGNATURE]),
    act(Kind::Announce, Name::Miners,     [BAD_SIGNATURE, NOT_SIGNED_BY, NOT_SIGNED_BY, ADMITTED,
                                           NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY,
                                           NOT_SIGNED_BY, NOT_SIGNED_BY, BAD_SIGNATURE]),
    act(Kind::Commit, Name::Own,          [BAD_SIGNATURE, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION,
                                           NOT_SIGNED_BY_SESSION, ADMITTED, NOT_ASSIGNED, NOT_SIGNED_BY_SESSION,
                                           NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION, BAD_SIGNATURE]),
    act(Kind::Commit, Name::Validators,   [BAD_SIGNATURE, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION,
                                           NOT_SIGNED_BY_SESSION, ADMITTED, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION,
                                           NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION, BAD_SIGNATURE]),
    act(Kind::Reveal, Name::Own,          [BAD_SIGNATURE, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION,
                                           NOT_SIGNED_BY_SESSION, ADMITTED, NOT_ASSIGNED, NOT_SIGNED_BY_SESSION,
                                           NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION, BAD_SIGNATURE]),
    act(Kind::Reveal, Name::Validators,   [BAD_SIGNATURE, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION,
                                           NOT_SIGNED_BY_SESSION, ADMITTED, NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION,
                                           NOT_SIGNED_BY_SESSION, NOT_SIGNED_BY_SESSION, BAD_SIGNATURE]),
    act(Kind::Decide, Name::Nobodys,      [BAD_SIGNATURE, NOT_APPROVER, NOT_APPROVER, NOT_APPROVER,
                                           NOT_APPROVER, NOT_APPROVER, NOT_APPROVER, NOT_APPROVER,
                                           ADMITTED, ADMITTED, BAD_SIGNATURE]),
    act(Kind::Post, Name::Own,            [BAD_SIGNATURE, NOT_REGISTERED, ADMITTED, ADMITTED,
                                           ADMITTED, NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY,
                                           NOT_REGISTERED, NOT_REGISTERED, BAD_SIGNATURE]),
    act(Kind::Post, Name::Miners,         [BAD_SIGNATURE, NOT_SIGNED_BY, NOT_SIGNED_BY, ADMITTED,
                                           NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY, NOT_SIGNED_BY,
                                           NOT_SIGNED_BY, NOT_SIGNED_BY, BAD_SIGNATURE]),
];
