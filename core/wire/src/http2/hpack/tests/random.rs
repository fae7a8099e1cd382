//! Random connections, watched from the start, joined late, and with lost blocks.

use super::encoder::{Dice, Encoder, Field};
use super::*;

const CONNECTIONS: u64 = 300;
const BLOCKS: usize = 60;
const NAMES: [&str; 8] = [":method", ":path", ":authority", ":status", "cookie", "x-request-id", "x", ""];
const VALUES: [&str; 6] = ["GET", "POST", "/", "/index.html", "200", ""];

fn random_field(dice: &mut Dice) -> Field {
    let name = if dice.one_in(8) { random_text(dice) } else { NAMES[dice.roll(NAMES.len())].into() };
    let value = if dice.one_in(3) { random_text(dice) } else { VALUES[dice.roll(VALUES.len())].into() };
    (name, value)
}

fn random_text(dice: &mut Dice) -> Vec<u8> {
    let longest = [3, 30, 300, 5000][dice.roll(4)];
    let alphabet = [10, 256][dice.roll(2)];
    (0..dice.roll(longest)).map(|_| b'a'.wrapping_add(dice.roll(alphabet) as u8)).collect()
}

/// Someone who watches from a block on, loses some, and remembers a part of the table.
struct Watcher {
    decoder: Decoder,
    since: usize,
    loses: bool,
    limits: Limits,
}

impl Watcher {
    fn new(dice: &mut Dice) -> Self {
        let since = dice.roll(BLOCKS);
        let decoder = if since == 0 { Decoder::new() } else { Decoder::joined() };
        let header_table = [0, 100, 1000, 1 << 16][dice.roll(4)];
        Self { decoder, since, loses: dice.one_in(2), limits: Limits { header_table, ..Limits::default() } }
    }

    /// Watch a block; return how many of its fields are known.
    fn watch(&mut self, number: usize, block: &[u8], sent: &[Field], dice: &mut Dice) -> usize {
        if number < self.since {
            return 0;
        }
        if self.loses && dice.one_in(10) {
            self.decoder.lose();
            return 0;
        }
        let (fields, result) = fields(&mut self.decoder, block, &self.limits);
        assert!(self.decoder.held() <= 6 * self.limits.header_table + 4096, "{} bytes", self.decoder.held());
        assert_eq!((fields.len(), result.map(|summary| summary.fields)), (sent.len(), Ok(sent.len())));
        for ((name, value), field) in fields.iter().zip(sent) {
            assert!(name.as_ref().is_none_or(|name| *name == field.0), "a wrong name");
            assert!(value.as_ref().is_none_or(|value| *value == field.1), "a wrong value");
        }
        fields.iter().filter(|(name, value)| name.is_some() && value.is_some()).count()
    }
}

#[test]
fn whoever_watches_is_never_told_anything_wrong() {
    let (mut all, mut known) = (0, 0);
    let large = Limits { header_table: 1 << 20, ..Limits::default() };
    for seed in 0..CONNECTIONS {
        let mut dice = Dice::new(seed);
        let (mut encoder, mut whole) = (Encoder::new(), Decoder::new());
        let mut watchers: Vec<Watcher> = (0..5).map(|_| Watcher::new(&mut dice)).collect();
        for number in 0..BLOCKS {
            if dice.one_in(20) {
                resize(&mut encoder, &mut whole, &mut watchers, &mut dice);
            }
            let sent: Vec<Field> = (0..dice.roll(12)).map(|_| random_field(&mut dice)).collect();
            let block = encoder.block(&sent, &mut dice);
            let (seen, _) = fields(&mut whole, &block, &large);
            assert_eq!(seen, sent.iter().cloned().map(|(name, value)| (Some(name), Some(value))).collect::<Vec<_>>());
            all += sent.len() * watchers.len();
            known += watchers.iter_mut().map(|each| each.watch(number, &block, &sent, &mut dice)).sum::<usize>();
        }
    }
    assert!(known > all / 4, "{known} of {all} fields are known");
}

/// Agree on a limit and set the table's size, perhaps to less before.
fn resize(encoder: &mut Encoder, whole: &mut Decoder, watchers: &mut [Watcher], dice: &mut Dice) {
    let limit = [0, 40, 500, 4096, 10_000, 100_000][dice.roll(6)];
    whole.limit(Some(limit as u32));
    watchers.iter_mut().for_each(|each| each.decoder.limit(Some(limit as u32)));
    if dice.one_in(2) {
        encoder.resize(dice.roll(limit + 1));
    }
    encoder.resize(if dice.one_in(2) { limit } else { dice.roll(limit + 1) });
}
