//! Step 7: what an epoch pays. Integers that sum exactly; what nobody earned goes to the burn hotkey, and nowhere else.

use crate::draft::Draft;
use crate::state::{Key, Now, Standing, View};
use crate::{anchor, board, round, standing, weigh};
use agon_types::event::Event;
use agon_types::manifest::{Decay, WeightRule};
use agon_types::seal::{ChallengeSeal, Points, Seal, UNITS_TOTAL, Weight};
use agon_types::{Epoch, Hotkey, Manifest, Score};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Ranks every epoch whose scores are all decided, and once it is over has it weighed and seals it: one epoch after the
/// other, so that each is paid from its own ranking and not from a later one. (S5.8, S6.7, S7.4)
pub fn settle(draft: &mut Draft<'_>) {
    while let Some(now) = draft.time() {
        let epoch = now.unsealed;
        if round::open_rounds(draft).iter().any(|(open, _, _)| *open <= epoch) {
            return;
        }
        board::rank_all(draft, epoch);
        if epoch >= now.epoch || weigh::begin(draft, epoch) {
            return;
        }
        let Some(seal) = close(draft, epoch) else { return };
        draft.tell(Event::EpochSealed { epoch, seal: seal.digest() });
        draft.put(Key::Seal(epoch), seal);
        draft.put(Key::Now(), Now { unsealed: epoch.next(), ..now });
        standing::forget(draft, epoch);
    }
}

/// The bundle of an epoch: the rules that it opened with, its boards, and the uids as they are now.
fn close(draft: &Draft<'_>, epoch: Epoch) -> Option<Seal> {
    let genesis = draft.network()?;
    let rules = draft.opened(epoch)?.challenges.iter();
    let manifests = rules.filter_map(|(id, version)| draft.manifest(id.clone(), *version));
    let challenges: Vec<ChallengeSeal> = manifests.map(|manifest| pay(draft, manifest, epoch)).collect();
    let earners = challenges.iter().flat_map(|challenge| &challenge.points).map(|points| points.hotkey);
    let named: BTreeSet<Hotkey> = earners.chain([genesis.burn]).collect();
    let uids = named.into_iter().filter_map(|hotkey| Some((hotkey, draft.neuron(hotkey)?.uid)));
    let uids: Vec<(Hotkey, u16)> = uids.collect();
    let weights = weigh(&challenges, &uids, genesis.burn);
    let vector = quantise(&weights, &uids);
    let anchor = draft.now()?.anchor.unwrap_or_else(|| anchor::boundary(genesis, epoch));
    Some(Seal { epoch, anchor, burn: genesis.burn, challenges, uids, weights, vector })
}

fn pay(draft: &Draft<'_>, manifest: &Manifest, epoch: Epoch) -> ChallengeSeal {
    let standing = standing::paying(draft, &manifest.id, epoch);
    let age = standing.board.leader.map_or(0, |(_, since)| epoch.since(since));
    ChallengeSeal {
        challenge: manifest.id.clone(),
        version: manifest.version,
        emission_share: manifest.emission_share,
        undecayed: manifest.decay.as_ref().map_or(Score::ONE, |decay| undecayed(decay, age)),
        points: points(draft, manifest, (epoch, &standing)),
    }
}

/// Who earns by the weight rule, the best first. Zero points are no points. (S6.8, S6.10, S6.13)
fn points(draft: &Draft<'_>, manifest: &Manifest, (epoch, standing): (Epoch, &Standing)) -> Vec<Points> {
    let board = &standing.board;
    let earning = match manifest.weight_rule {
        WeightRule::Champion => {
            let champion = board.champion.filter(|id| board::earns(draft, *id, epoch));
            let paid = champion.and_then(|submission| {
                let hotkey = draft.submission(submission)?.announcement.hotkey;
                Some(Points { submission, hotkey, points: 1 })
            });
            paid.into_iter().collect()
        }
        WeightRule::Proportional => {
            let ranked = board.ranked.map(|of| board::rows_of(draft, &manifest.id, (of, &standing.spared)));
            let rows = ranked.into_iter().flatten().filter(|row| row.eligible);
            let points = rows.map(|row| Points {
                submission: row.submission,
                hotkey: row.hotkey,
                points: u64::from(row.score.billionths()),
            });
            points.filter(|points| points.points > 0).collect::<Vec<_>>()
        }
        WeightRule::Weigh => weighed(draft, manifest, (epoch, standing)),
    };
    if manifest.one_place_per_coldkey { one_place(draft, earning) } else { earning }
}

/// What the challenge's own rule gave: most points first, of equal ones the earlier submission. Whoever is barred or a
/// duplicate earns nothing. (S6.13)
fn weighed(draft: &Draft<'_>, manifest: &Manifest, (epoch, standing): (Epoch, &Standing)) -> Vec<Points> {
    let given = weigh::points(draft, &manifest.id, epoch).into_iter().filter(|(_, points)| *points > 0);
    let mut earning: Vec<_> = given
        .filter_map(|(submission, points)| {
            let known = draft.submission(submission)?;
            let barred = known.barred && !standing.spared.contains(&submission);
            let earns = !barred && known.duplicate_of.is_none();
            let points = Points { submission, hotkey: known.announcement.hotkey, points };
            earns.then_some((Reverse(points.points), known.committed_at, known.height, points))
        })
        .collect();
    earning.sort_by_key(|(most, committed_at, height, points)| {
        (*most, *committed_at, *height, points.submission)
    });
    earning.into_iter().map(|(.., points)| points).collect()
}

/// Only the best submission of a coldkey earns; the list is best first. (S6.11)
fn one_place(draft: &Draft<'_>, earning: Vec<Points>) -> Vec<Points> {
    let mut seen = BTreeSet::new();
    let place = |points: &Points| draft.neuron(points.hotkey).map_or(points.hotkey, |neuron| neuron.coldkey);
    earning.into_iter().filter(|points| seen.insert(place(points))).collect()
}

/// What decay leaves after some epochs: all of it in the grace, then halves, with a straight line in between. (S6.9)
fn undecayed(decay: &Decay, age: u64) -> Score {
    let late = age.saturating_sub(u64::from(decay.grace_epochs));
    let half_life = u64::from(decay.half_life_epochs.max(1));
    let halvings = u32::try_from(late / half_life).unwrap_or(u32::MAX);
    let whole = u64::from(Score::ONE.billionths()).checked_shr(halvings).unwrap_or(0);
    let left = whole.saturating_sub(whole.saturating_mul(late % half_life) / (2 * half_life));
    u32::try_from(left).ok().and_then(Score::new).unwrap_or(Score::ZERO)
}

/// Turns points into units that sum to exactly 10^9. This is the function by which anyone checks a seal. (S6.10)
pub fn weigh(challenges: &[ChallengeSeal], uids: &[(Hotkey, u16)], burn: Hotkey) -> Vec<Weight> {
    let registered: BTreeSet<Hotkey> = uids.iter().map(|(hotkey, _)| *hotkey).collect();
    let mut units: BTreeMap<Hotkey, u64> = BTreeMap::new();
    for challenge in challenges {
        let one = u64::from(Score::ONE.billionths());
        let share = u64::from(challenge.emission_share.billionths());
        let amount = share * u64::from(challenge.undecayed.billionths()) / one;
        for (hotkey, part) in split(amount, &challenge.points) {
            if registered.contains(&hotkey) {
                *units.entry(hotkey).or_default() += part;
            }
        }
    }
    let paid: u64 = units.values().sum();
    *units.entry(burn).or_default() += UNITS_TOTAL.saturating_sub(paid);
    units.retain(|_, units| *units > 0);
    units.into_iter().map(|(hotkey, units)| Weight { hotkey, units }).collect()
}

/// Splits an amount by points to the last unit: what rounding leaves goes to the largest remainders. (S6.10)
fn split(amount: u64, points: &[Points]) -> Vec<(Hotkey, u64)> {
    let whole: u128 = points.iter().map(|points| u128::from(points.points)).sum();
    if whole == 0 {
        return Vec::new();
    }
    let mut parts: Vec<(Hotkey, u64, u128)> = points
        .iter()
        .map(|points| {
            let exact = u128::from(amount) * u128::from(points.points);
            (points.hotkey, u64::try_from(exact / whole).unwrap_or(0), exact % whole)
        })
        .collect();
    let given: u64 = parts.iter().map(|(_, part, _)| part).sum();
    let left = usize::try_from(amount.saturating_sub(given)).unwrap_or(0);
    parts.sort_by_key(|(hotkey, _, remainder)| (Reverse(*remainder), *hotkey));
    for (_, part, _) in parts.iter_mut().take(left) {
        *part += 1;
    }
    parts.into_iter().map(|(hotkey, part, _)| (hotkey, part)).collect()
}

/// The vector that the chain takes: by uid, the largest 65535, rounded half up, without zeros. (S6.12)
pub fn quantise(weights: &[Weight], uids: &[(Hotkey, u16)]) -> Vec<(u16, u16)> {
    let uids: BTreeMap<Hotkey, u16> = uids.iter().copied().collect();
    let on_chain = weights.iter().filter_map(|weight| Some((*uids.get(&weight.hotkey)?, weight.units)));
    let by_uid: BTreeMap<u16, u64> = on_chain.collect();
    let Some(top) = by_uid.values().copied().max().filter(|top| *top > 0) else { return Vec::new() };
    let scaled = by_uid.into_iter().map(|(uid, units)| {
        let value = (u128::from(units) * 65535 + u128::from(top) / 2) / u128::from(top);
        (uid, u16::try_from(value).unwrap_or(u16::MAX))
    });
    scaled.filter(|(_, value)| *value > 0).collect()
}

/// Whether the results in a seal follow from its facts.
pub fn is_sound(seal: &Seal) -> bool {
    weigh(&seal.challenges, &seal.uids, seal.burn) == seal.weights
        && quantise(&seal.weights, &seal.uids) == seal.vector
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::{Digest, SubmissionId};
    use proptest::prelude::*;

    fn hotkey(n: u8) -> Hotkey {
        Hotkey([n; 32])
    }

    fn challenge(share: u32, undecayed: u32, points: &[(u8, u64)]) -> ChallengeSeal {
        let points = points.iter().map(|(n, points)| Points {
            submission: SubmissionId(Digest::of(&[*n])),
            hotkey: hotkey(*n),
            points: *points,
        });
        ChallengeSeal {
            challenge: "c".parse().unwrap(),
            version: 1,
            emission_share: Score::new(share).unwrap(),
            undecayed: Score::new(undecayed).unwrap(),
            points: points.collect(),
        }
    }

    const ONE: u32 = 1_000_000_000;

    #[test]
    fn shares_are_exact_and_the_rest_is_burned() {
        let (burn, uids) = (0, [(0, 0), (1, 1), (2, 2), (3, 3)]);
        let cases = [
            ("nobody earned", vec![], vec![(0, 1_000_000_000)]),
            ("one earns all", vec![challenge(ONE, ONE, &[(1, 5)])], vec![(1, 1_000_000_000)]),
            (
                "thirds add up",
                vec![challenge(ONE, ONE, &[(1, 1), (2, 1), (3, 1)])],
                vec![(1, 333_333_334), (2, 333_333_333), (3, 333_333_333)],
            ),
            (
                "decay is burned",
                vec![challenge(ONE, ONE / 2, &[(1, 1)])],
                vec![(0, 500_000_000), (1, 500_000_000)],
            ),
            (
                "who left is burned",
                vec![challenge(ONE, ONE, &[(1, 1), (9, 3)])],
                vec![(0, 750_000_000), (1, 250_000_000)],
            ),
            (
                "two challenges pay one miner",
                vec![challenge(ONE / 4, ONE, &[(1, 1)]), challenge(ONE / 4, ONE, &[(1, 7)])],
                vec![(0, 500_000_000), (1, 500_000_000)],
            ),
        ];
        let uids: Vec<_> = uids.iter().map(|(n, uid)| (hotkey(*n), *uid)).collect();
        for (desc, challenges, expected) in cases {
            let got = weigh(&challenges, &uids, hotkey(burn));
            let expected: Vec<_> =
                expected.into_iter().map(|(n, units)| Weight { hotkey: hotkey(n), units }).collect();
            assert_eq!(got, expected, "{desc}");
        }
    }

    #[test]
    fn decay_waits_then_halves() {
        let decay = Decay { grace_epochs: 3, half_life_epochs: 4 };
        let left = |age| undecayed(&decay, age).billionths();
        assert_eq!([left(0), left(3)], [ONE, ONE]);
        assert_eq!([left(5), left(7), left(11)], [ONE / 4 * 3, ONE / 2, ONE / 4]);
        assert_eq!(left(1_000_000), 0);
        assert!((0..100).all(|age| left(age) >= left(age + 1)));
    }

    #[test]
    fn the_largest_weight_is_65535_on_the_chain() {
        let uids = [(hotkey(1), 7), (hotkey(2), 3), (hotkey(3), 5)];
        let weights = |units: [u64; 3]| {
            let weight = |(n, units): (u8, u64)| Weight { hotkey: hotkey(n), units };
            (1..).zip(units).map(weight).collect::<Vec<_>>()
        };
        assert_eq!(quantise(&weights([500, 250, 250]), &uids), [(3, 32768), (5, 32768), (7, 65535)]);
        assert_eq!(
            quantise(&weights([1_000_000_000, 1, 7630]), &uids),
            [(5, 1), (7, 65535)],
            "tiny ones vanish"
        );
        assert_eq!(quantise(&[], &uids), []);
    }

    proptest! {
        #[test]
        fn units_always_sum_and_zero_points_are_never_paid(
            shares in proptest::collection::vec((0u32..=250_000_000, 0u32..=ONE), 1..4),
            points in proptest::collection::vec((0u8..12, 0u64..1_000_000_001), 0..30),
        ) {
            let challenges: Vec<_> = shares.iter().map(|(share, left)| challenge(*share, *left, &points)).collect();
            let uids: Vec<_> = (0u8..8).map(|n| (hotkey(n), u16::from(n))).collect();
            let burn = hotkey(200);
            let weights = weigh(&challenges, &uids, burn);
            prop_assert_eq!(weights.iter().map(|weight| weight.units).sum::<u64>(), UNITS_TOTAL);
            for weight in &weights {
                let earned = points.iter().any(|(n, points)| hotkey(*n) == weight.hotkey && *points > 0);
                prop_assert!(earned || weight.hotkey == burn);
            }
            let vector = quantise(&weights, &uids);
            prop_assert!(vector.is_empty() || vector.iter().any(|(_, value)| *value == 65535));
        }
    }
}
