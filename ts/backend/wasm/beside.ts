/** Binaries lie beside the code: what is said of one that does not, and how it is fetched. */
import { FileError } from '../../core/errors';

const BUNDLED =
  'where phyllo is bundled, copy the .wasm files of phyllo/dist beside the bundle, or leave phyllo out of it';

/** What was found in the place of a binary, and what to do about it. */
export const notBeside = (place: string, found: string, cause?: unknown): FileError =>
  new FileError(place, `${found}: ${BUNDLED}`, { cause });

/** Not by compileStreaming: it refuses what a server does not serve as application/wasm. */
export async function fetched({ href }: URL): Promise<WebAssembly.Module> {
  const response = await fetch(href);
  if (!response.ok) throw notBeside(href, `the server answered ${response.status} ${response.statusText}`);
  const bytes = await response.arrayBuffer();
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw notBeside(href, 'the server sent something else', cause); // a page for whatever it does not have
  }
}
