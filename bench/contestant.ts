import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Warm } from './groups/all';
import type { LibraryName } from './library';
import type { Reply, Request } from './process';
import type { Limit } from './row';

export const ROOT: string = fileURLToPath(new URL('..', import.meta.url));

/** Keeps a process on a core, where the system can: one that wanders between cores measures nothing. */
const pinned = (core: number, words: readonly string[]): string[] => ['taskset', '-c', `${core}`, ...words];
const last = cpus().length - 1;
const canPin = spawnSync('taskset', pinned(last, ['true']).slice(1)).status === 0;
/** On one core, always the same. */
export const command = (...words: string[]): string[] => (canPin ? pinned(last, words) : words);
/** On another, if there are several. */
export const commandBeside = (...words: string[]): string[] => (canPin ? pinned(Math.max(last - 1, 0), words) : words);

export interface Setting {
  /** Path of the Node that runs it. */
  readonly node: string;
  /** phyllo's binary; by default the one that the package takes. */
  readonly binary?: string;
  /** How many threads compute; by default one, on one core. */
  readonly threads?: number;
  /** How many phyllo has the binary for, if it is for more. */
  readonly room?: number;
}

/** A library in a process of its own, on one core. */
export class Contestant {
  private receive: (reply: Reply) => void = () => {};
  private ended: Reply | null = null;

  private constructor(
    readonly name: LibraryName,
    private readonly child: ChildProcess,
  ) {
    const end = (why: string): void => {
      this.ended = { is: 'error', why };
      this.receive(this.ended);
    };
    child.on('message', (reply: Reply) => this.receive(reply));
    child.once('close', (code, signal) => end(`its process ended with ${code ?? signal}`));
    child.once('error', error => end(error.message));
  }

  /** @throws {Error} if the library does not load. */
  static async start(
    name: LibraryName,
    { node, binary = '', threads = 1, room = threads }: Setting,
  ): Promise<Contestant> {
    // The oracle is not part of the package.
    const conditions = name === 'float64' ? ['--conditions=phyllo-source'] : [];
    const words = [node, ...conditions, '--import', 'tsx', 'bench/process.ts', name];
    const [program, ...args] = room === 1 ? command(...words) : words;
    const child = spawn(program!, args, {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, PHYLLO_WASM: binary, PHYLLO_THREADS: `${room}`, BENCH_THREADS: `${threads}` },
    });
    const contestant = new Contestant(name, child);
    await contestant.ask(null);
    return contestant;
  }

  async version(): Promise<string> {
    const reply = await this.ask({ ask: 'version' });
    return reply.is === 'version' ? reply.version : '';
  }

  async limits(): Promise<Limit | null> {
    const reply = await this.ask({ ask: 'limits' });
    return reply.is === 'limits' ? reply.limits : null;
  }

  /** The result of the work, null where it has none; a string says why the library cannot do it. */
  async prepare(work: Warm): Promise<Float64Array | string | null> {
    const reply = await this.ask({ ask: 'prepare', work });
    return reply.is === 'ready' ? reply.result : reply.is === 'unable' ? reply.why : null;
  }

  /** Milliseconds of a run, so many times or fewer if they take longer than `budgetMs`. */
  async time(samples: number, budgetMs: number): Promise<readonly number[]> {
    const reply = await this.ask({ ask: 'time', samples, budgetMs });
    return reply.is === 'times' ? reply.times : [];
  }

  /** Lets go of the prepared work. */
  async free(): Promise<void> {
    await this.ask({ ask: 'free' });
  }

  end(): void {
    this.child.kill();
  }

  /** Sends a request, or nothing, and waits for a reply. */
  private async ask(request: Request | null): Promise<Reply> {
    const reply = await new Promise<Reply>(resolve => {
      this.receive = resolve;
      if (this.ended) resolve(this.ended);
      else if (request) this.child.send(request);
    });
    if (reply.is === 'error') throw new Error(`${this.name}: ${reply.why}`);
    return reply;
  }
}
