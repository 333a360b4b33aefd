use phyllo_kernels::limit::{multiply_adds, LEN};

#[test]
fn multiply_adds_is_its_recurrence() {
    for turns in [0, 1, 2, 7, 1000] {
        let mut y: [f32; LEN] = std::array::from_fn(|i| i as f32 - 20.0);
        let mut expected: [f64; LEN] = y.map(f64::from);
        multiply_adds(&mut y, turns);
        for _ in 0..turns {
            expected = expected.map(|y| (1.0 - 1.0 / 1024.0) * y + 1.0);
        }
        for (y, expected) in y.into_iter().zip(expected) {
            assert!(
                (f64::from(y) - expected).abs() <= 1e-5 * expected.abs().max(1.0),
                "{turns}: {y}, expected {expected}"
            );
        }
    }
}
