/** The 16-bit floats that files hold, as f32: every one of them is an f32 too. */

/** IEEE 754 binary16: a sign, 5 bits of exponent with bias 15, 10 of fraction. */
export function halves(bytes: Uint8Array): Float32Array {
  return words(bytes, w => {
    const sign = w & 0x8000 ? -1 : 1;
    const exponent = (w >> 10) & 31;
    const fraction = (w & 1023) / 1024;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
  });
}

/** bfloat16: the upper half of an f32. */
export function brains(bytes: Uint8Array): Float32Array {
  const f32 = new DataView(new ArrayBuffer(4));
  return words(bytes, w => {
    f32.setUint16(0, w);
    return f32.getFloat32(0);
  });
}

function words(bytes: Uint8Array, value: (word: number) => number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.byteLength / 2);
  for (let i = 0; i < out.length; i++) out[i] = value(view.getUint16(2 * i, true));
  return out;
}
