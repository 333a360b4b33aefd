//! The checked binary: every range against the live blocks. Fresh and freed memory is filled with NaN.

use std::collections::BTreeMap;
use std::panic::set_hook;
use std::slice;
use std::string::ToString;
use std::sync::Mutex;

/// The bytes asked for of each live block, by address.
static LIVE: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

/// A length, then so many bytes.
#[repr(C)]
struct Message {
    length: u32,
    bytes: [u8; 1020],
}

static MESSAGE: Mutex<Message> = Mutex::new(Message { length: 0, bytes: [0; 1020] });

fn live() -> std::sync::MutexGuard<'static, BTreeMap<usize, usize>> {
    LIVE.lock().expect("one thread")
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
    spoil(at, bytes);
}

/// Asserts that n elements of `size` bytes from `at` on lie in one live block.
pub fn range(at: usize, n: usize, size: usize, align: usize) {
    if n == 0 {
        return;
    }
    assert!(at % align == 0, "address {at} is not aligned to {align} bytes");
    let (start, bytes) = live().range(..=at).next_back().map_or((0, 0), |(&start, &bytes)| (start, bytes));
    assert!(
        n <= usize::MAX / size && at - start <= bytes && n * size <= bytes - (at - start),
        "{n} elements of {size} bytes at {at} are not within a live block: the one before has {bytes} bytes at {start}",
    );
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
