//! The checked binary: every operand against the live blocks and against the others of its call. Fresh and freed memory
//! is filled with NaN. It is compiled with checks of overflow, too.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::set_hook;
use std::slice;
use std::string::ToString;
use std::sync::{Mutex, MutexGuard};

use crate::extent::Extent;

/// The bytes asked for of each live block, by address.
static LIVE: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());
/// The same of blocks that were freed and that no live one has touched since.
static FREED: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// A length, then so many bytes.
#[repr(C)]
struct Message {
    length: u32,
    bytes: [u8; 1020],
}

static MESSAGE: Mutex<Message> = Mutex::new(Message { length: 0, bytes: [0; 1020] });

fn live() -> MutexGuard<'static, BTreeMap<usize, usize>> {
    LIVE.lock().expect("one thread")
}

/// The last block that begins at an address or before it.
fn last(blocks: &Mutex<BTreeMap<usize, usize>>, at: usize) -> Option<(usize, usize)> {
    let blocks = blocks.lock().expect("one thread");
    blocks.range(..=at).next_back().map(|(&start, &bytes)| (start, bytes))
}

/// Every bit set: NaN, and −1.
fn spoil(at: usize, bytes: usize) {
    if bytes > 0 {
        // SAFETY: the block is live and no slice of it is.
        unsafe { slice::from_raw_parts_mut(at as *mut u8, bytes).fill(0xff) };
    }
}

pub fn allocated(at: usize, bytes: usize) {
    if at != 0 {
        spoil(at, bytes);
        live().insert(at, bytes);
        let overlaps = |&(start, size): &(usize, usize)| start + size.max(1) > at;
        while let Some((start, _)) = last(&FREED, at + bytes.saturating_sub(1)).filter(overlaps) {
            FREED.lock().expect("one thread").remove(&start);
        }
    }
}

pub fn freed(at: usize, bytes: usize) {
    // A panic does not unwind, so none may happen while the lock is held.
    let block = live().get(&at).copied();
    match block {
        None => panic!("free: no live block begins at {at}"),
        Some(asked) => assert!(asked == bytes, "free: the block at {at} has {asked} bytes, not {bytes}"),
    }
    live().remove(&at);
    FREED.lock().expect("one thread").insert(at, bytes);
    spoil(at, bytes);
}

/// How a kernel uses an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    /// Written, and apart from every other operand.
    Written,
    /// Written, and apart from every other or just where one lies that is read cell by cell.
    InPlace,
}

/// An operand of a call: so many elements of so many bytes from an address on.
pub struct Operand {
    name: &'static str,
    at: usize,
    n: usize,
    size: usize,
    align: usize,
    access: Access,
    /// Whether an output in the same place has each element where this has it.
    cells: bool,
}

fn operand<T>(name: &'static str, at: usize, n: usize, access: Access, cells: bool) -> Operand {
    Operand { name, at, n, size: size_of::<T>(), align: align_of::<T>(), access, cells }
}

macro_rules! operands {
    ($($name:ident: $access:ident, $cells:literal;)*) => {$(
        /// What `memory` makes of the same arguments.
        pub fn $name<T>(name: &'static str, at: usize, n: usize) -> Operand {
            operand::<T>(name, at, n, Access::$access, $cells)
        }
    )*};
}

operands! {
    input: Read, false;
    output: Written, false;
    cells: Read, true;
    in_place: InPlace, false;
    output_cells: Written, false;
}

pub fn strided<T>(name: &'static str, at: usize, extent: &Extent) -> Operand {
    let at = at.wrapping_sub(extent.below.wrapping_mul(size_of::<T>()));
    operand::<T>(name, at, extent.len, Access::Read, extent.dense)
}

pub fn strided_output<T>(name: &'static str, at: usize, extent: &Extent) -> Operand {
    Operand { access: Access::Written, ..strided::<T>(name, at, extent) }
}

pub fn optional_input<T>(name: &'static str, at: usize, n: usize) -> Operand {
    input::<T>(name, at, if at == 0 { 0 } else { n })
}

pub fn optional_output<T>(name: &'static str, at: usize, n: usize) -> Operand {
    output::<T>(name, at, if at == 0 { 0 } else { n })
}

pub fn optional_output_cells<T>(name: &'static str, at: usize, n: usize) -> Operand {
    optional_output::<T>(name, at, n)
}

/// Asserts that each operand is whole within one live block, and that outputs are where the contract allows.
pub fn call(operands: &[Operand]) {
    operands.iter().for_each(Operand::assert_live);
    for (i, a) in operands.iter().enumerate() {
        operands[i + 1..].iter().for_each(|b| a.assert_apart(b));
    }
}

impl Operand {
    fn assert_live(&self) {
        let Self { name, at, n, size, align, .. } = *self;
        if n == 0 {
            return;
        }
        assert!(at % align == 0, "{name} at address {at} is not aligned to {align} bytes");
        let (start, bytes) = last(&LIVE, at).unwrap_or((0, 0));
        if n <= usize::MAX / size && at - start <= bytes && n * size <= bytes - (at - start) {
            return;
        }
        let freed = last(&FREED, at).filter(|&(start, bytes)| at - start < bytes);
        match freed {
            Some((start, bytes)) => panic!(
                "{name} takes {n} elements of {size} bytes at {at}, in a block that was freed: \
                 {bytes} bytes at {start}"
            ),
            None => panic!(
                "{name} takes {n} elements of {size} bytes at {at}, which are not within a live block: \
                 the one before has {bytes} bytes at {start}"
            ),
        }
    }

    fn bytes(&self) -> Range<usize> {
        self.at..self.at + self.n * self.size
    }

    /// Both are live. Nothing overlaps an empty one.
    fn assert_apart(&self, other: &Self) {
        let (y, x) = if self.access == Access::Read { (other, self) } else { (self, other) };
        let (y_bytes, x_bytes) = (y.bytes(), x.bytes());
        let apart = y_bytes.end <= x_bytes.start || x_bytes.end <= y_bytes.start || y.n == 0 || x.n == 0;
        let may = match (y.access, x.access) {
            (Access::Read, _) => return,
            (Access::InPlace, Access::Read) if x.cells => "in place of",
            _ => "apart from",
        };
        assert!(
            apart || may == "in place of" && y_bytes == x_bytes && y.size == x.size,
            "{} at bytes {y_bytes:?} overlaps {} at bytes {x_bytes:?}, and must be {may} it",
            y.name,
            x.name,
        );
    }
}

/// From now on, the message of a panic is kept at the address returned.
pub fn keep_messages() -> usize {
    set_hook(std::boxed::Box::new(|info| {
        let text = info.to_string();
        let mut message = MESSAGE.lock().expect("one thread");
        let n = text.len().min(message.bytes.len());
        message.bytes[..n].copy_from_slice(&text.as_bytes()[..n]);
        message.length = n as u32;
    }));
    &*MESSAGE.lock().expect("one thread") as *const Message as usize
}
