//! Decoders are total: any bytes give a value or an error, and what is read back is what was written.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use agon_types::*;
use proptest::prelude::*;

/// Reads bytes as every document; what can be read has this one encoding.
fn read_as_everything(bytes: &[u8]) {
    fn one<T: borsh::BorshDeserialize + borsh::BorshSerialize>(bytes: &[u8]) {
        if let Ok(value) = codec::decode::<T>(bytes, limits::BLOCK_BYTES_MAX) {
            assert_eq!(codec::encode(&value), bytes, "an encoding is the only one of its value");
        }
    }
    one::<Signed<Action>>(bytes);
    one::<Block>(bytes);
    one::<Certificate>(bytes);
    one::<Genesis>(bytes);
    one::<Manifest>(bytes);
    one::<Report>(bytes);
    one::<Seal>(bytes);
    one::<Anchor>(bytes);
    one::<Signed<Binding>>(bytes);
    one::<peer::Greeting>(bytes);
    one::<peer::ChunkAsk>(bytes);
    one::<peer::ChunkAnswer>(bytes);
    one::<peer::BlocksAsk>(bytes);
    one::<peer::BlocksAnswer>(bytes);
    let _ = Signed::<Action>::decode(bytes);
    let _ = Binding::decode(bytes);
}

fn sample() -> Signed<Action> {
    let (hotkey, session) = (HotkeyPair::from_seed(&[1; 32]), SessionPair::from_seed(&[2; 32]));
    let body =
        ActionBody::RegisterSession { hotkey: hotkey.hotkey(), session: session.session(), sequence: 1 };
    Signed::new(&"test".parse().unwrap(), Action { expires_at_height: Height(9), body }, &[&hotkey, &session])
}

/// A post and a report that weighs: texts and lists within lists.
fn nested() -> Vec<Signed<Action>> {
    let session = SessionPair::from_seed(&[2; 32]);
    let hotkey = Hotkey([1; 32]);
    let post = Post { challenge: "c".parse().unwrap(), hotkey, sequence: 1, message: vec![2; 9] };
    let submission = SubmissionId(Digest::ZERO);
    let writes = vec![("a".to_owned(), Some(vec![3])), ("b".to_owned(), None)];
    let outcome = Outcome::Weighed(Weighed { points: vec![(submission, 1)], writes, fuel: 4 });
    let job = JobId { epoch: Epoch(1), round: JobId::WEIGH, submission };
    let report = Report { job, validator: hotkey, outcome };
    let bodies = [ActionBody::Post(post), ActionBody::Reveal { report, salt: [5; 32] }];
    let action = |body| Action { expires_at_height: Height(9), body };
    let sign = |body| Signed::new(&"test".parse().unwrap(), action(body), &[&session]);
    bodies.into_iter().map(sign).collect()
}

#[test]
fn nested_documents_read_back() {
    for signed in nested() {
        assert_eq!(Signed::<Action>::decode(&codec::encode(&signed)), Ok(signed));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn nor_do_broken_documents(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        for document in [vec![sample()], nested()].concat() {
            let mut bytes = codec::encode(&document);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            read_as_everything(&bytes);
            bytes.truncate(cut.index(bytes.len()));
            read_as_everything(&bytes);
        }
    }

    #[test]
    fn a_flipped_bit_costs_the_signature(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let network: NetworkId = "test".parse().unwrap();
        let mut bytes = codec::encode(&sample());
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(broken) = Signed::<Action>::decode(&bytes) {
            prop_assert!(broken.verify(&network).is_err());
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,80}") {
        let _ = text.parse::<Hotkey>();
        let _ = text.parse::<SessionKey>();
        let _ = text.parse::<Digest>();
        let _ = text.parse::<Score>();
        let _ = text.parse::<JobId>();
        let _ = text.parse::<ChallengeId>();
        let _ = toml::from_str::<Manifest>(&text);
    }

    #[test]
    fn an_address_reads_back(bytes in any::<[u8; 32]>()) {
        let hotkey = Hotkey(bytes);
        prop_assert_eq!(hotkey.to_string().parse::<Hotkey>(), Ok(hotkey));
    }
}

#[test]
fn a_claimed_length_takes_no_memory() {
    // A vector that claims four thousand million entries, and has none.
    let mut bytes = codec::encode(&sample().body);
    bytes.extend(u32::MAX.to_le_bytes());
    assert!(Signed::<Action>::decode(&bytes).is_err());
}

#[test]
fn a_document_above_its_maximum_is_not_even_read() {
    let bytes = vec![0; limits::ACTION_BYTES_MAX + 1];
    let refused = Signed::<Action>::decode(&bytes).unwrap_err();
    assert!(refused.to_string().contains("more than the 65536"), "{refused}");
}
