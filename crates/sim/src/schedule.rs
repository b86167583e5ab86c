//! What a seed decides before anything happens: who votes with which power, who is faulty and how, and what links do.

use crate::chance::Chance;

/// What a peer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Honest,
    /// Says one thing to some and another to others.
    Equivocator,
    /// Does nothing for long times.
    Sleeper,
    /// Proposes blocks with a false state root, and finds every block right.
    Liar,
    /// Repeats what others have said as its own, old messages too.
    Copycat,
    /// Says what it says to some only.
    Withholder,
    /// Says rubbish, much of it.
    Spammer,
    /// Two nodes with one key.
    Twin,
    /// Its clock is minutes off, and its timers run at another speed.
    Skewed,
}

impl Role {
    const FAULTY: [Self; 8] = [
        Self::Equivocator,
        Self::Sleeper,
        Self::Liar,
        Self::Copycat,
        Self::Withholder,
        Self::Spammer,
        Self::Twin,
        Self::Skewed,
    ];

    /// Whether it keeps to what it has signed, whatever else it does.
    pub fn signs_once(self) -> bool {
        !matches!(self, Self::Equivocator | Self::Twin)
    }
}

/// Who votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub power: u64,
    pub role: Role,
}

/// What links do to messages while there is trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    pub loss_permille: u64,
    pub twice_permille: u64,
    /// How many come so late that others overtake them.
    pub late_permille: u64,
}

impl Weather {
    pub const CALM: Self = Self { loss_permille: 0, twice_permille: 0, late_permille: 0 };
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub seed: u64,
    pub seats: Vec<Seat>,
    pub weather: Weather,
    /// Honest nodes fall so often, on average, while there is trouble.
    pub crash_every_ms: u64,
    /// The network is cut so often.
    pub cut_every_ms: u64,
    /// Actions come so often.
    pub action_every_ms: u64,
    /// Every node checks every signature itself.
    pub checks_all: bool,
    pub heights: u64,
}

impl Schedule {
    pub fn from_seed(seed: u64, heights: u64) -> Self {
        let chance = &mut Chance::new(seed);
        let count = match chance.below(10) {
            0 => 7,
            1 | 2 => 5,
            _ => 4,
        };
        let is_skew = chance.hits(400);
        let powers: Vec<u64> = (0..count).map(|_| if is_skew { chance.between(1, 12) } else { 10 }).collect();
        let roles = roles(chance, &powers);
        let seats = powers.into_iter().zip(roles).map(|(power, role)| Seat { power, role }).collect();
        let weather = Weather {
            loss_permille: chance.below(200),
            twice_permille: chance.below(100),
            late_permille: chance.below(100),
        };
        Self {
            seed,
            seats,
            weather,
            crash_every_ms: chance.between(2_000, 20_000),
            cut_every_ms: chance.between(5_000, 60_000),
            action_every_ms: chance.between(200, 3_000),
            checks_all: chance.hits(60),
            heights,
        }
    }

    /// All honest, on calm links.
    pub fn calm(seed: u64, voters: usize, heights: u64) -> Self {
        Self {
            seed,
            seats: vec![Seat { power: 10, role: Role::Honest }; voters],
            weather: Weather::CALM,
            crash_every_ms: u64::MAX,
            cut_every_ms: u64::MAX,
            action_every_ms: 1_000,
            checks_all: false,
            heights,
        }
    }

    /// Gives one seat a role.
    pub fn with(mut self, seat: usize, role: Role) -> Self {
        self.seats[seat].role = role;
        self
    }
}

/// As much faulty power as there may be: just under a third.
fn roles(chance: &mut Chance, powers: &[u64]) -> Vec<Role> {
    let whole: u64 = powers.iter().sum();
    let mut roles = vec![Role::Honest; powers.len()];
    let mut faulty = 0;
    let first = chance.index(powers.len());
    for step in 0..powers.len() {
        let seat = (first + step) % powers.len();
        if (faulty + powers[seat]) * 3 < whole {
            faulty += powers[seat];
            roles[seat] = Role::FAULTY[chance.index(Role::FAULTY.len())];
        }
    }
    roles
}
