/**
 * Trains a small LeNet for twenty steps, all that is random starting from the seed in the first argument, and prints
 * the SHA-256 of its weights: what determinism.test.ts compares.
 */
import { createHash } from 'node:crypto';
import {
  backendName,
  crossEntropy,
  DataLoader,
  encodeSafetensors,
  Generator,
  manualSeed,
  nn,
  optim,
  randint,
  randn,
  TensorDataset,
} from 'phyllo';

const seed = Number(process.argv[2]);
manualSeed(seed);
const generator = new Generator(seed + 1);
const images = randn([200, 1, 16, 16], { generator });
const labels = randint(0, 10, [200], { generator });
const loader = new DataLoader(new TensorDataset(images, labels), { batchSize: 20, shuffle: true, seed: seed + 2 });
const model = new nn.Sequential(
  new nn.Conv2d(1, 6, 5, { padding: 2 }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(6, 16, 5),
  new nn.Tanh(),
  new nn.AvgPool2d(2),
  new nn.Flatten(),
  new nn.Dropout(0.25),
  new nn.Linear(64, 32),
  new nn.GELU(),
  new nn.Dropout(0.5),
  new nn.Linear(32, 10),
);
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
const schedule = new optim.StepLR(optimizer, 1, 0.5); // powers of a half: exact in every engine

const losses: number[] = [];
for (let epoch = 0; epoch < 2; epoch++) {
  for (const [x, t] of loader) {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), t, { labelSmoothing: 0.1 });
    loss.backward();
    losses.push(loss.item());
    optim.clipGradNorm(model.parameters(), 1);
    optimizer.step();
  }
  schedule.step();
}

const hash = createHash('sha256').update(encodeSafetensors(model.stateDict())).digest('hex');
console.log(JSON.stringify({ backend: backendName(), losses, hash }));
