/** What a saved LeNet-5 is shown in every runtime, and how its answer is printed. */

/** 28 × 28 pixels from 0 to 1, by divisions alone: sines are not the same everywhere. */
export const digit = Float32Array.from({ length: 28 * 28 }, (_, i) => ((37 * i) % 256) / 255);

/** Prints the ten numbers with all their bits. */
export function print(binary, y) {
  const ms = performance.now();
  const view = new DataView(Float32Array.from(y).buffer);
  const bits = Array.from(y, (_, i) =>
    view
      .getUint32(4 * i, true)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  console.log(JSON.stringify({ binary, value: Math.max(...y), bits, ms }));
}
