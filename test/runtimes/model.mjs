import { nn } from 'phyllo';

/** LeNet-5, its weights drawn as the options say. */
export const lenet = from =>
  new nn.Sequential(
    new nn.Conv2d(1, 6, 5, { padding: 2, ...from }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(6, 16, 5, from),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(400, 120, from),
    new nn.ReLU(),
    new nn.Linear(120, 84, from),
    new nn.ReLU(),
    new nn.Linear(84, 10, from),
  );
