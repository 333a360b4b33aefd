//! Random sequences of allocations: no two blocks overlap, every block is aligned and keeps its contents, memory is
//! used again, and the counts are right.

mod random;

use std::collections::BTreeMap;

use phyllo_arena::{Arena, Stack, Usage, ALIGNMENT};
use random::{Numbers, Stretch};

/// Writes a pattern over the block, or checks it.
fn bytes<'a>(at: usize, n: usize) -> &'a mut [u8] {
    // SAFETY: the arena gave these n bytes to the test.
    unsafe { std::slice::from_raw_parts_mut(at as *mut u8, n) }
}

fn random_sequence(seed: u64, gap: usize) {
    let mut stretch = Stretch::new(64 << 20, gap);
    let mut arena = Arena::new(&mut stretch);
    let mut numbers = Numbers(seed);
    let mut live: BTreeMap<usize, (usize, u8)> = BTreeMap::new();
    let (mut total, mut peak) = (0, 0);
    for step in 0..4000 {
        if live.is_empty() || (numbers.below(100) < 52 && total < 16 << 20) {
            let n = numbers.size();
            let at = arena.alloc(n).expect("there is room");
            assert_eq!(at % ALIGNMENT, 0);
            let tag = step as u8;
            bytes(at, n).fill(tag);
            if let Some((&before, &(size, _))) = live.range(..=at).next_back() {
                assert!(before + size.max(1) <= at, "blocks overlap");
            }
            if let Some((&after, _)) = live.range(at..).next() {
                assert!(at + n.max(1) <= after, "blocks overlap");
            }
            live.insert(at, (n, tag));
            total += n;
            peak = peak.max(total);
        } else {
            let at = *live.keys().nth(numbers.below(live.len())).expect("not empty");
            let (n, tag) = live.remove(&at).expect("live");
            assert!(bytes(at, n).iter().all(|&byte| byte == tag), "contents changed");
            unsafe { arena.free(at, n) };
            total -= n;
        }
        assert_eq!(arena.usage(), Usage { bytes: total, blocks: live.len(), peak });
    }
    for (at, (n, tag)) in live {
        assert!(bytes(at, n).iter().all(|&byte| byte == tag), "contents changed");
        unsafe { arena.free(at, n) };
    }
    assert_eq!(arena.usage(), Usage { bytes: 0, blocks: 0, peak });
    arena.reset_peak();
    assert_eq!(arena.usage(), Usage::default());
}

#[test]
fn random_sequences_in_one_run() {
    (0..20).for_each(|seed| random_sequence(seed, 0));
}

#[test]
fn random_sequences_in_runs_apart() {
    (100..110).for_each(|seed| random_sequence(seed, 4096));
}

#[test]
fn a_block_given_back_is_used_again() {
    for n in [0, 1, 16, 17, 100, 4096, 4097, 100_000] {
        let mut stretch = Stretch::new(4 << 20, 0);
        let mut arena = Arena::new(&mut stretch);
        let first = arena.alloc(n).expect("there is room");
        for _ in 0..100_000 {
            unsafe { arena.free(first, n) };
            assert_eq!(arena.alloc(n), Some(first), "{n} bytes");
        }
    }
}

#[test]
fn large_blocks_given_back_in_any_order_become_one() {
    let mut stretch = Stretch::new(16 << 20, 0);
    let mut arena = Arena::new(&mut stretch);
    let blocks: Vec<usize> = (0..100).map(|_| arena.alloc(100_000).expect("there is room")).collect();
    for i in 0..100 {
        unsafe { arena.free(blocks[i * 37 % 100], 100_000) };
    }
    let whole = arena.alloc(9_000_000).expect("the pieces were joined");
    assert!(whole <= *blocks.iter().max().expect("not empty"));
}

/// The largest block that there is room for, to 64 KiB. It is given back.
fn largest(arena: &mut Arena<&mut Stretch>) -> usize {
    let (mut fits, mut fails) = (0, 1 << 30);
    while fails - fits > 1 << 16 {
        let bytes = (fits + fails) / 2;
        match arena.take(bytes) {
            Some(at) => {
                unsafe { arena.release(at, bytes) };
                fits = bytes;
            }
            None => fails = bytes,
        }
    }
    fits
}

/// Whatever was allocated, in whatever order it was given back: the largest block is as large as it was.
#[test]
fn once_everything_is_given_back_the_largest_block_is_whole() {
    const MEMORY: usize = 8 << 20;
    // All sizes, those around the largest class, a few classes, one class.
    let sizes: [fn(&mut Numbers) -> usize; 5] = [
        Numbers::size,
        |numbers| 3000 + numbers.below(3000),
        |numbers| [16, 100, 4096][numbers.below(3)],
        |_| 4096,
        |_| 16,
    ];
    for (i, size) in sizes.iter().enumerate() {
        for seed in 0..3 {
            let mut stretch = Stretch::new(MEMORY, 0);
            let mut arena = Arena::new(&mut stretch);
            let whole = largest(&mut arena);
            assert!(whole > MEMORY * 7 / 8);
            let mut numbers = Numbers(1000 * i as u64 + seed);
            // Rounds that fill memory to the last block or in part, and empty it in any order, in part or whole.
            let mut live = Vec::new();
            for round in 0..4 {
                let most = if round % 2 == 0 { usize::MAX } else { numbers.below(3000) };
                while live.len() < most {
                    let n = size(&mut numbers);
                    let Some(at) = arena.alloc(n) else { break };
                    live.push((at, n));
                }
                let keep = if round == 3 { 0 } else { numbers.below(live.len() + 1) };
                while live.len() > keep {
                    let (at, n) = live.swap_remove(numbers.below(live.len()));
                    unsafe { arena.free(at, n) };
                }
            }
            assert_eq!(largest(&mut arena), whole, "sizes {i}, seed {seed}");
        }
    }
}

/// Of several sizes in turn, 8 MiB each, all find room in what the first of them took.
#[test]
fn freed_small_blocks_serve_other_sizes_before_memory_grows() {
    let mut stretch = Stretch::new(64 << 20, 0);
    let mut arena = Arena::new(&mut stretch);
    for n in [4096_usize, 16, 5000, 640, 100_000, 48, 4096] {
        let mut blocks = Vec::new();
        while (blocks.len() + 1) * n.next_multiple_of(16) <= 8 << 20 {
            blocks.push(arena.alloc(n).expect("there is room"));
        }
        for at in blocks {
            unsafe { arena.free(at, n) };
        }
    }
    assert!(stretch.used <= 13 << 20, "{} for 8 MiB at a time", stretch.used);
}

/// With any number of others live, at the edge of a chunk too.
#[test]
fn turns_of_alloc_and_free_keep_their_blocks() {
    let mut stretch = Stretch::new(4 << 20, 0);
    let mut arena = Arena::new(&mut stretch);
    for n in [16, 48, 1000, 4096] {
        for live in 0..200 {
            let first = arena.alloc(n).expect("there is room");
            for _ in 0..100 {
                unsafe { arena.free(first, n) };
                assert_eq!(arena.alloc(n), Some(first), "{n} bytes, {live} live");
            }
        }
    }
}

#[test]
fn small_blocks_waste_little() {
    for n in [16, 64, 320, 1024, 3584, 4096] {
        let mut stretch = Stretch::new(64 << 20, 0);
        let mut arena = Arena::new(&mut stretch);
        let mut asked = 0;
        while asked < 32 << 20 {
            arena.alloc(n).expect("there is room");
            asked += n;
        }
        assert!(stretch.used < asked + asked / 5, "{} for {asked} in blocks of {n}", stretch.used);
    }
}

#[test]
fn large_blocks_waste_a_quarter_at_most() {
    let mut stretch = Stretch::new(64 << 20, 0);
    let mut arena = Arena::new(&mut stretch);
    let mut numbers = Numbers(7);
    let mut live = Vec::new();
    let mut asked = 0;
    while asked < 32 << 20 {
        let n = 4097 + numbers.below(200_000);
        live.push((arena.alloc(n).expect("there is room"), n));
        asked += n;
    }
    assert!(stretch.used < asked + asked / 4, "{} for {asked}", stretch.used);
}

#[test]
fn without_room_nothing_is_given_and_the_arena_stays_whole() {
    let mut stretch = Stretch::new(3 << 19, 0);
    let mut arena = Arena::new(&mut stretch);
    let first = arena.alloc(900_000).expect("there is room");
    for bytes in [4 << 20, usize::MAX / 2, usize::MAX - 15, usize::MAX] {
        assert_eq!(arena.alloc(bytes), None, "{bytes}");
    }
    assert_eq!(arena.usage(), Usage { bytes: 900_000, blocks: 1, peak: 900_000 });
    // Half a MiB is left: less than memory usually grows by, but enough.
    assert!(arena.alloc(300_000).is_some());
    unsafe { arena.free(first, 900_000) };
    assert_eq!(arena.alloc(900_000), Some(first));
}

#[test]
fn a_hole_between_live_blocks_is_used_again() {
    let mut stretch = Stretch::new(16 << 20, 0);
    let mut arena = Arena::new(&mut stretch);
    let mut numbers = Numbers(3);
    let sizes: Vec<usize> = (0..40).map(|_| 5000 + numbers.below(100_000)).collect();
    let blocks: Vec<usize> = sizes.iter().map(|&n| arena.alloc(n).expect("there is room")).collect();
    for i in (1..40).step_by(2) {
        unsafe { arena.free(blocks[i], sizes[i]) };
        assert_eq!(arena.alloc(sizes[i]), Some(blocks[i]), "{} bytes", sizes[i]);
    }
}

#[test]
fn empty_blocks_are_blocks() {
    let mut stretch = Stretch::new(4 << 20, 0);
    let mut arena = Arena::new(&mut stretch);
    let (a, b) = (arena.alloc(0), arena.alloc(0));
    assert!(a.is_some() && b.is_some() && a != b);
    assert_eq!(arena.usage(), Usage { bytes: 0, blocks: 2, peak: 0 });
}

/// Blocks of a stack lie apart and are aligned, whether memory grows in one piece or not; the one on top, given back,
/// makes room for the next; and what cannot be had is refused.
#[test]
fn a_stack_of_blocks() {
    for gap in [0, 4096] {
        let mut stretch = Stretch::new(1 << 20, gap);
        let mut stack = Stack::new(&mut stretch);
        let mut numbers = Numbers(5);
        let mut blocks: Vec<(usize, usize)> = Vec::new();
        loop {
            let bytes = (numbers.next() % 30_000) as usize;
            let Some(at) = stack.take(bytes) else { break };
            assert_eq!(at % ALIGNMENT, 0);
            assert!(blocks.iter().all(|&(start, n)| at + bytes <= start || start + n <= at), "{bytes} bytes at {at}");
            if numbers.next().is_multiple_of(3) {
                // SAFETY: `take` gave it just now.
                unsafe { stack.release(at, bytes) };
                assert_eq!(stack.take(bytes), Some(at));
            }
            blocks.push((at, bytes));
        }
        assert!(blocks.len() > 30);
        assert_eq!(stack.take(usize::MAX), None);
    }
}
