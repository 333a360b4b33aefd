//! Plans: lists of kernel calls in linear memory, checked once by a dry run and then run in one crossing.
//!
//! A call comes as numbers of 64 bits: the kernel's number, how many arguments it has, which of them are addresses
//! (bit i for argument i), and the arguments. Addresses count from the start of the plan's memory, and 0 without its
//! bit stands for an absent operand. That turns calls into words: the kernel's function, how many arguments, and
//! these; the function 0 ends the list.

use core::mem::transmute;
use core::slice;

use phyllo_kernels::{binary, casts, elementwise, plain};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convert;
use crate::dry_run::{self, Fault};
use crate::words::{Kernel, Kind};
use crate::{
    convolutions, elementwise as functions, indexing, layout, norms, order, pooling, products, recurrent, reductions,
};

type Function = unsafe fn(*const u32) -> i32;

struct Entry {
    name: &'static str,
    kinds: &'static [Kind],
    function: Function,
}

const fn entry<Arguments, K: Kernel<Arguments>>(name: &'static str, _: &K, function: Function) -> Entry {
    Entry { name, kinds: K::KINDS, function }
}

macro_rules! entries {
    ($($name:literal $function:path;)*) => {
        // SAFETY: as for `Function`.
        &[$(entry($name, &$function, |words| unsafe { Kernel::call(&$function, words) })),*]
    };
}

macro_rules! functions_of {
    ($($name:ident / $grad:ident, $js:literal / $js_grad:literal, $saved:ident: $f:expr => $slope:expr;)*) => {
        const FUNCTIONS: &[Entry] = entries! { $($js functions::$name;)* };
    };
}

macro_rules! table_of {
    ($table:ident $($name:ident, $js:literal $(, $x:ident => $y:ident)?: $f:expr;)*) => {
        const $table: &[Entry] = entries! { $($js functions::$name;)* };
    };
}

elementwise!(functions_of);
plain!(table_of, PLAIN);
casts!(table_of, CASTS);
binary!(table_of, BINARY);

/// All that a plan may call, by the contract's names.
static KERNELS: [&[Entry]; 5] = [
    FUNCTIONS,
    PLAIN,
    CASTS,
    BINARY,
    entries! {
        "addInto" functions::add_into;
        "clamp" functions::clamp;
        "where" functions::select;
        "f32ToF64" convert::f32_to_f64;
        "indexOutside" indexing::index_outside;
        "gather" indexing::gather;
        "indexSelect" indexing::index_select;
        "indexSelect8" indexing::index_select8;
        "copy" layout::copy;
        "copy8" layout::copy8;
        "fill" layout::fill;
        "fillI32" layout::fill_i32;
        "fill8" layout::fill8;
        "toBlocked" layout::to_blocked;
        "fromBlocked" layout::from_blocked;
        "moments" norms::moments;
        "normalise" norms::normalise;
        "topk" order::topk;
        "topkI32" order::topk_i32;
        "cumsum" order::cumsum;
        "cumsumI32" order::cumsum_i32;
        "gemm" products::gemm;
        "gemmPacked" products::gemm_packed;
        "conv2d" convolutions::conv2d;
        "conv2dBlocked" convolutions::conv2d_blocked;
        "conv2dPrepared" convolutions::conv2d_prepared;
        "maxPool2d" pooling::max_pool2d;
        "maxPool2dBlocked" pooling::max_pool2d_blocked;
        "avgPool2d" pooling::avg_pool2d;
        "avgPool2dBlocked" pooling::avg_pool2d_blocked;
        "rnn" recurrent::rnn;
        "lstm" recurrent::lstm;
        "gru" recurrent::gru;
        "sum" reductions::sum;
        "sumI32" reductions::sum_i32;
        "nrm2" reductions::nrm2;
        "distances" reductions::distances;
        "max" reductions::max;
        "min" reductions::min;
        "maxI32" reductions::max_i32;
        "minI32" reductions::min_i32;
        "softmax" reductions::softmax;
        "logSoftmax" reductions::log_softmax;
    },
];

fn kernels() -> impl Iterator<Item = &'static Entry> {
    KERNELS.iter().copied().flatten()
}

/// The number of the kernel whose name is the n bytes at an address, or −1.
#[wasm_bindgen]
pub fn kernel(name: usize, n: usize) -> i32 {
    // SAFETY: the caller has written them there.
    let name = unsafe { slice::from_raw_parts(name as *const u8, n) };
    kernels().position(|entry| entry.name.as_bytes() == name).map_or(-1, |i| i as i32)
}

/// Dry-runs the calls in n numbers at an address, over `bytes` bytes of memory at another, and turns them into words. 0, or
/// the number of the faulty call, from 1, times 16, plus the [`Fault`]. There is room for one number more.
#[wasm_bindgen]
pub fn prepare(calls: usize, n: usize, memory: usize, bytes: usize) -> u32 {
    dry_run::begin(memory..memory + bytes);
    let mut list = List { read: calls as *const f64, left: n, written: calls as *mut u32 };
    let mut count = 0;
    let mut fault = None;
    while list.left > 0 && fault.is_none() {
        count += 1;
        // SAFETY: the caller has written so many numbers there.
        fault = unsafe { list.turn(memory, bytes) }.err();
    }
    // SAFETY: words take less room than the numbers they come from.
    unsafe { list.written.write(0) };
    dry_run::end();
    fault.map_or(0, |fault| count << 4 | fault as u32)
}

/// Calls as they turn from numbers into words, in place.
struct List {
    read: *const f64,
    left: usize,
    written: *mut u32,
}

impl List {
    unsafe fn next(&mut self) -> f64 {
        let x = self.read.read();
        self.read = self.read.add(1);
        self.left -= 1;
        x
    }

    unsafe fn put(&mut self, word: u32) {
        self.written.write(word);
        self.written = self.written.add(1);
    }

    /// The next call, after a dry run.
    unsafe fn turn(&mut self, memory: usize, bytes: usize) -> Result<(), Fault> {
        if self.left < 3 {
            return Err(Fault::Kernel);
        }
        let [number, count, addresses] = [self.next(), self.next(), self.next()];
        let entry = Kind::Size.word(number).and_then(|i| kernels().nth(i as usize)).ok_or(Fault::Kernel)?;
        if count != entry.kinds.len() as f64 || entry.kinds.len() > self.left {
            return Err(Fault::Kernel);
        }
        let addresses = Kind::Size.word(addresses).ok_or(Fault::Number)?;
        self.put(entry.function as usize as u32);
        self.put(entry.kinds.len() as u32);
        let words = self.written;
        for (i, &kind) in entry.kinds.iter().enumerate() {
            let mut word = kind.word(self.next()).ok_or(Fault::Number)?;
            if addresses >> i & 1 == 1 {
                if kind != Kind::Size || word as usize > bytes {
                    return Err(Fault::Number);
                }
                word += memory as u32;
            }
            self.put(word);
        }
        match dry_run::call(|| _ = (entry.function)(words)) {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }
}

/// Runs the calls that were turned into words at an address. 0, or the address of a call that found an index outside its
/// range.
#[wasm_bindgen]
pub fn run(words: usize) -> usize {
    let mut at = words as *const u32;
    loop {
        // SAFETY: `prepare` wrote the words, and no kernel that it let pass writes there.
        unsafe {
            let function = *at as usize;
            if function == 0 {
                return 0;
            }
            if transmute::<usize, Function>(function)(at.add(2)) >= 0 {
                return at as usize;
            }
            at = at.add(2 + *at.add(1) as usize);
        }
    }
}
