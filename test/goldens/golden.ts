/** A float tensor of a golden file: row-major little-endian float32 in base64, so ±0, ±∞ and NaN are kept. */
export interface Floats {
  readonly shape: readonly number[];
  readonly f32: string;
}

/** An integer tensor of a golden file, row-major. */
export interface Integers {
  readonly shape: readonly number[];
  readonly i32: readonly number[];
}

/** The numbers of a float tensor. */
export function floats(t: Floats): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(t.f32, 'base64'));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}
