//! Batches into lanes, out of them, and summed there.

mod check;

use check::{assert_close, lanes, Guarded, Random};
use phyllo_kernels::blocked::{from_blocked, sum_blocked, to_blocked};
use phyllo_kernels::reduce::sum;

#[test]
fn every_batch_and_size() {
    let mut random = Random::new(1);
    for n in [0, 1, 3, 7, 8, 9, 16, 21] {
        for size in [0, 1, 2, 3, 4, 5, 7, 8, 30, 33, 63, 64, 65, 130, 200] {
            let what = format!("{n} images of {size}");
            let x = random.numbers(n * size);
            let expected = lanes(n, size, &x, 0.0);
            let (mut y, mut back) = (Guarded::new(expected.len()), Guarded::new(x.len()));
            to_blocked(n, size, &x, y.slice());
            assert_eq!(y.check(&what), expected, "{what}");
            from_blocked(n, size, &expected, back.slice());
            assert_eq!(back.check(&what), x, "{what}");

            for c in 0..4 {
                let x = random.numbers(n * c * size);
                let mut sums = vec![0.0; c];
                for (i, x) in x.iter().enumerate() {
                    sums[i / size % c] += f64::from(*x);
                }
                let mut y = Guarded::new(c);
                sum_blocked(n, c, size, &lanes(n, c * size, &x, f32::NAN), y.slice(), 0);
                assert_close(y.check(&what), &sums, 5e-6, &what);
                if n > 1 && c > 1 && size > 1 {
                    let mut plain = vec![f32::NAN; c];
                    sum(&x, &mut plain, [1, n, c, size], 1.0, 0);
                    assert_eq!(y.check(&what).to_vec(), plain, "{what}: the bits of the sum over images");
                }
            }
        }
    }
}
