//! Correlations by tiles: the forward pass, and the gradient of the input as the correlation that is its adjoint.

use super::filters::{self, Filters};
use super::plan::{distance, Plan};
use super::products::multiply;
use super::tiles;
use super::transforms::{Transform, F2};
use crate::conv::epilogue::Epilogue;
use crate::conv::geometry::{Batch, Conv2d, Window};
use crate::conv::planes::Planes;
use crate::conv::weights::Weights;
use crate::conv::workspace::Workspace;
use crate::cut::PARTS;
use crate::gemm::loops::NR;

/// Numbers of workspace for a plan.
fn workspace_of<const M: usize, const S: usize>(plan: &Plan<M, S>, n: usize, transformed: bool) -> usize {
    let count = plan.at_once * plan.columns;
    let filters = match transformed {
        true => 0,
        false if plan.at_once == n * plan.rows => plan.block(plan.filters_at_once),
        false => plan.filters(),
    };
    let elements = distance(plan.window.c * count.next_multiple_of(NR)) + distance(plan.filters_at_once * count);
    filters + Plan::<M, S>::ELEMENTS * elements + tiles::band_len(plan)
}

/// Numbers that transformed filters take.
pub(in crate::conv) fn prepared_len<T: Transform<M, S>, const M: usize, const S: usize>(_: T, g: &Conv2d) -> usize {
    g.groups * Plan::<M, S>::new(&g.group(), g.n).filters()
}

/// Transforms all filters.
pub(in crate::conv) fn prepare<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, g: &Conv2d, w: &[f32], prepared: &mut [f32],
) {
    let plan = Plan::<M, S>::new(&g.group(), g.n);
    let w = w.chunks_exact(plan.window.k * plan.window.taps());
    for (w, prepared) in w.zip(prepared.chunks_exact_mut(plan.filters())) {
        for block in plan.blocks(0, plan.window.k) {
            let u = &mut prepared[block.at..];
            filters::transform(transform, &plan, Filters::Plain(w), block.first, block.filters, u);
        }
    }
}

pub(in crate::conv) fn forward_workspace<T: Transform<M, S>, const M: usize, const S: usize>(
    _: T, g: &Conv2d, prepared: bool,
) -> usize {
    workspace_of(&Plan::<M, S>::new(&g.group(), g.n), g.n, prepared)
}

/// y = f(x ⋆ w + bias)
pub(in crate::conv) fn forward<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, g: &Conv2d, x: &[f32], weights: Weights, y: &mut Planes, epilogue: &Epilogue, workspace: &mut [f32],
) {
    let plan = Plan::<M, S>::new(&g.group(), g.n);
    let (k, size) = (plan.window.k, plan.window.k * plan.window.taps());
    let prepared = match weights {
        Weights::Prepared(w) if PARTS => Plan::<M, S>::new(&w.whole(&plan.window), g.n).filters(),
        _ => plan.filters(),
    };
    for group in 0..g.groups {
        let filters = match weights.part(&plan.window, group, size, prepared) {
            Weights::Plain(w) => Filters::Plain(w),
            Weights::Prepared(u) => Filters::Transformed(u),
        };
        let epilogue = epilogue.of(group * k..(group + 1) * k);
        run(transform, &plan, &g.batch(), group, x, filters, y, &epilogue, workspace);
    }
}

pub(in crate::conv) fn grad_x_workspace(g: &Conv2d) -> usize {
    workspace(&g.group().adjoint(), g.n)
}

/// gx = g ⋆ the filters turned by 180°, input and output channels exchanged.
pub(in crate::conv) fn grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut Planes, workspace: &mut [f32]) {
    let (window, step) = (g.group().adjoint(), g.w_step());
    for group in 0..g.groups {
        let filters = Filters::Turned(&w[group * window.c * step..], step);
        correlate(&window, &g.batch().adjoint(), group, gy, filters, gx, workspace);
    }
}

/// Numbers of workspace for [`correlate`].
pub(in crate::conv) fn workspace(window: &Window, n: usize) -> usize {
    workspace_of(&Plan::<2, 4>::new(window, n), n, false)
}

/// y = x ⋆ filters for a group of a batch, by F(2 × 2, 3 × 3).
pub(in crate::conv) fn correlate(
    window: &Window, batch: &Batch, group: usize, x: &[f32], filters: Filters, y: &mut Planes, workspace: &mut [f32],
) {
    run(F2, &Plan::<2, 4>::new(window, batch.n), batch, group, x, filters, y, &Epilogue::NONE, workspace);
}

/// y = f(x ⋆ filters + bias)
fn run<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, plan: &Plan<M, S>, batch: &Batch, group: usize, x: &[f32], filters: Filters, y: &mut Planes,
    epilogue: &Epilogue, workspace: &mut [f32],
) {
    let (c, k) = (plan.window.c, plan.window.k);
    let [x_len, y_len] = [plan.window.x_len(), plan.window.y_len()];
    let (total, most) = (batch.n * plan.rows, plan.at_once * plan.columns);
    let (start, all) = if let Filters::Transformed(group) = filters { (group.first, group.k) } else { (0, k) };
    let once = plan.at_once == total;
    let mut workspace = Workspace(workspace);
    let v = workspace.floats(Plan::<M, S>::ELEMENTS * distance(c * most.next_multiple_of(NR)));
    let products = workspace.floats(Plan::<M, S>::ELEMENTS * distance(plan.filters_at_once * most));
    let band = workspace.floats(tiles::band_len(plan));
    let Workspace(room) = workspace;
    for first in (0..total).step_by(plan.at_once) {
        let last = total.min(first + plan.at_once);
        let count = (last - first) * plan.columns;
        for segment in plan.segments(first, last) {
            let x = &x[segment.image * batch.x_step + group * x_len..][..x_len];
            tiles::inputs(transform, plan, &segment, x, count, band, v);
        }
        for block in plan.blocks(start, all) {
            // Filters that are used once need not all be kept.
            let u = if let Filters::Transformed(group) = filters {
                &group.weights[block.at..]
            } else {
                let u = &mut room[if once { 0 } else { block.at }..];
                if first == 0 {
                    filters::transform(transform, plan, filters, block.first, block.filters, u);
                }
                &*u
            };
            let rows = (block.skip, block.of);
            multiply(Plan::<M, S>::ELEMENTS, [block.filters, count, c], rows, u, v, false, products);
            let epilogue = epilogue.of(block.first..block.first + block.filters);
            for segment in plan.segments(first, last) {
                let y = y.of(segment.image * batch.y_step + group * y_len, y_len);
                let y = &mut y[block.first * plan.window.pixels()..];
                tiles::outputs(transform, plan, &segment, block.filters, products, count, &epilogue, y);
            }
        }
    }
}
