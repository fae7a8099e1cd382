//! An encoder that chooses at random among all that RFC 7541 allows for a field.

use std::collections::VecDeque;

use super::super::{huffman, static_table};

/// Random numbers (xorshift64), the same for each seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Return a number below `sides`.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % sides
    }

    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }
}

pub(super) type Field = (Vec<u8>, Vec<u8>);

pub(super) struct Encoder {
    /// Newest first.
    table: VecDeque<Field>,
    maximum: usize,
    /// Sizes to announce at the start of the next block.
    sizes: Vec<usize>,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self { table: VecDeque::new(), maximum: 4096, sizes: Vec::new() }
    }

    /// Change the table's size, and announce it with the next block.
    pub(super) fn resize(&mut self, size: usize) {
        self.maximum = size;
        self.sizes.push(size);
        self.evict();
    }

    pub(super) fn block(&mut self, fields: &[Field], dice: &mut Dice) -> Vec<u8> {
        let mut block = Vec::new();
        for size in std::mem::take(&mut self.sizes) {
            integer(&mut block, 0x20, 0x1F, size);
        }
        for field in fields {
            self.field(&mut block, field, dice);
        }
        block
    }

    fn field(&mut self, block: &mut Vec<u8>, field: &Field, dice: &mut Dice) {
        if let Some(index) = self.index(|known| known == field, dice)
            && !dice.one_in(4)
        {
            return integer(block, 0x80, 0x7F, index);
        }
        let (pattern, mask) = [(0x40, 0x3F), (0x40, 0x3F), (0x00, 0x0F), (0x10, 0x0F)][dice.roll(4)];
        match self.index(|known| known.0 == field.0, dice) {
            Some(index) if !dice.one_in(4) => integer(block, pattern, mask, index),
            _ => {
                block.push(pattern);
                string(block, &field.0, dice);
            }
        }
        string(block, &field.1, dice);
        if pattern == 0x40 {
            self.table.push_front(field.clone());
            self.evict();
        }
    }

    /// Return one of the indexes of an entry.
    fn index(&self, is: impl Fn(&Field) -> bool, dice: &mut Dice) -> Option<usize> {
        let known = (1..=61).filter_map(static_table::entry).map(|(name, value)| (name.to_vec(), value.to_vec()));
        let all = known.chain(self.table.iter().cloned()).enumerate();
        let found: Vec<usize> = all.filter(|(_, entry)| is(entry)).map(|(place, _)| place + 1).collect();
        if found.is_empty() { None } else { Some(found[dice.roll(found.len())]) }
    }

    fn evict(&mut self) {
        while self.table.iter().map(|(name, value)| name.len() + value.len() + 32).sum::<usize>() > self.maximum {
            self.table.pop_back();
        }
    }
}

fn integer(block: &mut Vec<u8>, pattern: u8, mask: u8, value: usize) {
    let Some(mut rest) = value.checked_sub(usize::from(mask)) else {
        return block.push(pattern | value as u8);
    };
    block.push(pattern | mask);
    while rest >= 128 {
        block.push(128 | (rest % 128) as u8);
        rest /= 128;
    }
    block.push(rest as u8);
}

fn string(block: &mut Vec<u8>, text: &[u8], dice: &mut Dice) {
    if dice.one_in(2) {
        integer(block, 0, 0x7F, text.len());
        return block.extend(text);
    }
    let symbols: Vec<u16> = text.iter().map(|byte| u16::from(*byte)).collect();
    let code = huffman::encoded(&symbols);
    integer(block, 0x80, 0x7F, code.len());
    block.extend(code);
}
