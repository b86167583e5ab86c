//! Code that is ready in memory, and refusals, both bounded; what was used last stays.

use super::Found;
use crate::limits::REFUSALS_MAX;
use agon_types::Digest;
use std::collections::HashMap;

#[derive(Debug)]
pub struct Shelf {
    items: HashMap<Digest, Item>,
    bytes: u64,
    bytes_max: u64,
    refusals: usize,
    clock: u64,
}

#[derive(Debug)]
struct Item {
    found: Found,
    used: u64,
}

impl Shelf {
    pub fn new(bytes_max: u64) -> Self {
        Self { items: HashMap::new(), bytes: 0, bytes_max, refusals: 0, clock: 0 }
    }

    pub fn get(&mut self, name: &Digest) -> Option<Found> {
        self.clock += 1;
        let item = self.items.get_mut(name)?;
        item.used = self.clock;
        Some(item.found.clone())
    }

    pub fn put(&mut self, name: Digest, found: Found) {
        self.remove(&name);
        self.clock += 1;
        match &found {
            // It would push out everything else, and still not fit.
            Ok(code) if code.bytes > self.bytes_max => return,
            Ok(code) => self.bytes += code.bytes,
            Err(_) => self.refusals += 1,
        }
        self.items.insert(name, Item { found, used: self.clock });
        while self.bytes > self.bytes_max {
            self.remove_oldest(|found| found.is_ok());
        }
        while self.refusals > REFUSALS_MAX {
            self.remove_oldest(|found| found.is_err());
        }
    }

    fn remove_oldest(&mut self, kind: impl Fn(&Found) -> bool) {
        let of_kind = self.items.iter().filter(|(_, item)| kind(&item.found));
        if let Some(name) = of_kind.min_by_key(|(_, item)| item.used).map(|(name, _)| *name) {
            self.remove(&name);
        }
    }

    fn remove(&mut self, name: &Digest) {
        match self.items.remove(name).map(|item| item.found) {
            Some(Ok(code)) => self.bytes -= code.bytes,
            Some(Err(_)) => self.refusals -= 1,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::code::{self, Code};
    use agon_port::sandbox::Unloadable;
    use std::io::Write;
    use std::sync::Arc;

    fn code(length: usize) -> Found {
        let mut memory = code::empty("agon-test").unwrap();
        memory.write_all(&vec![0; length]).unwrap();
        Ok(Arc::new(Code::seal(memory, Vec::new()).unwrap()))
    }

    #[test]
    fn what_was_used_last_stays() {
        let mut shelf = Shelf::new(100);
        let names: Vec<_> = (0..4_u8).map(|number| Digest::of(&[number])).collect();
        shelf.put(names[0], code(50));
        shelf.put(names[1], code(50));
        assert!(shelf.get(&names[0]).is_some());
        shelf.put(names[2], code(50));
        shelf.put(names[3], code(101));
        let kept: Vec<_> = names.iter().map(|name| shelf.get(name).is_some()).collect();
        assert_eq!(kept, [true, false, true, false]);
        assert_eq!(shelf.bytes, 100);
    }

    #[test]
    fn refusals_are_bounded_and_take_no_code_with_them() {
        let mut shelf = Shelf::new(100);
        shelf.put(Digest::of(b"code"), code(100));
        for number in 0..REFUSALS_MAX + 10 {
            shelf.put(Digest::of(&number.to_le_bytes()), Err(Unloadable::NotAComponent));
        }
        assert_eq!((shelf.refusals, shelf.items.len()), (REFUSALS_MAX, REFUSALS_MAX + 1));
        assert!(shelf.get(&Digest::of(b"code")).is_some());
    }
}
