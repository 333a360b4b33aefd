"""Cases of training: initial distributions, a small network."""

import torch
import torch.nn.functional as F
from golden import agree
from torch import nn, optim


def drawn(f):
    """The ranges and deviations that f asks of the generator, in order: caught on their way, not estimated."""
    calls = []
    uniform, normal = torch.Tensor.uniform_, torch.Tensor.normal_

    def uniform_(self, a=0, b=1):
        assert a == -b
        calls.append({'distribution': 'uniform', 'shape': list(self.shape), 'bound': float(b)})
        return uniform(self, a, b)

    def normal_(self, mean=0, std=1):
        assert mean == 0
        calls.append({'distribution': 'normal', 'shape': list(self.shape), 'std': float(std)})
        return normal(self, mean, std)

    torch.Tensor.uniform_, torch.Tensor.normal_ = uniform_, normal_
    try:
        f()
    finally:
        torch.Tensor.uniform_, torch.Tensor.normal_ = uniform, normal
    return calls


def init():
    for size in ((1, 1), (2, 3), (784, 128), (5, 1), (1, 7), (300, 10)):
        weight, bias = drawn(lambda: nn.Linear(*size))
        options = {'inFeatures': size[0], 'outFeatures': size[1]}
        yield {'op': 'linear', 'options': options, 'weight': weight, 'bias': bias}
    layers = [(1, 6, 5, 1), (3, 16, 3, 1), (64, 32, 1, 1), (4, 8, [3, 2], 2), (8, 8, 3, 8), (6, 4, [1, 5], 1)]
    for cin, cout, kernel, groups in layers:
        weight, bias = drawn(lambda: nn.Conv2d(cin, cout, kernel, groups=groups))
        options = {'inChannels': cin, 'outChannels': cout, 'kernelSize': kernel, 'groups': groups}
        yield {'op': 'conv2d', 'options': options, 'weight': weight, 'bias': bias}
    layers = {'conv1d': nn.Conv1d, 'conv3d': nn.Conv3d, 'convTranspose2d': nn.ConvTranspose2d}
    table = [('conv1d', 4, 6, 5, 2), ('conv1d', 3, 200, 3, 1), ('conv3d', 2, 4, [2, 3, 1], 2), ('conv3d', 3, 5, 2, 1),
             ('convTranspose2d', 6, 4, [3, 2], 2), ('convTranspose2d', 8, 3, 5, 1)]
    for op, cin, cout, kernel, groups in table:
        weight, bias = drawn(lambda: layers[op](cin, cout, kernel, groups=groups))
        options = {'inChannels': cin, 'outChannels': cout, 'kernelSize': kernel, 'groups': groups}
        yield {'op': op, 'options': options, 'weight': weight, 'bias': bias}
    gains = [('linear', 0), ('relu', 0), ('leakyRelu', 0.01), ('leakyRelu', 0.2), ('tanh', 0)]
    for shape in ((1, 1), (3, 2), (128, 784), (6, 1, 5, 5), (16, 3, 3, 3), (8, 2, 3, 2)):
        for distribution in ('uniform', 'normal'):
            for nonlinearity, slope in gains:
                name = 'leaky_relu' if nonlinearity == 'leakyRelu' else nonlinearity
                gain = nn.init.calculate_gain(name, slope)
                call = drawn(lambda: getattr(nn.init, f'xavier_{distribution}_')(torch.empty(shape), gain))[0]
                yield {'op': 'xavier', 'options': {'gain': gain}, 'weight': call}
                for mode in ('fan_in', 'fan_out'):
                    f = getattr(nn.init, f'kaiming_{distribution}_')
                    call = drawn(lambda: f(torch.empty(shape), a=slope, mode=mode, nonlinearity=name))[0]
                    camel = {'fan_in': 'fanIn', 'fan_out': 'fanOut'}[mode]
                    options = {'mode': camel, 'nonlinearity': nonlinearity, 'a': slope}
                    yield {'op': 'kaiming', 'options': options, 'weight': call}


def lenet():
    """Ten steps of SGD with momentum on one batch: a bar per class, its row the class, under noise."""
    labels = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7])
    images = torch.randn(8, 1, 16, 16) * 0.25
    for k in range(8):
        images[k, 0, 2 * k : 2 * k + 2] += 1
    shapes = {'w1': (4, 1, 5, 5), 'b1': (4,), 'w2': (6, 4, 5, 5), 'b2': (6,), 'w3': (10, 24), 'b3': (10,)}
    fans = {'1': 25, '2': 100, '3': 24}
    initial = {key: (torch.rand(shape) * 2 - 1) / fans[key[1]] ** 0.5 for key, shape in shapes.items()}
    options = {'lr': 0.2, 'momentum': 0.9}

    def run(dtype):
        w = {key: nn.Parameter(value.to(dtype, copy=True)) for key, value in initial.items()}
        opt = optim.SGD(w.values(), **options)
        series = []
        for k in range(10):
            y = F.max_pool2d(F.relu(F.conv2d(images.to(dtype), w['w1'], w['b1'], padding=2)), 2)
            y = F.max_pool2d(F.relu(F.conv2d(y, w['w2'], w['b2'])), 2)
            y = F.linear(y.flatten(1), w['w3'], w['b3'])
            value = F.cross_entropy(y, labels)
            opt.zero_grad()
            value.backward()
            series.append(value.detach())
            if k == 0:
                first = {'logits': y.detach(), **{'g' + key: p.grad.clone() for key, p in w.items()}}
            opt.step()
        return torch.stack(series), first, {key: p.detach() for key, p in w.items()}

    (loss, first, final), (loss32, first32, final32) = run(torch.float64), run(torch.float32)
    agree('loss', loss, loss32)
    for key in final:
        agree(key, final[key], final32[key])
    for key in first:
        agree(key, first[key], first32[key])
    print('lenet losses:', ' '.join(f'{v:.4f}' for v in loss.tolist()))
    case = {'options': options, 'x': images, 't': labels, 'initial': initial}
    yield {**case, 'first': first, 'loss': loss, 'final': final}
