/** Which binary runs. */
import { ValueError } from '../../core/errors';

/** A module with nothing in it but one `f32x4.relaxed_madd`. */
const RELAXED_MADD = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number, version 1
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type: () → v128
  ...[0x03, 0x02, 0x01, 0x00], // function 0 has it
  ...[0x0a, 0x13, 0x01, 0x11, 0x00], // its code: 17 bytes, no locals
  ...[0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f], // three times i8x16.splat(0)
  ...[0xfd, 0x85, 0x02, 0x0b], // f32x4.relaxed_madd
);

/** Whether the engine knows relaxed SIMD: a multiplication and addition in one, rounded once. */
const hasRelaxedSimd = (): boolean => WebAssembly.validate(RELAXED_MADD);

/** The binary that was asked for by name, or else the fastest that the engine runs. */
export function chooseBinary(asked: unknown): 'simd128' | 'relaxed' {
  if (asked === 'simd128' || asked === 'relaxed') return asked;
  if (asked === undefined || asked === '') return hasRelaxedSimd() ? 'relaxed' : 'simd128';
  throw new ValueError('PHYLLO_WASM', `takes simd128 or relaxed, this is ${String(asked)}`);
}
