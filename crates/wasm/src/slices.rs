//! How addresses become slices: what each exported function reads and writes, said once.

use core::cell::Cell;
use core::slice;

use crate::extent::Extent;

/// # Safety
/// This and the following: n elements from `at` on lie in a live block and are aligned, as the contract says; nothing
/// but the running kernel uses them, and what it writes is no other operand's unless both are cells. The checked binary
/// asserts it.
#[inline(always)]
pub unsafe fn input<'a, T>(at: usize, n: usize) -> &'a [T] {
    if n == 0 {
        return &[];
    }
    slice::from_raw_parts(at as *const T, n)
}

/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn output<'a, T>(at: usize, n: usize) -> &'a mut [T] {
    if n == 0 {
        return &mut [];
    }
    slice::from_raw_parts_mut(at as *mut T, n)
}

/// An input that an `in_place` output may be.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn cells<'a, T>(at: usize, n: usize) -> &'a [Cell<T>] {
    input(at, n)
}

/// An output that may be one of the `cells`, element for element.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn in_place<'a, T>(at: usize, n: usize) -> &'a [Cell<T>] {
    input(at, n)
}

/// An output that may be no other operand, whose kernel writes cells.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn output_cells<'a, T>(at: usize, n: usize) -> &'a [Cell<T>] {
    input(at, n)
}

/// Cells with strides, from the lowest to the highest.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn strided<'a, T>(at: usize, extent: &Extent) -> &'a [Cell<T>] {
    input(at.wrapping_sub(extent.below * size_of::<T>()), extent.len)
}

/// As `output_cells`, with strides.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn strided_output<'a, T>(at: usize, extent: &Extent) -> &'a [Cell<T>] {
    strided(at, extent)
}

/// An operand that is absent at address 0.
///
/// # Safety
/// As for `input`.
#[inline(always)]
pub unsafe fn optional_input<'a, T>(at: usize, n: usize) -> Option<&'a [T]> {
    (at != 0).then(|| input(at, n))
}

/// # Safety
/// As for `optional_input`.
#[inline(always)]
pub unsafe fn optional_output<'a, T>(at: usize, n: usize) -> Option<&'a mut [T]> {
    (at != 0).then(|| output(at, n))
}

/// # Safety
/// As for `optional_input`.
#[inline(always)]
pub unsafe fn optional_output_cells<'a, T>(at: usize, n: usize) -> Option<&'a [Cell<T>]> {
    (at != 0).then(|| output_cells(at, n))
}

/// Turns addresses into slices of the same names: `x: input f32[n]` and so on, by the functions above. After a
/// semicolon, `room = n` is a workspace. In a dry run the function ends here, and the checked binary refuses here what
/// breaks the contract, so this comes once, with every operand.
macro_rules! slices {
    ($($operands:tt)*) => {
        $crate::parts::settle();
        $crate::slices::slices_of_part! { $($operands)* }
    };
}

/// As [`slices`], for a part of a call, which has begun.
macro_rules! slices_of_part {
    ($($name:ident: $kind:ident $type:ident[$($n:tt)+]),* $(,)? $(; $room:ident = $need:expr)?) => {
        #[cfg(feature = "plans")]
        if $crate::dry_run::running() {
            $($crate::dry_run::$kind::<$type>($name, $crate::slices::extent!($($n)+));)*
            // No memory is asked for afterwards.
            $(if !$crate::dry_run::refused() { $crate::memory::workspace($crate::slices::name!(), $need); })?
            return Default::default();
        }
        #[cfg(feature = "checked")]
        $crate::checked::call(&[
            $($crate::checked::$kind::<$type>(stringify!($name), $name, $crate::slices::extent!($($n)+))),*
        ]);
        $(
            // SAFETY: an exported function is called as the contract says.
            let $name = unsafe { $crate::slices::$kind::<$type>($name, $crate::slices::extent!($($n)+)) };
        )*
        $(let $room = $crate::memory::workspace($crate::slices::name!(), $need);)?
    };
}

/// The path of the function that this stands in, and `::here`.
macro_rules! name {
    () => {{
        fn here() {}
        core::any::type_name_of_val(&here)
    }};
}

/// How many elements: a product of sizes, or what finds it; or a strided operand's extent.
macro_rules! extent {
    ($first:tt $(* $more:tt)*) => { $crate::dry_run::size([$first $(, $more)*]) };
    ($n:expr) => { $n };
}

/// As [`slices`], with what is done with them, and how that may be cut: `n by 64, work work::each([n], 2.0)` are parts of
/// whole 64s of the size n, if the work, which `phyllo_kernels::work` estimates, is worth it. In a part n is smaller, and what
/// `with` declares follows; operands whose extent grows with n begin where their part does. `n from i` names where that is, and
/// `at [i * 3]` after an operand says that it begins elsewhere. Without threads this is `slices` alone.
///
/// `cut g by cut(…), from start` leaves that to a geometry of the kernels: `g.cut` is told how many parts are wanted, and
/// `g.part` gives the geometry of a part, under the same name, and where it begins in operands with `+ start.x`.
macro_rules! parts {
    (
        cut $g:ident by $cut:ident($($argument:expr),*), from $start:ident;
        $($name:ident: $kind:ident $type:ident[$($extent:tt)+] $(+ $before:expr)?),* $(,)?
        $(; $room:ident = $need:expr)?
        => $body:expr
    ) => {{
        #[cfg(feature = "threads")]
        #[allow(unused_variables)]
        {
            let cut = $g.$cut($crate::threads::running_threads(), $($argument),*);
            let division = $crate::parts::Division::new(cut.n, cut.grain, cut.work);
            let part = |first: usize, n: usize| $g.part(cut.by, first, n);
            let rooms = $crate::parts::Rooms::default();
            $(
                let (division, rooms) = $crate::parts::rooms(division, $crate::slices::name!(), |first, n| {
                    let ($g, _) = part(first, n);
                    $need
                });
            )?
            $crate::threads::run(division, rooms, &|first: usize, n: usize, room: usize, len: usize| {
                let ($g, $start) = part(first, n);
                $(
                    // SAFETY: a part of the whole operand, which is as the contract says.
                    let $name = unsafe {
                        let at = $crate::parts::shifted::<$type>($name, 0 $(+ $before)?);
                        $crate::slices::$kind::<$type>(at, $crate::slices::extent!($($extent)+))
                    };
                )*
                // SAFETY: of the workspace, what is this part's.
                $(let $room = unsafe { $crate::slices::output::<f32>(room, len) };)?
                $body
            });
        }
        #[cfg(not(feature = "threads"))]
        {
            $crate::slices::slices! { $($name: $kind $type[$($extent)+]),* $(; $room = $need)? }
            let $start = $g.whole();
            _ = $start;
            $body
        }
    }};
    ($n:ident by $($rest:tt)*) => {
        $crate::slices::parts! { $n from _first by $($rest)* }
    };
    ($n:ident from $first:ident by $grain:expr, work $work:expr; $($rest:tt)*) => {
        $crate::slices::parts! { $n from $first by $grain, work $work, with []; $($rest)* }
    };
    (
        $n:ident from $first:ident by $grain:expr, work $work:expr, with $narrow:tt;
        $($name:ident: $kind:ident $type:ident[$($extent:tt)+] $(at $before:tt)?),* $(,)?
        $(; $room:ident = $need:expr)?
        => $body:expr
    ) => {{
        #[cfg(feature = "threads")]
        #[allow(unused_variables)]
        {
            let division = $crate::parts::Division::new($n, $grain, $work);
            let rooms = $crate::parts::Rooms::default();
            $(
                let (division, rooms) = $crate::parts::rooms(division, $crate::slices::name!(), |$first, $n| {
                    $crate::slices::within!($narrow { $need })
                });
            )?
            $crate::threads::run(division, rooms, &|$first: usize, length: usize, room: usize, len: usize| {
                $(
                    let $name = $crate::parts::shifted::<$type>(
                        $name,
                        $crate::slices::before!([$($before)?] $n $first $narrow ($($extent)+)),
                    );
                )*
                let $n = length;
                $crate::slices::within!($narrow {
                    $(
                        // SAFETY: a part of the whole operand, which is as the contract says.
                        let $name = unsafe {
                            $crate::slices::$kind::<$type>($name, $crate::slices::extent!($($extent)+))
                        };
                    )*
                    // SAFETY: of the workspace, what is this part's.
                    $(let $room = unsafe { $crate::slices::output::<f32>(room, len) };)?
                    $body
                })
            });
        }
        #[cfg(not(feature = "threads"))]
        {
            let _ = || ($grain, $work);
            #[allow(unused_variables)]
            let $first = 0;
            $crate::slices::within!($narrow {
                $crate::slices::slices! { $($name: $kind $type[$($extent)+]),* $(; $room = $need)? }
                $body
            })
        }
    }};
}

/// How many elements of an operand come before a part: what is said, or as many as it has of the parts before.
#[cfg(feature = "threads")]
macro_rules! before {
    ([[$($before:tt)+]] $($rest:tt)*) => { $($before)+ };
    ([] $n:ident $first:ident $narrow:tt ($($extent:tt)+)) => {{
        let [before, none] = [$first, 0].map(|$n| $crate::slices::within!($narrow { $crate::slices::extent!($($extent)+) }));
        before - none
    }};
}

/// What is done where some names are declared anew.
macro_rules! within {
    ([$(let $name:pat = $value:expr;)*] { $($body:tt)* }) => {{
        $(#[allow(unused_variables)] let $name = $value;)*
        $($body)*
    }};
}

#[cfg(feature = "threads")]
pub(crate) use before;
pub(crate) use {extent, name, parts, slices, slices_of_part, within};
