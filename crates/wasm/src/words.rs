//! Functions of the boundary as functions of words of 32 bits: their arguments, one after the other.

/// What an argument may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number or an address.
    Size,
    /// A whole number that may be negative.
    Integer,
    Float,
}

impl Kind {
    pub(crate) fn word(self, x: f64) -> Option<u32> {
        match self {
            Self::Size => (f64::from(x as u32) == x).then_some(x as u32),
            Self::Integer => (f64::from(x as i32) == x).then_some(x as i32 as u32),
            Self::Float => Some((x as f32).to_bits()),
        }
    }
}

pub(crate) trait Argument {
    const KIND: Kind;
    fn from_word(word: u32) -> Self;
}

macro_rules! arguments {
    ($($type:ty: $kind:ident, $word:ident => $value:expr;)*) => {$(
        impl Argument for $type {
            const KIND: Kind = Kind::$kind;

            #[inline(always)]
            fn from_word($word: u32) -> Self {
                $value
            }
        }
    )*};
}

arguments! {
    usize: Size, word => word as usize;
    u32: Size, word => word;
    isize: Integer, word => word as isize;
    i32: Integer, word => word as i32;
    u8: Integer, word => word as u8;
    f32: Float, word => f32::from_bits(word);
}

/// What a kernel returns: nothing, or the index of the first wrong element of an operand, −1 if there is none.
pub(crate) trait Returned {
    fn index(self) -> i32;
}

impl Returned for () {
    #[inline(always)]
    fn index(self) -> i32 {
        -1
    }
}

impl Returned for i32 {
    #[inline(always)]
    fn index(self) -> i32 {
        self
    }
}

/// A function of the boundary.
pub(crate) trait Kernel<Arguments> {
    const KINDS: &'static [Kind];

    /// # Safety
    /// There are as many words as kinds, and operands as the contract of the function says.
    unsafe fn call(&self, words: *const u32) -> i32;
}

macro_rules! kernels_of {
    ($($argument:ident)*) => {
        impl<F: Fn($($argument),*) -> R, R: Returned, $($argument: Argument),*> Kernel<($($argument,)*)> for F {
            const KINDS: &'static [Kind] = &[$($argument::KIND),*];

            #[inline(always)]
            unsafe fn call(&self, words: *const u32) -> i32 {
                let mut i = 0..;
                self($($argument::from_word(*words.add(i.next().unwrap_or(0)))),*).index()
            }
        }
    };
}

/// Kernels of two arguments or more.
macro_rules! kernels_up_to {
    ($a:ident $b:ident) => { kernels_of!($a $b); };
    ($a:ident $($more:ident)*) => { kernels_of!($a $($more)*); kernels_up_to!($($more)*); };
}

kernels_up_to!(A B C D E F0 G H I J K L M N O P Q R0 S T U V W X);
