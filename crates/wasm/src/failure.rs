//! How a function of the boundary ends that cannot do what it was called for: it calls JavaScript, which throws.
//!
//! What JavaScript throws unwinds the frames of WebAssembly, but not the stack that compiled code has in linear memory. So
//! whoever provides these imports first puts `__stack_pointer`, which is exported, back to where it was. Binaries that
//! run plans have no imports, and trap: trying a plan asks beforehand for all that its calls need.

#[cfg(not(feature = "checked"))]
use core::panic::PanicInfo;

#[cfg(not(feature = "plans"))]
mod imports {
    #[link(wasm_import_module = "phyllo")]
    extern "C" {
        /// The function whose path is the `length` bytes at `name` needs a workspace of `n` elements, for which there is
        /// no room.
        #[link_name = "outOfWorkspace"]
        pub fn out_of_workspace(name: *const u8, length: usize, n: usize) -> !;

        /// A panic in a line of a file, and what it says, or nothing.
        #[cfg(not(feature = "checked"))]
        pub fn panicked(file: *const u8, length: usize, line: u32, message: *const u8, message_length: usize) -> !;

        /// A thread has ended before it had computed its part.
        #[cfg(feature = "threads")]
        #[link_name = "partLost"]
        pub fn part_lost() -> !;
    }
}

/// What another thread was to compute failed: that thread has ended, or an assertion of a kernel does not hold, with the
/// arguments of `panicked`, which are zeros where there is no more to say.
#[cfg(feature = "threads")]
#[cold]
pub fn in_part(ended: bool, &[file, length, line, message, message_length]: &[u32; 5]) -> ! {
    // SAFETY: it reads texts that every thread has at the same place, and throws.
    unsafe {
        if ended {
            imports::part_lost();
        }
        imports::panicked(file as _, length as usize, line, message as _, message_length as usize)
    }
}

/// There is no room for `n` elements of workspace, which the function of this path needs.
#[cold]
pub fn out_of_workspace(name: &str, n: usize) -> ! {
    #[cfg(feature = "plans")]
    {
        _ = (name, n);
        core::arch::wasm32::unreachable()
    }
    #[cfg(not(feature = "plans"))]
    // SAFETY: it reads the name, and throws.
    unsafe {
        imports::out_of_workspace(name.as_ptr(), name.len(), n)
    }
}

/// A panic in the binaries without a standard library.
#[cfg(not(feature = "checked"))]
pub fn panicked(info: &PanicInfo) -> ! {
    #[cfg(feature = "plans")]
    {
        _ = info;
        core::arch::wasm32::unreachable()
    }
    #[cfg(not(feature = "plans"))]
    {
        let (file, line) = info.location().map_or(("", 0), |place| (place.file(), place.line()));
        let message = info.message().as_str().unwrap_or("");
        // SAFETY: it reads both texts, and throws.
        unsafe { imports::panicked(file.as_ptr(), file.len(), line, message.as_ptr(), message.len()) }
    }
}
