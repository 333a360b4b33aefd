//! Correlations by tiles: the forward pass, and the gradient of the input as the correlation that is its adjoint.

use super::filters::{self, Filters};
use super::plan::{distance, Plan};
use super::products::multiply;
use super::tiles;
use super::transforms::{Transform, F2};
use crate::conv::epilogue::Epilogue;
use crate::conv::geometry::{Conv2d, Window};
use crate::conv::weights::Weights;
use crate::conv::workspace::Workspace;
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
        for (first, block_filters, at) in plan.blocks() {
            filters::transform(transform, &plan, Filters::Plain(w), first, block_filters, &mut prepared[at..]);
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
    transform: T, g: &Conv2d, x: &[f32], weights: Weights, y: &mut [f32], epilogue: &Epilogue, workspace: &mut [f32],
) {
    let plan = Plan::<M, S>::new(&g.group(), g.n);
    let Window { k, .. } = plan.window;
    for group in 0..g.groups {
        let filters = match weights.part(group, k * plan.window.taps(), plan.filters()) {
            Weights::Plain(w) => Filters::Plain(w),
            Weights::Prepared(u) => Filters::Transformed(u),
        };
        let epilogue = epilogue.of(group * k..(group + 1) * k);
        run(transform, &plan, g.n, (g.groups, group), x, filters, y, &epilogue, workspace);
    }
}

pub(in crate::conv) fn grad_x_workspace(g: &Conv2d) -> usize {
    workspace(&g.group().adjoint(), g.n)
}

/// gx = g ⋆ the filters turned by 180°, input and output channels exchanged.
pub(in crate::conv) fn grad_x(g: &Conv2d, gy: &[f32], w: &[f32], gx: &mut [f32], workspace: &mut [f32]) {
    let window = g.group().adjoint();
    let size = window.k * window.taps();
    for group in 0..g.groups {
        let filters = Filters::Turned(&w[group * size..][..size]);
        correlate(&window, g.n, (g.groups, group), gy, filters, gx, workspace);
    }
}

/// Numbers of workspace for [`correlate`].
pub(in crate::conv) fn workspace(window: &Window, n: usize) -> usize {
    workspace_of(&Plan::<2, 4>::new(window, n), n, false)
}

/// y = x ⋆ filters for group i of `groups` of n images, by F(2 × 2, 3 × 3).
pub(in crate::conv) fn correlate(
    window: &Window, n: usize, group: (usize, usize), x: &[f32], filters: Filters, y: &mut [f32], workspace: &mut [f32],
) {
    run(F2, &Plan::<2, 4>::new(window, n), n, group, x, filters, y, &Epilogue::NONE, workspace);
}

/// y = f(x ⋆ filters + bias)
fn run<T: Transform<M, S>, const M: usize, const S: usize>(
    transform: T, plan: &Plan<M, S>, n: usize, (groups, group): (usize, usize), x: &[f32], filters: Filters,
    y: &mut [f32], epilogue: &Epilogue, workspace: &mut [f32],
) {
    let c = plan.window.c;
    let [x_len, y_len] = [plan.window.x_len(), plan.window.y_len()];
    let (total, most) = (n * plan.rows, plan.at_once * plan.columns);
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
            let x = &x[(segment.image * groups + group) * x_len..][..x_len];
            tiles::inputs(transform, plan, &segment, x, count, band, v);
        }
        for (f, block_filters, at) in plan.blocks() {
            // Filters that are used once need not all be kept.
            let u = if let Filters::Transformed(u) = filters {
                &u[at..]
            } else {
                let u = &mut room[if once { 0 } else { at }..];
                if first == 0 {
                    filters::transform(transform, plan, filters, f, block_filters, u);
                }
                &*u
            };
            multiply(Plan::<M, S>::ELEMENTS, [block_filters, count, c], u, v, false, products);
            let epilogue = epilogue.of(f..f + block_filters);
            for segment in plan.segments(first, last) {
                let y = &mut y[(segment.image * groups + group) * y_len..][..y_len];
                let y = &mut y[f * plan.window.pixels()..];
                tiles::outputs(transform, plan, &segment, block_filters, products, count, &epilogue, y);
            }
        }
    }
}
