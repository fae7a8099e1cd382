//! A map that remembers the insertion order of its entries, so that the oldest is found at once.
//!
//! Lookup, insertion, removal and moving to the end take constant time. Keys are hashed with a secret, so that senders
//! cannot cause collisions. The memory of removed entries is reused, and freed with the map.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// The entry without content where the ring of entries starts and ends.
const ENDS: u32 = 0;

#[derive(Debug)]
struct Entry<K, V> {
    before: u32,
    after: u32,
    held: Option<(K, V)>,
}

/// A map in insertion order. Inserting under an existing key keeps its position; `touch` and `move_to_back` change it.
#[derive(Debug)]
pub struct Aged<K, V> {
    places: HashMap<K, u32>,
    entries: Vec<Entry<K, V>>,
    free: Vec<u32>,
}

impl<K: Hash + Eq + Clone, V> Default for Aged<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Hash + Eq + Clone, V> Aged<K, V> {
    /// Create an empty map; it allocates on first insertion.
    #[must_use]
    pub fn new() -> Self {
        Self { places: HashMap::new(), entries: Vec::new(), free: Vec::new() }
    }

    /// Return the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Return whether the map is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Return whether the map contains a key.
    #[must_use]
    pub fn contains<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.places.contains_key(key)
    }

    /// Return the value of a key.
    #[must_use]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let place = *self.places.get(key)?;
        self.held(place).map(|(_, value)| value)
    }

    /// Return the value of a key for modification.
    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = *self.places.get(key)?;
        self.value(place)
    }

    /// Return the value of a key, which becomes the youngest entry.
    pub fn touch<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = *self.places.get(key)?;
        if self.neighbours(ENDS).0 != place {
            self.unlink(place);
            self.link_last(place);
        }
        self.value(place)
    }

    /// Make an entry the youngest; return whether it exists.
    pub fn move_to_back<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.touch(key).is_some()
    }

    /// Insert a value: in place of the old one, which is returned, or as the youngest entry.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(old) = self.get_mut(&key) {
            return Some(std::mem::replace(old, value));
        }
        let place = self.room();
        if let Some(entry) = self.entries.get_mut(place as usize) {
            entry.held = Some((key.clone(), value));
        }
        self.link_last(place);
        self.places.insert(key, place);
        None
    }

    /// Remove an entry.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.places.remove(key)?;
        self.clear(place).map(|(_, value)| value)
    }

    /// Return the oldest entry.
    #[must_use]
    pub fn front(&self) -> Option<(&K, &V)> {
        self.held(self.neighbours(ENDS).1).map(|(key, value)| (key, value))
    }

    /// Remove the oldest entry.
    pub fn pop_front(&mut self) -> Option<(K, V)> {
        let (key, value) = self.clear(self.neighbours(ENDS).1)?;
        self.places.remove(&key);
        Some((key, value))
    }

    /// Remove the oldest entry if it satisfies a condition: `while let Some(old) = aged.pop_front_if(too_old)`.
    pub fn pop_front_if(&mut self, wanted: impl FnOnce(&K, &V) -> bool) -> Option<(K, V)> {
        let (key, value) = self.front()?;
        if wanted(key, value) { self.pop_front() } else { None }
    }

    /// Iterate over all entries, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut place = ENDS;
        std::iter::from_fn(move || {
            place = self.neighbours(place).1;
            self.held(place).map(|(key, value)| (key, value))
        })
    }

    fn held(&self, place: u32) -> Option<&(K, V)> {
        self.entries.get(place as usize)?.held.as_ref()
    }

    fn value(&mut self, place: u32) -> Option<&mut V> {
        self.entries.get_mut(place as usize)?.held.as_mut().map(|(_, value)| value)
    }

    /// Return the indexes of the next older and the next younger entry.
    fn neighbours(&self, place: u32) -> (u32, u32) {
        self.entries.get(place as usize).map_or((ENDS, ENDS), |entry| (entry.before, entry.after))
    }

    /// Return the index of a free entry.
    fn room(&mut self) -> u32 {
        if self.entries.is_empty() {
            self.entries.push(Entry { before: ENDS, after: ENDS, held: None });
        }
        self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry { before: ENDS, after: ENDS, held: None });
            (self.entries.len() - 1) as u32
        })
    }

    fn clear(&mut self, place: u32) -> Option<(K, V)> {
        let held = self.entries.get_mut(place as usize)?.held.take()?;
        self.unlink(place);
        self.free.push(place);
        Some(held)
    }

    fn unlink(&mut self, place: u32) {
        let (before, after) = self.neighbours(place);
        self.join(before, after);
    }

    fn link_last(&mut self, place: u32) {
        let (last, _) = self.neighbours(ENDS);
        self.join(last, place);
        self.join(place, ENDS);
    }

    fn join(&mut self, older: u32, younger: u32) {
        if let Some(entry) = self.entries.get_mut(older as usize) {
            entry.after = younger;
        }
        if let Some(entry) = self.entries.get_mut(younger as usize) {
            entry.before = older;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(aged: &Aged<u32, u32>) -> Vec<u32> {
        aged.iter().map(|(key, _)| *key).collect()
    }

    #[test]
    fn entries_are_in_the_order_of_insertion_until_moved() {
        let mut aged: Aged<u32, u32> = Aged::new();
        for key in 1..=4 {
            assert_eq!(aged.insert(key, 10 * key), None);
        }
        assert_eq!(aged.insert(2, 21), Some(20));
        assert_eq!(keys(&aged), [1, 2, 3, 4]);
        assert!(aged.move_to_back(&2) && !aged.move_to_back(&9));
        assert_eq!(aged.touch(&1), Some(&mut 10));
        assert_eq!(keys(&aged), [3, 4, 2, 1]);
        assert_eq!(aged.front(), Some((&3, &30)));
    }

    #[test]
    fn the_oldest_goes_first() {
        let mut aged: Aged<u32, u32> = (1..=3).fold(Aged::new(), |mut aged, key| {
            aged.insert(key, key);
            aged
        });
        assert_eq!(aged.pop_front(), Some((1, 1)));
        assert_eq!(aged.pop_front_if(|key, _| *key > 2), None);
        assert_eq!(aged.pop_front_if(|key, _| *key == 2), Some((2, 2)));
        assert_eq!((aged.remove(&3), aged.remove(&3)), (Some(3), None));
        assert_eq!((aged.pop_front(), aged.front(), aged.is_empty()), (None, None, true));
    }

    #[test]
    fn borrowed_keys_find_their_entry() {
        let mut aged: Aged<Vec<u8>, u32> = Aged::new();
        aged.insert(b"one".to_vec(), 1);
        assert_eq!(aged.get(b"one".as_slice()), Some(&1));
        assert!(aged.contains(b"one".as_slice()) && !aged.contains(b"two".as_slice()));
    }

    /// Compare with a plain list through many steps chosen by a simple random number generator.
    #[test]
    fn the_map_behaves_like_a_list() {
        let (mut aged, mut list): (Aged<u32, u32>, Vec<(u32, u32)>) = (Aged::new(), Vec::new());
        let mut state = 1_u32;
        for step in 0..20_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (key, action) = (state >> 16 & 31, state >> 28 & 3);
            let at = list.iter().position(|(known, _)| *known == key);
            match (action, at) {
                (0, Some(at)) => assert_eq!(aged.insert(key, step), Some(std::mem::replace(&mut list[at].1, step))),
                (0, None) => {
                    assert_eq!(aged.insert(key, step), None);
                    list.push((key, step));
                }
                (1, at) => assert_eq!(aged.remove(&key), at.map(|at| list.remove(at).1)),
                (2, at) => {
                    let moved = at.map(|at| list.remove(at));
                    list.extend(moved);
                    assert_eq!(aged.touch(&key).copied(), moved.map(|(_, value)| value));
                }
                _ => assert_eq!(aged.pop_front(), (!list.is_empty()).then(|| list.remove(0))),
            }
            assert_eq!(aged.len(), list.len());
            assert!(aged.iter().map(|(key, value)| (*key, *value)).eq(list.iter().copied()));
        }
        assert!(aged.entries.len() <= 33);
    }
}
