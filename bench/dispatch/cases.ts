/** Work that kernels pick a method for, and every method that could do it. */
import type { HostBackend, Kernels } from '../../ts/backend/backend';
import type { Binary } from '../../ts/backend/wasm/kernels';
import { CASES, type Geometry, sizes } from '../groups/conv';
import { Workspace } from '../workspace';

/** What the binary exports for this beside its kernels. */
type Dispatch = Pick<Binary, 'conv2dMethod' | 'conv2dServes' | 'conv2dBy' | 'gemmMethod' | 'gemmServes' | 'gemmBy'>;

const dispatches = (kernels: Kernels): kernels is Kernels & Dispatch => 'conv2dBy' in kernels && 'gemmBy' in kernels;

function dispatchOf({ kernels }: HostBackend): Dispatch {
  if (!dispatches(kernels)) throw new TypeError('the binary tells nothing of its methods');
  return kernels;
}

/** In the kernels' order. */
const CONV = ['empty', 'lanes', 'direct', 'winograd', 'winograd4', 'implicit', 'phases', 'columns'] as const;
const GEMM = ['dots', 'rows', 'in place', 'tiles'] as const;

export interface Method {
  readonly name: string;
  run(): void;
}

/** Work in place. */
export interface Ready {
  readonly picked: string;
  /** It and the others. */
  readonly methods: readonly Method[];
  free(): void;
}

export interface Case {
  readonly name: string;
  readonly flop: number;
  prepare(backend: HostBackend): Ready;
}

/** Shapes of small networks beside those of the group `conv`. */
const MORE: readonly ({ readonly name: string } & Geometry)[] = [
  { name: 'res20-in', n: 1, c: 3, size: 32, k: 16, kernel: 3, padding: 1 },
  { name: 'res20-16', n: 1, c: 16, size: 32, k: 16, kernel: 3, padding: 1 },
  { name: 'res20-down', n: 1, c: 16, size: 32, k: 32, kernel: 3, stride: 2, padding: 1 },
  { name: 'res20-beside', n: 1, c: 16, size: 32, k: 32, kernel: 1, stride: 2 },
  { name: 'res20-32', n: 1, c: 32, size: 16, k: 32, kernel: 3, padding: 1 },
  { name: 'res20-64', n: 1, c: 64, size: 8, k: 64, kernel: 3, padding: 1 },
  { name: 'res18-in', n: 1, c: 3, size: 224, k: 64, kernel: 7, stride: 2, padding: 3 },
  { name: 'res18-down', n: 1, c: 64, size: 56, k: 128, kernel: 3, stride: 2, padding: 1 },
  { name: 'res18-512', n: 1, c: 512, size: 7, k: 512, kernel: 3, padding: 1 },
  { name: '3x3-4', n: 1, c: 4, size: 28, k: 8, kernel: 3, padding: 1 },
  { name: '3x3-8', n: 1, c: 8, size: 28, k: 8, kernel: 3, padding: 1 },
  { name: '3x3-8-32', n: 1, c: 8, size: 14, k: 32, kernel: 3, padding: 1 },
  { name: '1x1-16', n: 1, c: 16, size: 28, k: 16, kernel: 1 },
  { name: '1x1-64-4', n: 1, c: 64, size: 4, k: 64, kernel: 1 },
  { name: '1x1-512-7', n: 1, c: 512, size: 7, k: 128, kernel: 1 },
  { name: 'dw-3x3-14', n: 1, c: 96, size: 14, k: 96, kernel: 3, padding: 1, groups: 96 },
  { name: 'dw-3x3s2-28', n: 1, c: 32, size: 28, k: 32, kernel: 3, stride: 2, padding: 1, groups: 32 },
  { name: 'dw-5x5-14', n: 1, c: 96, size: 14, k: 96, kernel: 5, padding: 2, groups: 96 },
  { name: 'groups-4-28', n: 1, c: 32, size: 28, k: 32, kernel: 3, padding: 1, groups: 4 },
];

const PASSES = ['y', 'gx', 'gw'] as const;
/** Batches that are no more work than this, but 1. */
const BATCHES = [1, 8, 64];
const FLOP = 2e9;

function convolutions({ name, ...of }: { readonly name: string } & Geometry): Case[] {
  const flopOf = (n: number): number => (2 * sizes({ ...of, n }).y * of.c * of.kernel ** 2) / (of.groups ?? 1);
  const batches = BATCHES.filter(n => n === 1 || flopOf(n) <= FLOP);
  return [1, batches.at(-1)!]
    .filter((n, i, all) => all.indexOf(n) === i)
    .flatMap(n =>
      PASSES.map(
        (pass, p): Case => ({
          name: `${name.replace(/-b64$/, '')}-b${n}${pass === 'y' ? '' : `-${pass}`}`,
          flop: flopOf(n),
          prepare: backend => {
            const dispatch = dispatchOf(backend);
            const space = new Workspace(backend);
            const { c, size, k, kernel, stride = 1, padding = 0, groups = 1 } = of;
            const { out, x, w, y } = sizes({ ...of, n });
            const geometry = [
              n,
              c,
              size,
              size,
              k,
              kernel,
              kernel,
              out,
              out,
              stride,
              stride,
              padding,
              padding,
              1,
              1,
              groups,
            ] as const;
            const [first, second, result] = ({ y: [x, w, y], gx: [y, w, x], gw: [y, x, w] } as const)[pass];
            const [from, by, to] = [space.random(first, 1), space.random(second, 2), space.room(result)];
            const methods = CONV.flatMap((name, method): Method[] =>
              // Less exact, and so never picked unless asked for.
              name === 'winograd4' || !dispatch.conv2dServes(p, method, ...geometry)
                ? []
                : [{ name, run: () => dispatch.conv2dBy(p, method, from, by, to, ...geometry) }],
            );
            return { picked: CONV[dispatch.conv2dMethod(p, ...geometry)]!, methods, free: () => space.free() };
          },
        }),
      ),
    );
}

const ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24];
/** Of B [k, n]: the largest is past the caches. */
const FACTORS = [
  [64, 256],
  [400, 120],
  [1024, 1024],
  [4096, 4096],
] as const;

function products(m: number, [k, n]: readonly [number, number]): Case[] {
  return (
    [
      ['rows', n, 1],
      ['columns', 1, k],
    ] as const
  ).map(
    ([layout, rsb, csb]): Case => ({
      name: `gemm-${m}x${k}x${n}-${layout}`,
      flop: 2 * m * n * k,
      prepare: backend => {
        const space = new Workspace(backend);
        const dispatch = dispatchOf(backend);
        const [a, b, c] = [space.random(m * k, 1), space.random(k * n, 2), space.room(m * n)];
        const methods = GEMM.flatMap((name, i): Method[] =>
          dispatch.gemmServes(i, m, n, k, rsb, csb)
            ? [{ name, run: () => dispatch.gemmBy(i, m, n, k, a, b, rsb, csb, c) }]
            : [],
        );
        return { picked: GEMM[dispatch.gemmMethod(m, n, k, rsb, csb)]!, methods, free: () => space.free() };
      },
    }),
  );
}

export const ALL: readonly Case[] = [
  ...[...CASES, ...MORE].flatMap(convolutions),
  ...FACTORS.flatMap(factor => ROWS.flatMap(m => products(m, factor))),
];
