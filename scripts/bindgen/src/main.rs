//! Applies wasm-bindgen to a compiled crate: `phyllo-bindgen CRATE.wasm FOLDER` writes the binary and its types.

use anyhow::Context;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let input = args.next().context("the first argument is the compiled crate")?;
    let folder = args.next().context("the second argument is the folder for the results")?;
    Bindgen::new().input_path(input).web(true)?.typescript(true).generate(folder)
}
