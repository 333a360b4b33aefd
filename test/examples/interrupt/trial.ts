/**
 * Runs `npm start` in a terminal of its own, interrupts it at some moment, and reads what is on disk then. The terminal
 * is that of util-linux's `script`, with a shell that has jobs: Ctrl-C comes as a key.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { writeFile } from 'phyllo';
import { readRun, type Kept } from './kept';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const EPOCHS = 3;
const CTRL_C = '\x03';

/** Exit codes as a shell has them. */
const CODES = {
  'Ctrl-C': 130,
  'Ctrl-C twice': 130,
  SIGTERM: 143,
  SIGKILL: 137,
  'closed pipe': 0,
  'full disk': 1,
  'file limit': 1,
} as const;
export type Kind = keyof typeof CODES;

/** So much of an epoch is done; `report`: training is over; a number: so many lines were read, for a closed pipe. */
export type Moment = readonly [epoch: number, percent: number] | 'report' | number;
export const showMoment = (m: Moment): string =>
  m === 'report' ? m : typeof m === 'number' ? `line ${m}` : `epoch ${m[0]}, ${m[1]}%`;

export interface Trial {
  readonly code: number;
  /** From the interruption until no process of the run is there. */
  readonly seconds: number;
  /** Epochs that the screen showed as done. */
  readonly shown: number;
  readonly kept: Kept;
  /** What should not be so. */
  readonly problems: readonly string[];
}

/** @param samples of an epoch */
export async function trial(kind: Kind, moment: Moment, samples: number): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'phyllo-interrupt-'));
  const out = join(folder, 'runs');
  mkdirSync(out);
  const mounted = kind === 'full disk';
  if (mounted) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', out]);
  try {
    return await runIn(folder, out, kind, moment, samples);
  } finally {
    if (mounted) execFileSync('umount', [out]);
    rmSync(folder, { recursive: true });
  }
}

async function runIn(folder: string, out: string, kind: Kind, moment: Moment, samples: number): Promise<Trial> {
  const file = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(file(name), 'utf8').trim();
  const options = `--epochs ${EPOCHS} --samples ${samples} --out ${out}`;
  const start = `sh -c 'cut -d" " -f5 /proc/$$/stat > group; cd ${ROOT}; exec npm start --ignore-scripts -- ${options}'`;
  writeFileSync(
    file('job.sh'),
    [
      `trap : INT TERM; cd ${folder}; stty -g > before`,
      typeof moment === 'number'
        ? `{ ${start}; echo $? > code; } | { head -n ${moment}; date +%s.%N > closed; }`
        : `${start}; echo $? > code`,
      'stty -g > after; echo > over; read line', // what npm started may outlive it, and the terminal has to be there
    ].join('\n'),
  );
  const terminal = spawn('script', ['-qefc', `sh -m ${file('job.sh')}`, '/dev/null'], {
    env: { ...process.env, SHELL: '/bin/sh', COLUMNS: '100' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (screen += stripVTControlCharacters(text)));
  const closed = once(terminal, 'close');
  const isOver = (): boolean => existsSync(file('over')) && membersOf(Number(read('group'))).length === 0;

  let began = 0;
  if (typeof moment !== 'number') {
    while (!isReached(moment, screen) && !isOver()) await sleep(10);
    if (!isReached(moment, screen)) throw new Error(`the run ended before ${showMoment(moment)}:\n${screen}`);
    began = Date.now();
    const group = Number(read('group'));
    switch (kind) {
      case 'Ctrl-C':
        terminal.stdin.write(CTRL_C);
        break;
      case 'Ctrl-C twice':
        terminal.stdin.write(CTRL_C);
        await sleep(250);
        terminal.stdin.write(CTRL_C);
        break;
      case 'SIGTERM':
        process.kill(group, 'SIGTERM'); // npm, the leader of its group: what a supervisor knows of
        break;
      case 'SIGKILL':
        process.kill(-group, 'SIGKILL');
        break;
      case 'full disk':
        fill(join(out, 'filler'));
        break;
      case 'file limit':
        for (const pid of membersOf(group)) execFileSync('prlimit', ['--pid', pid, '--fsize=1000:']);
        break;
    }
  }
  while (!isOver()) await sleep(10);
  const seconds = Date.now() / 1000 - (typeof moment === 'number' ? Number(read('closed')) : began / 1000);
  terminal.stdin.write('\n');
  await closed;
  if (kind === 'full disk') rmSync(join(out, 'filler'));

  const [code, shown] = [Number(read('code')), (screen.match(/train loss/g) ?? []).length];
  const kept = await readRun(out);
  const problems = [...kept.problems];
  const expect = (holds: boolean, problem: string): void => void (holds || problems.push(problem));
  expect(code === CODES[kind], `exit code ${code}, not ${CODES[kind]}`);
  expect(read('before') === read('after'), 'the terminal is not as it was');
  expect(kept.epochs >= shown, `${shown} epochs were shown as done, ${kept.epochs} are on disk`);
  if (kind === 'Ctrl-C' || kind === 'SIGTERM') {
    expect(kept.epochs === 0 || moment === 'report' || kept.report, 'there is no report');
    expect(
      kept.epochs > 0 || /Stopped before the first epoch was over/.test(screen),
      'nothing says that nothing was written',
    );
  }
  if (kind === 'Ctrl-C twice')
    expect(moment === 'report' || !kept.report, 'there is a report, although nobody waited for it');
  if (kind === 'full disk' || kind === 'file limit') {
    const reason = kind === 'full disk' ? 'no space is left on the disk' : 'the file is larger than is allowed';
    expect(new RegExp(`error: ${out}/[a-z.]+: cannot be written: ${reason}`).test(screen), 'no error names the file');
  }
  expect(!/^ +at /m.test(screen), 'there is a stack trace');

  for (const name of kept.halves) {
    const then = Date.now() / 1000 - 7200; // young ones stay
    utimesSync(join(out, name), then, then);
    await writeFile(join(out, name.split('.').slice(0, 2).join('.')), '');
  }
  expect(
    readdirSync(out).every(name => !name.endsWith('.tmp')),
    'a write leaves the half of one before it',
  );
  if (problems.length > 0) problems.push(screen.slice(-2000));
  return { code, seconds, shown, kept, problems };
}

function isReached(moment: Exclude<Moment, number>, screen: string): boolean {
  if (moment === 'report') return screen.includes('was best on the validation set');
  const [epoch, percent] = moment;
  for (const [, e, p] of screen.matchAll(/epoch (\d)\/\d .*? (\d+)% /g)) {
    if (Number(e) > epoch || (Number(e) === epoch && Number(p) >= percent)) return true;
  }
  return false;
}

function fill(path: string): void {
  for (let size = 2 ** 20; size >= 1; size /= 2) {
    try {
      writeFileSync(path, new Uint8Array(size), { flag: 'a' });
      size *= 2;
    } catch {
      // Half of it may have room.
    }
  }
}

/** The processes of a group that have not ended. */
function membersOf(group: number): string[] {
  const isMember = (pid: string): boolean => {
    try {
      const [state, , of] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return Number(of) === group && state !== 'Z';
    } catch {
      return false; // it is gone
    }
  };
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && isMember(name));
}
