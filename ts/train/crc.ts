/** Checksums of 32 bits, by the polynomials that formats name, bits reversed. */

/** The cyclic redundancy check of a polynomial, a byte at a time by a table of all bytes. */
function crcOf(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? polynomial ^ (c >>> 1) : c >>> 1;
    return c;
  });
  return bytes => {
    let c = 0xffffffff;
    for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
    return ~c >>> 0;
  };
}

/** CRC-32 of IEEE 802.3, as in zip and PNG. */
export const crc32: (bytes: Uint8Array) => number = crcOf(0xedb88320);
/** CRC-32C (Castagnoli), as in TFRecord. */
export const crc32c: (bytes: Uint8Array) => number = crcOf(0x82f63b78);
