//! Windows that move over an image, as those of convolutions and poolings do.

use crate::dry_run;

/// In a dry run, whether they move and reach the image.
pub fn check_windows(planes: usize, o: [usize; 2], k: [usize; 2], s: [usize; 2], p: [usize; 2], d: [usize; 2]) {
    // From the first tap of the first window to the last of the last, and a step more.
    let span = [0, 1].map(|i| {
        let reach = |n: usize, step: usize| n.saturating_sub(1) as u64 * step as u64;
        let span = dry_run::elements(reach(o[i], s[i]).saturating_add(reach(k[i], d[i])) + 1);
        dry_run::require(s[i] > 0 && d[i] > 0 && p[i] <= span);
        span.saturating_add(s[i])
    });
    dry_run::size([planes, span[0], span[1]]);
}
