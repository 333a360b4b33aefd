import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Work } from './groups/all';
import type { LibraryName } from './library';
import type { Reply, Request } from './process';
import type { Limit } from './row';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** One core, where the system can: a process that wanders between cores measures nothing. */
const pin = ['taskset', '-c', `${cpus().length - 1}`] as const;
const canPin = spawnSync(pin[0], [...pin.slice(1), 'true']).status === 0;

export interface Setting {
  /** Path of the Node that runs it. */
  readonly node: string;
  /** phyllo's binary; by default the one that the package takes. */
  readonly binary?: string;
}

/** A library in a process of its own, on one core. */
export class Contestant {
  private answered: Promise<Reply>;

  private constructor(readonly name: LibraryName, private readonly child: ChildProcess) {
    this.answered = this.next();
  }

  static async start(name: LibraryName, { node, binary = '' }: Setting): Promise<Contestant> {
    // The oracle is not part of the package.
    const conditions = name === 'float64' ? ['--conditions=phyllo-source'] : [];
    const command = [...(canPin ? pin : []), node, ...conditions, '--import', 'tsx', 'bench/process.ts', name];
    const child = spawn(command[0]!, command.slice(1), {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, PHYLLO_WASM: binary },
    });
    const contestant = new Contestant(name, child);
    await contestant.answered;
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
  async prepare(work: Work): Promise<Float64Array | string | null> {
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

  private async ask(request: Request): Promise<Reply> {
    await this.answered;
    this.answered = this.next();
    this.child.send(request);
    const reply = await this.answered;
    if (reply.is === 'error') throw new Error(`${this.name}: ${reply.why}`);
    return reply;
  }

  /** What it says next, or that it ended. */
  private next(): Promise<Reply> {
    return new Promise((resolve) => {
      const done = (reply: Reply): void => {
        this.child.off('message', done).off('close', ended).off('error', failed);
        resolve(reply);
      };
      const ended = (code: number | null): void => done({ is: 'error', why: `it ended with ${code}` });
      const failed = (error: Error): void => done({ is: 'error', why: error.message });
      this.child.once('message', done).once('close', ended).once('error', failed);
    });
  }
}
