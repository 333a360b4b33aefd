//! A size-class allocator over linear memory.
#![no_std]
