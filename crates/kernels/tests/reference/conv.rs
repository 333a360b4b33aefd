//! Convolution by its definition: which elements are multiplied, and the sizes of its output; a kernel's call.
#![allow(dead_code)] // every test file uses its own part

use core::cell::Cell;
use phyllo_kernels::conv::Conv2d;

use crate::check::{cells, Guarded};

/// Calls f(index in x, in w, in y) for every product of the convolution.
pub fn each_product(g: &Conv2d, mut f: impl FnMut(usize, usize, usize)) {
    let (cg, kg) = (g.c / g.groups, g.k / g.groups);
    for b in 0..g.n {
        for k in 0..g.k {
            for i in 0..g.oh {
                for j in 0..g.ow {
                    let y = ((b * g.k + k) * g.oh + i) * g.ow + j;
                    for d in 0..cg {
                        for u in 0..g.kh {
                            for v in 0..g.kw {
                                let row = (i * g.sh + u * g.dh) as isize - g.pt as isize;
                                let column = (j * g.sw + v * g.dw) as isize - g.pl as isize;
                                if row < 0 || column < 0 || row >= g.h as isize || column >= g.w as isize {
                                    continue;
                                }
                                let plane = b * g.c + k / kg * cg + d;
                                let x = (plane * g.h + row as usize) * g.w + column as usize;
                                f(x, ((k * cg + d) * g.kh + u) * g.kw + v, y);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The output's size, for padding before and after; None if the window does not fit.
pub fn output(
    size: usize, kernel: usize, stride: usize, dilation: usize, before: usize, after: usize,
) -> Option<usize> {
    let room = (size + before + after).checked_sub((kernel - 1) * dilation + 1)?;
    Some(room / stride + 1)
}

/// A square kernel on square images, padded on all sides.
pub fn square(n: usize, c: usize, size: usize, k: usize, kernel: usize, stride: usize, padding: usize) -> Conv2d {
    let o = output(size, kernel, stride, 1, padding, padding).expect("a window that fits");
    Conv2d {
        n,
        c,
        h: size,
        w: size,
        k,
        kh: kernel,
        kw: kernel,
        oh: o,
        ow: o,
        sh: stride,
        sw: stride,
        pt: padding,
        pl: padding,
        dh: 1,
        dw: 1,
        groups: 1,
        ..Conv2d::default()
    }
}

/// A kernel, of an output that several threads may write, and of its workspace.
type Kernel<'a> = &'a dyn Fn(&[Cell<f32>], &mut [f32]);

/// Calls a kernel with an output of n numbers and a workspace, and gives back the output.
pub fn run(what: &str, n: usize, workspace: usize, kernel: Kernel) -> Vec<f32> {
    run_mut(what, n, workspace, &|output, workspace| kernel(cells(output), workspace))
}

/// The same of a kernel that has its output for itself.
pub fn run_mut(what: &str, n: usize, workspace: usize, kernel: &dyn Fn(&mut [f32], &mut [f32])) -> Vec<f32> {
    let (mut output, mut workspace) = (Guarded::new(n), Guarded::new(workspace));
    kernel(output.slice(), workspace.slice());
    workspace.check(what);
    output.check(what).to_vec()
}
