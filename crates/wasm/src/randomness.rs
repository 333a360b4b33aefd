//! Random numbers.

use phyllo_kernels::random::{self, Key};
use phyllo_kernels::{variates, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::slices::{parts, slices};

#[wasm_bindgen]
pub fn draw(state: usize, key: usize) {
    slices! { state: output Key[1], key: output Key[1] }
    random::draw(&mut state[0], &mut key[0]);
}

#[wasm_bindgen]
pub fn bits(key: usize, y: usize, n: usize) {
    parts! {
        n from first by random::BLOCKS, work work::each([n], 24.0);
        key: input Key[1], y: output_cells i32[n] => random::bits(&key[0], y, first)
    }
}

#[wasm_bindgen]
pub fn uniform(key: usize, y: usize, n: usize, lo: f32, hi: f32) {
    parts! {
        n from first by random::BLOCKS, work work::each([n], 24.0);
        key: input Key[1], y: output_cells f32[n] => random::uniform(&key[0], y, lo, hi, first)
    }
}

#[wasm_bindgen]
pub fn normal(key: usize, y: usize, n: usize, mean: f32, std: f32) {
    parts! {
        n from first by random::BLOCKS, work work::each([n], 40.0);
        key: input Key[1], y: output_cells f32[n] => random::normal(&key[0], y, mean, std, first)
    }
}

#[wasm_bindgen(js_name = "gammaLog")]
pub fn gamma_log(key: usize, alpha: usize, y: usize, n: usize) {
    parts! {
        n from first by 16, work work::each([n], 768.0);
        key: input Key[1], alpha: input f32[n], y: output_cells f32[n]
        => variates::gamma_log(&key[0], alpha, y, first)
    }
}

#[wasm_bindgen]
pub fn poisson(key: usize, rate: usize, y: usize, n: usize) {
    parts! {
        n from first by 16, work work::each([n], 768.0);
        key: input Key[1], rate: input f32[n], y: output_cells f32[n] => variates::poisson(&key[0], rate, y, first)
    }
}

#[wasm_bindgen]
pub fn dropout(x: usize, key: usize, y: usize, n: usize, p: f32) {
    parts! {
        n from first by random::BLOCKS, work work::each([n], 24.0);
        x: cells f32[n], key: input Key[1], y: in_place f32[n] => random::dropout(x, &key[0], y, p, first)
    }
}
