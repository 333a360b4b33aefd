"""Cases of training: initial distributions, optimisers, schedulers, a small network."""

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


class NAdam(optim.Optimizer):
    """As PyTorch has it since 2.0: 1.13 counts the momentum of step t twice in the product up to step t + 1."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, psi=momentum_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (b1, b2), psi = group['betas'], group['psi']
            for p in group['params']:
                s = self.state[p] or {'t': 0, 'm': 0, 'v': 0, 'product': 1}
                g = p.grad + group['weight_decay'] * p
                t = s['t'] + 1
                mu, later = (b1 * (1 - 0.5 * 0.96 ** (i * psi)) for i in (t, t + 1))
                s = {'t': t, 'm': b1 * s['m'] + (1 - b1) * g, 'v': b2 * s['v'] + (1 - b2) * g * g, 'product': s['product'] * mu}
                self.state[p] = s
                root = (s['v'] / (1 - b2 ** t)).sqrt() + group['eps']
                ahead = later * s['m'] / (1 - s['product'] * later)
                p -= group['lr'] * ((1 - mu) * g / (1 - s['product']) + ahead) / root


OPTIMISERS = {name: getattr(optim, name) for name in (
    'SGD Adam AdamW RMSprop Adagrad Adadelta Adamax RAdam ASGD Rprop').split()} | {'NAdam': NAdam}
SETTINGS = {'lr': 'lr', 'momentum': 'momentum', 'dampening': 'dampening', 'nesterov': 'nesterov', 'betas': 'betas',
            'eps': 'eps', 'weightDecay': 'weight_decay', 'amsgrad': 'amsgrad', 'alpha': 'alpha', 'centered': 'centered',
            'lrDecay': 'lr_decay', 'initialAccumulatorValue': 'initial_accumulator_value', 'rho': 'rho',
            'momentumDecay': 'momentum_decay', 'etas': 'etas', 'stepSizes': 'step_sizes', 'lambd': 'lambd', 't0': 't0'}


def trajectory(name, groups, steps=10):
    """Every group's parameter after each step, its gradients given."""

    def run(dtype):
        leaves = [nn.Parameter(p.to(dtype, copy=True)) for _, p, _ in groups]
        settings = [{SETTINGS[key]: value for key, value in options.items()} for options, _, _ in groups]
        # Adagrad takes the start of its sums from the options of all groups.
        shared = settings[0] if len(groups) == 1 else {'lr': settings[0]['lr']}
        opt = OPTIMISERS[name]([{'params': [p], **s} for p, s in zip(leaves, settings)], **shared)
        path = [[] for _ in groups]
        for k in range(steps):
            for leaf, (_, _, grads) in zip(leaves, groups):
                leaf.grad = grads[k].to(dtype)
            opt.step()
            for leaf, points in zip(leaves, path):
                points.append(leaf.detach().clone())
        return [torch.stack(points) for points in path]

    wide, narrow = run(torch.float64), run(torch.float32)
    for a, b in zip(wide, narrow):
        agree(name, a, b)
    return {'op': name, 'groups': [{'options': o, 'p': p, 'g': g, 'path': q} for (o, p, g), q in zip(groups, wide)]}


def schedule(name, options, make, lrs=(0.1,), steps=10):
    """The learning rates of every group before the first step and after each."""
    opt = optim.SGD([{'params': [nn.Parameter(torch.zeros(1))], 'lr': lr} for lr in lrs], lr=lrs[0])
    scheduler = make(opt)
    rates = [[group['lr']] for group in opt.param_groups]
    for _ in range(steps):
        opt.step()
        scheduler.step()
        for group, seen in zip(opt.param_groups, rates):
            seen.append(group['lr'])
    return {'op': name, 'options': options, 'lr': rates}


def optimisers():
    # gradients of very different size, one always 0: shows where eps stands
    scale = torch.tensor([1, 10, 1e-3, 1e-7, 0, 1])
    p, g = torch.randn(6), torch.randn(10, 6) * scale
    table = [
        ('SGD', {'lr': 0.1}),
        ('SGD', {'lr': 0.1, 'weightDecay': 0.01}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9, 'dampening': 0.5}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9, 'nesterov': True}),
        ('SGD', {'lr': 0.1, 'momentum': 0.9, 'nesterov': True, 'weightDecay': 0.1}),
        ('SGD', {'lr': 0.05, 'momentum': 0.8, 'dampening': 0.1, 'weightDecay': 0.1}),
        ('Adam', {'lr': 1e-3}),
        ('Adam', {'lr': 0.1, 'betas': [0.8, 0.95], 'eps': 1e-6}),
        ('Adam', {'lr': 0.01, 'weightDecay': 0.1}),
        ('Adam', {'lr': 0.1, 'betas': [0.5, 0.6], 'amsgrad': True}),
        ('Adam', {'lr': 0.01, 'weightDecay': 0.1, 'amsgrad': True}),
        ('AdamW', {'lr': 1e-3}),
        ('AdamW', {'lr': 0.01, 'weightDecay': 0.1}),
        ('AdamW', {'lr': 0.1, 'weightDecay': 0}),
        ('AdamW', {'lr': 0.1, 'betas': [0.5, 0.6], 'amsgrad': True}),
        ('RMSprop', {'lr': 0.01}),
        ('RMSprop', {'lr': 0.1, 'alpha': 0.9, 'eps': 1e-6, 'weightDecay': 0.1}),
        ('RMSprop', {'lr': 0.01, 'momentum': 0.9}),
        ('RMSprop', {'lr': 0.01, 'alpha': 0.8, 'centered': True}),
        ('RMSprop', {'lr': 0.01, 'alpha': 0.5, 'weightDecay': 0.1, 'momentum': 0.9, 'centered': True}),
    ]
    table += [
        ('Adagrad', {'lr': 0.1}),
        ('Adagrad', {'lr': 0.1, 'lrDecay': 0.1, 'weightDecay': 0.1}),
        ('Adagrad', {'lr': 0.1, 'initialAccumulatorValue': 0.5, 'eps': 1e-6}),
        ('Adadelta', {'lr': 1}),
        ('Adadelta', {'lr': 0.5, 'rho': 0.8, 'eps': 1e-3}),
        ('Adadelta', {'lr': 1, 'weightDecay': 0.1}),
        ('Adamax', {'lr': 0.01}),
        ('Adamax', {'lr': 0.1, 'betas': [0.5, 0.6], 'eps': 1e-4}),
        ('Adamax', {'lr': 0.01, 'weightDecay': 0.1}),
        ('NAdam', {'lr': 0.01}),
        ('NAdam', {'lr': 0.1, 'betas': [0.5, 0.6], 'eps': 1e-6, 'momentumDecay': 0.5}),
        ('NAdam', {'lr': 0.01, 'weightDecay': 0.1}),
        ('RAdam', {'lr': 0.01}),
        ('RAdam', {'lr': 0.1, 'betas': [0.5, 0.9], 'eps': 1e-4}),
        ('RAdam', {'lr': 0.01, 'weightDecay': 0.1}),
        ('ASGD', {'lr': 0.1}),
        ('ASGD', {'lr': 0.1, 'lambd': 0.1, 'alpha': 0.5}),
        ('ASGD', {'lr': 0.01, 'weightDecay': 0.1, 't0': 3}),
        ('Rprop', {'lr': 0.01}),
        ('Rprop', {'lr': 0.1, 'etas': [0.3, 1.5]}),
        ('Rprop', {'lr': 0.1, 'stepSizes': [0.05, 0.2]}),
    ]
    for name, options in table:
        yield trajectory(name, [(options, p, g)])
    q, h = torch.randn(2, 3), torch.randn(10, 2, 3)
    yield trajectory('SGD', [({'lr': 0.1, 'momentum': 0.9}, p, g), ({'lr': 0.01, 'weightDecay': 0.1}, q, h)])
    yield trajectory('Adam', [({'lr': 0.01}, p, g), ({'lr': 0.1, 'betas': [0.5, 0.9], 'weightDecay': 0.1}, q, h)])
    lr = optim.lr_scheduler
    yield schedule('StepLR', {'stepSize': 3, 'gamma': 0.5}, lambda o: lr.StepLR(o, 3, 0.5))
    yield schedule('StepLR', {'stepSize': 1, 'gamma': 0.1}, lambda o: lr.StepLR(o, 1, 0.1), (0.1, 3))
    yield schedule('ExponentialLR', {'gamma': 0.9}, lambda o: lr.ExponentialLR(o, 0.9))
    yield schedule('ExponentialLR', {'gamma': 0.5}, lambda o: lr.ExponentialLR(o, 0.5), (0.1, 3))
    yield schedule('CosineAnnealingLR', {'tMax': 10, 'etaMin': 0}, lambda o: lr.CosineAnnealingLR(o, 10))
    options = {'tMax': 8, 'etaMin': 0.01}
    yield schedule('CosineAnnealingLR', options, lambda o: lr.CosineAnnealingLR(o, 8, 0.01), (0.1, 3))
    yield schedule('CosineAnnealingLR', {'tMax': 4, 'etaMin': 0}, lambda o: lr.CosineAnnealingLR(o, 4))
    options = {'t0': 3, 'tMult': 2, 'etaMin': 0.01}
    yield schedule('CosineAnnealingWarmRestarts', options, lambda o: lr.CosineAnnealingWarmRestarts(o, 3, 2, 0.01), (0.1, 3))
    options = {'t0': 4, 'tMult': 1, 'etaMin': 0}
    yield schedule('CosineAnnealingWarmRestarts', options, lambda o: lr.CosineAnnealingWarmRestarts(o, 4))
    for own, theirs in (
        ({'baseLr': 0.1, 'maxLr': 0.5, 'stepSizeUp': 3}, dict(base_lr=0.1, max_lr=0.5, step_size_up=3)),
        ({'baseLr': 0.1, 'maxLr': 0.5, 'stepSizeUp': 2, 'stepSizeDown': 3, 'mode': 'triangular2'},
         dict(base_lr=0.1, max_lr=0.5, step_size_up=2, step_size_down=3, mode='triangular2')),
        ({'baseLr': 0.1, 'maxLr': 0.5, 'stepSizeUp': 2, 'mode': 'expRange', 'gamma': 0.9},
         dict(base_lr=0.1, max_lr=0.5, step_size_up=2, mode='exp_range', gamma=0.9)),
    ):
        yield schedule('CyclicLR', own, lambda o: lr.CyclicLR(o, cycle_momentum=False, **theirs))
    for own, theirs in (
        ({'maxLr': 1, 'totalSteps': 12}, dict(max_lr=1, total_steps=12)),
        ({'maxLr': 1, 'epochs': 3, 'stepsPerEpoch': 4, 'pctStart': 0.5, 'annealStrategy': 'linear', 'divFactor': 10,
          'finalDivFactor': 100}, dict(max_lr=1, epochs=3, steps_per_epoch=4, pct_start=0.5, anneal_strategy='linear',
                                       div_factor=10, final_div_factor=100)),
        ({'maxLr': 1, 'totalSteps': 12, 'threePhase': True}, dict(max_lr=1, total_steps=12, three_phase=True)),
    ):
        yield schedule('OneCycleLR', own, lambda o: lr.OneCycleLR(o, cycle_momentum=False, **theirs))


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
