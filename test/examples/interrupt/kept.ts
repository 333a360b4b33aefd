/** What a run of the MNIST example has left in its folder: each file is read, and the weights are used. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { decodeSafetensors, Generator, scope } from 'phyllo';
import { loadMnist, type Mnist } from '../../../examples/mnist/data';
import { LeNet5 } from '../../../examples/mnist/lenet';
import { evaluate } from '../../../examples/mnist/train';

export interface Kept {
  /** Names, with what was read of each. */
  readonly files: readonly string[];
  /** What a process that was killed had not put in its place. */
  readonly halves: readonly string[];
  /** Epochs in the history. */
  readonly epochs: number;
  readonly report: boolean;
  readonly problems: readonly string[];
}

/** The fields of history.json that are looked at. */
interface History {
  readonly bestEpoch: number;
  readonly epochs: readonly { readonly validationAccuracy: number }[];
}

const SEED = 1;
let mnist: Mnist | null = null;

/** @param folder what was given as `--out` to a run with the seed that it has without options */
export async function readRun(folder: string): Promise<Kept> {
  mnist ??= loadMnist(SEED);
  const { validation } = mnist;
  const names = readdirSync(folder).sort();
  const problems: string[] = [];
  const files: string[] = [];
  const look = (name: string, read: (bytes: Buffer) => string): void => {
    if (!names.includes(name)) return;
    try {
      files.push(`${name} (${read(readFileSync(join(folder, name)))})`);
    } catch (error) {
      problems.push(`${name}: ${String(error)}`);
    }
  };

  let history: History = { bestEpoch: 0, epochs: [] };
  look('history.json', bytes => {
    history = JSON.parse(bytes.toString()) as History;
    return `${history.epochs.length} epochs, best ${history.bestEpoch}`;
  });
  look('weights.safetensors', bytes =>
    scope(() => {
      const { tensors, metadata } = decodeSafetensors(bytes);
      const model = new LeNet5(new Generator(0));
      model.loadStateDict(tensors);
      const { accuracy } = evaluate(model, validation).confusion;
      const epoch = Number(metadata.epoch);
      if (`${accuracy}` !== metadata.validationAccuracy)
        throw new Error(`accuracy ${accuracy}, not ${metadata.validationAccuracy}`);
      const recorded = history.epochs[epoch - 1]?.validationAccuracy;
      // A process may have been killed after it wrote the weights of an epoch, and before it wrote its history.
      const before = recorded === undefined && epoch === history.epochs.length + 1;
      if (!before && (recorded !== accuracy || history.bestEpoch !== epoch))
        throw new Error(`they are not of epoch ${history.bestEpoch}`);
      return `epoch ${epoch}, ${(100 * accuracy).toFixed(2)}%`;
    }),
  );
  look('report.svg', bytes => {
    if (!bytes.toString().trimEnd().endsWith('</svg>')) throw new Error('it has no end');
    return 'whole';
  });
  look('report.png', bytes => {
    const { width, height } = decode(bytes);
    return `${width} × ${height}`;
  });
  if (history.epochs.length > 0 && !names.includes('weights.safetensors')) problems.push('a history without weights');
  const halves = names.filter(name => name.endsWith('.tmp'));
  return {
    files: [...files, ...halves],
    halves,
    epochs: history.epochs.length,
    report: names.includes('report.png'),
    problems,
  };
}
