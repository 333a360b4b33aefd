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

/** Why a binary was chosen. */
export function whyBinary(asked: unknown, name: string): string {
  if (asked !== undefined && asked !== '') return 'PHYLLO_WASM asks for it';
  return name === 'relaxed' ? 'it is the fastest' : 'this engine has no relaxed SIMD';
}

/** The binary that was asked for by name, `others` among them, or else the fastest that the engine runs. */
export function chooseBinary<Name extends string = never>(
  asked: unknown,
  ...others: readonly Name[]
): 'simd128' | 'relaxed' | Name {
  if (asked === undefined || asked === '') return hasRelaxedSimd() ? 'relaxed' : 'simd128';
  const names = ['simd128', 'relaxed', ...others] as const;
  const name = names.find(known => known === asked);
  if (name === undefined) throw new ValueError('PHYLLO_WASM', `takes ${names.join(' or ')}, this is ${String(asked)}`);
  if (name === 'relaxed' && !hasRelaxedSimd()) {
    throw new ValueError('PHYLLO_WASM', 'asks for relaxed, and this engine has no relaxed SIMD: ask for simd128');
  }
  return name;
}
