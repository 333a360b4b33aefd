/** How many threads compute, unless the user says: a core for each. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { arch, platform } from 'node:process';

/**
 * The physical cores that this process may use, as far as the system tells: two threads of one core share what multiplies,
 * so that kernels gain nothing by the second.
 */
export function physicalCores(): number {
  const logical = availableParallelism();
  if (logical < 2) return 1;
  // Where nothing can be asked, desktop processors of this kind have two threads a core. Deno hides Linux's lists.
  if (platform !== 'linux') return arch === 'x64' ? Math.ceil(logical / 2) : logical;
  try {
    const read = (file: string): string => readFileSync(file, 'latin1');
    const siblings = (cpu: number): string => read(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`);
    return Math.min(logical, coresOf(read('/proc/self/status'), siblings)); // fewer where a quota says so
  } catch {
    return logical;
  }
}

/**
 * The cores of a process, by its status as Linux writes it, which lists the processors that it may use (`0-3,8`), and by which
 * processors belong together with each. Throws where there is no such list.
 */
export function coresOf(status: string, siblings: (cpu: number) => string): number {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status) ?? [];
  if (list === undefined) throw new RangeError('no list of processors');
  const cpus = list.split(',').flatMap(range => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return new Set(cpus.map(cpu => siblings(cpu).trim())).size;
}
