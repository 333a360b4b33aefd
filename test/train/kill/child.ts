/** A training that goes on from what is in its folder, prints that it has begun, and at its end a fingerprint of all it leaves. */
import { createHash } from 'node:crypto';
import { argv } from 'node:process';
import { crossEntropy, DataLoader, Generator, manualSeed, nn, optim, randn, type Tensor } from 'phyllo';
import { checkpoints, fit } from 'phyllo/train';
import { loadMnist, normalise } from '../../../examples/mnist/data';

import { LeNet5 } from '../../../examples/mnist/lenet';

const [, , folder = '', how = ''] = argv;
manualSeed(1);
const model = new LeNet5(new Generator(1));
const network = new nn.Sequential(model.features, new nn.Dropout(0.2), model.classifier);
const { train, validation } = loadMnist(1, 1600);
const loader = new DataLoader(train, { batchSize: 64, shuffle: true, seed: 2, transform: normalise });
const optimizer = new optim.Adam(network.parameters(), { lr: 0.002 });
const few = new DataLoader(validation, { batchSize: 250, transform: normalise });

const history = await fit(network, {
  train: loader,
  validation: few,
  loss: crossEntropy,
  optimizer,
  schedule: new optim.CosineAnnealingLR(optimizer, 100),
  scheduleEvery: 'step',
  callbacks: [
    { name: 'begun', batchEnd: run => void (run.batch === 1 && console.log('begun')) },
    checkpoints({ folder, everySteps: 2 }),
  ],
  epochs: 4,
  eager: how === 'eager',
  progress: false,
  resume: folder,
});
const hash = createHash('sha256');
const all: Record<string, Tensor> = { ...network.stateDict(), ...optimizer.stateDict(), next: randn([4]) };
for (const [name, t] of Object.entries(all)) hash.update(name).update(JSON.stringify([...t.toArray()]));
hash.update(JSON.stringify(history.epochs.map(({ seconds: _, ...rest }) => rest)));
console.log(`fingerprint ${hash.digest('hex')}`);
