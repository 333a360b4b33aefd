//! Dry runs: kernel calls in which nothing is computed, so that a plan file may come from anywhere.
//!
//! During a dry run, each function of the boundary holds its operands against the memory of the plan, adds up what it
//! would have to do, notes the first fault and returns. So what a kernel touches is said once, where it is called, and
//! the loader knows no kernel by name.

use core::cell::UnsafeCell;
use core::ops::Range;

use crate::extent::Extent;

/// What is wrong with a call, by the number that the loader knows it by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no such kernel, or it takes another number of arguments.
    Kernel = 1,
    /// An argument is NaN, a fraction or too large where a whole number is wanted, or an address where none is.
    Number,
    /// Sizes whose product does not fit into memory.
    Size,
    /// Sizes that do not go together.
    Misfit,
    /// An operand that is not whole within the plan's memory, or not aligned.
    Outside,
    /// An output that overlaps another operand.
    Overlap,
    /// More work than [`WORK`].
    Work,
}

/// The numbers that a plan may read, write or multiply in one run: AlexNet on 90 images, some seconds.
const WORK: u64 = 1 << 36;
/// The most elements of an operand.
const ELEMENTS: u64 = 1 << 31;
/// No kernel has more operands.
const OPERANDS: usize = 12;

/// How a kernel uses an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    /// Written, and not to overlap any other.
    Written,
    /// Read or written, and may be another such.
    Shared,
}

struct DryRun {
    running: bool,
    fault: Option<Fault>,
    memory: Range<u64>,
    work: u64,
    /// The operands of this call so far.
    operands: [(Range<u64>, Access); OPERANDS],
    count: usize,
}

struct Global(UnsafeCell<DryRun>);

// SAFETY: this module has one thread.
unsafe impl Sync for Global {}

static DRY_RUN: Global = Global(UnsafeCell::new(DryRun {
    running: false,
    fault: None,
    memory: 0..0,
    work: 0,
    operands: [const { (0..0, Access::Read) }; OPERANDS],
    count: 0,
}));

fn with<T>(f: impl FnOnce(&mut DryRun) -> T) -> T {
    // SAFETY: one thread, and no `f` of this module comes back here.
    f(unsafe { &mut *DRY_RUN.0.get() })
}

/// Begins a dry run of a plan that may touch these addresses.
pub fn begin(memory: Range<usize>) {
    with(|t| {
        t.memory = memory.start as u64..memory.end as u64;
        (t.running, t.fault, t.work) = (true, None, 0);
    });
}

pub fn end() {
    with(|t| t.running = false);
}

#[inline(always)]
pub fn running() -> bool {
    with(|t| t.running)
}

/// Dry-runs one call, and says what is wrong with it.
pub fn call(f: impl FnOnce()) -> Option<Fault> {
    with(|t| t.count = 0);
    f();
    with(|t| t.fault)
}

#[cold]
pub fn refuse(fault: Fault) {
    with(|t| t.fault = t.fault.or(Some(fault)));
}

pub fn refused() -> bool {
    with(|t| t.fault.is_some())
}

/// In a dry run, notes sizes that do not go together.
#[inline(always)]
pub fn require(fits: bool) {
    if !fits && running() {
        refuse(Fault::Misfit);
    }
}

/// In a dry run, an operand that only backward passes read is not to be there.
pub fn require_absent(at: usize) {
    require(at == 0);
}

/// An operand that the full binaries alone have: here none.
pub fn full_only<T>(_: Option<T>) -> Option<T> {
    None
}

/// A product of sizes. In a dry run it is work too: so many steps of a loop, and an empty loop counts as one.
#[inline(always)]
pub fn size<const N: usize>(factors: [usize; N]) -> usize {
    if running() {
        return checked_size(&factors);
    }
    factors.iter().fold(1, |product, n| product.wrapping_mul(*n))
}

#[cold]
fn checked_size(factors: &[usize]) -> usize {
    add_work(factors);
    elements(factors.iter().fold(1, |product, &n| product.saturating_mul(n as u64)))
}

/// In a dry run, so many elements, unless they are too many.
#[inline(always)]
pub fn elements(n: u64) -> usize {
    if n > ELEMENTS && running() {
        refuse(Fault::Size);
        return 0;
    }
    n as usize
}

/// In a dry run, adds the product of these to the work.
#[inline(always)]
pub fn work<const N: usize>(factors: [usize; N]) {
    if running() {
        add_work(&factors);
    }
}

#[cold]
fn add_work(factors: &[usize]) {
    let steps = factors.iter().fold(1u64, |product, &n| product.saturating_mul(n.max(1) as u64));
    let work = with(|t| {
        t.work = t.work.saturating_add(steps);
        t.work
    });
    if work > WORK {
        refuse(Fault::Work);
    }
}

macro_rules! operands {
    ($($name:ident: $access:ident;)*) => {$(
        /// In a dry run, n elements at an address.
        pub fn $name<T>(at: usize, n: usize) {
            operand(at, n as u64 * size_of::<T>() as u64, align_of::<T>(), Access::$access);
        }
    )*};
}

operands! {
    input: Read;
    output: Written;
    cells: Shared;
    in_place: Shared;
    output_cells: Written;
}

pub fn strided<T>(at: usize, extent: &Extent) {
    cells::<T>(at.wrapping_sub(extent.below * size_of::<T>()), extent.len);
}

pub fn strided_output<T>(at: usize, extent: &Extent) {
    output::<T>(at.wrapping_sub(extent.below * size_of::<T>()), extent.len);
}

pub fn optional_input<T>(at: usize, n: usize) {
    if at != 0 {
        input::<T>(at, n);
    }
}

pub fn optional_output<T>(at: usize, n: usize) {
    if at != 0 {
        output::<T>(at, n);
    }
}

pub fn optional_output_cells<T>(at: usize, n: usize) {
    optional_output::<T>(at, n);
}

#[cold]
fn operand(at: usize, bytes: u64, align: usize, access: Access) {
    if bytes == 0 {
        return;
    }
    let range = at as u64..at as u64 + bytes;
    with(|t| {
        let overlaps = |(other, how): &(Range<u64>, Access)| {
            let apart = range.end <= other.start || other.end <= range.start;
            let allowed = access != Access::Written && access == *how;
            !apart && !allowed
        };
        let fault = if !at.is_multiple_of(align) || range.start < t.memory.start || t.memory.end < range.end {
            Some(Fault::Outside)
        } else if t.operands[..t.count].iter().any(overlaps) {
            Some(Fault::Overlap)
        } else {
            None
        };
        t.fault = t.fault.or(fault);
        t.operands[t.count] = (range, access);
        t.count += 1;
    });
}
