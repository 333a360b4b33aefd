//! Applies wasm-bindgen to a compiled crate: `phyllo-bindgen CRATE.wasm FOLDER` writes the binary and its types.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, input, folder] = &args[..] else { return Err("phyllo-bindgen takes a compiled crate and a folder".into()) };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    Ok(bindgen.input_path(input).web(true)?.typescript(true).generate(folder)?)
}
