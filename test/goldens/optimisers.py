"""Paths of optimisers: the parameters after each step, by gradients that are given, or by a loss for LBFGS."""

import torch
from golden import agree
from torch import nn, optim

STEPS = 20


class NAdam(optim.Optimizer):
    """As PyTorch has it since 2.1: 1.13 counts the momentum of step t twice in the product up to step t + 1."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3, decoupled_weight_decay=False):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
                                      decoupled_weight_decay=decoupled_weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (b1, b2), psi = group['betas'], group['momentum_decay']
            for p in group['params']:
                s = self.state[p] or {'t': 0, 'm': 0, 'v': 0, 'product': 1}
                g = p.grad
                if group['decoupled_weight_decay']:
                    p *= 1 - group['lr'] * group['weight_decay']
                else:
                    g = g + group['weight_decay'] * p
                t = s['t'] + 1
                mu, later = (b1 * (1 - 0.5 * 0.96 ** (i * psi)) for i in (t, t + 1))
                s = {'t': t, 'm': b1 * s['m'] + (1 - b1) * g, 'v': b2 * s['v'] + (1 - b2) * g * g, 'product': s['product'] * mu}
                self.state[p] = s
                root = (s['v'] / (1 - b2 ** t)).sqrt() + group['eps']
                ahead = later * s['m'] / (1 - s['product'] * later)
                p -= group['lr'] * ((1 - mu) * g / (1 - s['product']) + ahead) / root


class RAdam(optim.RAdam):
    """With the decoupled weight decay that PyTorch has since 2.1."""

    @torch.no_grad()
    def step(self):
        decays = [group['weight_decay'] for group in self.param_groups]
        for group in self.param_groups:
            if group.get('decoupled_weight_decay'):
                for p in group['params']:
                    p *= 1 - group['lr'] * group['weight_decay']
                group['weight_decay'] = 0
        super().step()
        for group, decay in zip(self.param_groups, decays):
            group['weight_decay'] = decay


OPTIMISERS = {name: getattr(optim, name) for name in (
    'SGD Adam AdamW RMSprop Adagrad Adadelta Adamax ASGD Rprop SparseAdam').split()} | {'NAdam': NAdam, 'RAdam': RAdam}
SETTINGS = {'lr': 'lr', 'momentum': 'momentum', 'dampening': 'dampening', 'nesterov': 'nesterov', 'betas': 'betas',
            'eps': 'eps', 'weightDecay': 'weight_decay', 'amsgrad': 'amsgrad', 'alpha': 'alpha', 'centered': 'centered',
            'lrDecay': 'lr_decay', 'initialAccumulatorValue': 'initial_accumulator_value', 'rho': 'rho',
            'momentumDecay': 'momentum_decay', 'etas': 'etas', 'stepSizes': 'step_sizes', 'lambd': 'lambd', 't0': 't0',
            'maximize': 'maximize', 'decoupledWeightDecay': 'decoupled_weight_decay'}
# Those whose `maximize` came after 1.13 are given −g.
NEGATED = {'NAdam', 'RAdam'}


def trajectory(name, inputs, *groups):
    """Every group's parameter after each step, from the inputs (p, g) at its index."""

    def run(dtype):
        torch.set_default_dtype(dtype)  # of ASGD's rate
        leaves = [nn.Parameter(inputs[of]['p'].to(dtype, copy=True)) for of, _ in groups]
        settings = [{SETTINGS[key]: value for key, value in options.items()} for _, options in groups]
        signs = [-1 if name in NEGATED and s.pop('maximize', False) else 1 for s in settings]
        # Adagrad takes the start of its sums from the options of all groups.
        shared = {'lr': settings[0]['lr']}
        if 'initial_accumulator_value' in settings[0]:
            shared['initial_accumulator_value'] = settings[0]['initial_accumulator_value']
        opt = OPTIMISERS[name]([{'params': [p], **s} for p, s in zip(leaves, settings)], **shared)
        path = [[] for _ in groups]
        for k in range(STEPS):
            for leaf, (of, _), sign in zip(leaves, groups, signs):
                g = sign * inputs[of]['g'][k].to(dtype)
                leaf.grad = g.to_sparse(1) if name == 'SparseAdam' else g
            opt.step()
            for leaf, points in zip(leaves, path):
                points.append(leaf.detach().clone())
        return [torch.stack(points) for points in path]

    wide, narrow = run(torch.float64), run(torch.float32)  # the default again
    for a, b in zip(wide, narrow):
        agree(name, a, b)
    return {'op': name, 'groups': [{'inputs': of, 'options': o, 'path': q} for (of, o), q in zip(groups, wide)]}


TABLE = [
    ('SGD', {'lr': 0.1}),
    ('SGD', {'lr': 0.1, 'weightDecay': 0.01}),
    ('SGD', {'lr': 0.1, 'momentum': 0.9}),
    ('SGD', {'lr': 0.1, 'momentum': 0.9, 'dampening': 0.5}),
    ('SGD', {'lr': 0.1, 'momentum': 0.9, 'nesterov': True}),
    ('SGD', {'lr': 0.1, 'momentum': 0.9, 'nesterov': True, 'weightDecay': 0.1}),
    ('SGD', {'lr': 0.05, 'momentum': 0.8, 'dampening': 0.1, 'weightDecay': 0.1}),
    ('SGD', {'lr': 0.05, 'momentum': 0.8, 'weightDecay': 0.1, 'maximize': True}),
    ('Adam', {'lr': 1e-3}),
    ('Adam', {'lr': 0.1, 'betas': [0.8, 0.95], 'eps': 1e-6}),
    ('Adam', {'lr': 0.01, 'weightDecay': 0.1}),
    ('Adam', {'lr': 0.1, 'betas': [0.5, 0.6], 'amsgrad': True}),
    ('Adam', {'lr': 0.01, 'weightDecay': 0.1, 'amsgrad': True}),
    ('Adam', {'lr': 0.01, 'weightDecay': 0.1, 'maximize': True}),
    ('AdamW', {'lr': 1e-3}),
    ('AdamW', {'lr': 0.01, 'weightDecay': 0.1}),
    ('AdamW', {'lr': 0.1, 'weightDecay': 0}),
    ('AdamW', {'lr': 0.1, 'betas': [0.5, 0.6], 'amsgrad': True}),
    ('AdamW', {'lr': 0.01, 'eps': 1e-4, 'weightDecay': 0.1, 'maximize': True}),
    ('RMSprop', {'lr': 0.01}),
    ('RMSprop', {'lr': 0.1, 'alpha': 0.9, 'eps': 1e-6, 'weightDecay': 0.1}),
    ('RMSprop', {'lr': 0.01, 'momentum': 0.9}),
    ('RMSprop', {'lr': 0.01, 'alpha': 0.8, 'centered': True}),
    ('RMSprop', {'lr': 0.01, 'alpha': 0.5, 'eps': 1e-3, 'weightDecay': 0.1, 'momentum': 0.9, 'centered': True}),
    ('RMSprop', {'lr': 0.01, 'momentum': 0.5, 'weightDecay': 0.1, 'maximize': True}),
    ('Adagrad', {'lr': 0.1}),
    ('Adagrad', {'lr': 0.1, 'lrDecay': 0.1, 'weightDecay': 0.1}),
    ('Adagrad', {'lr': 0.1, 'initialAccumulatorValue': 0.5, 'eps': 1e-6}),
    ('Adagrad', {'lr': 0.1, 'weightDecay': 0.1, 'maximize': True}),
    ('Adadelta', {'lr': 1}),
    ('Adadelta', {'lr': 0.5, 'rho': 0.8, 'eps': 1e-3}),
    ('Adadelta', {'lr': 1, 'weightDecay': 0.1}),
    ('Adadelta', {'lr': 1, 'weightDecay': 0.1, 'maximize': True}),
    ('Adamax', {'lr': 0.01}),
    ('Adamax', {'lr': 0.1, 'betas': [0.5, 0.6], 'eps': 1e-4}),
    ('Adamax', {'lr': 0.01, 'weightDecay': 0.1}),
    ('Adamax', {'lr': 0.01, 'weightDecay': 0.1, 'maximize': True}),
    ('NAdam', {'lr': 0.01}),
    ('NAdam', {'lr': 0.1, 'betas': [0.5, 0.6], 'eps': 1e-6, 'momentumDecay': 0.5}),
    ('NAdam', {'lr': 0.01, 'weightDecay': 0.1}),
    ('NAdam', {'lr': 0.01, 'weightDecay': 0.1, 'decoupledWeightDecay': True}),
    ('NAdam', {'lr': 0.01, 'weightDecay': 0.1, 'maximize': True}),
    ('RAdam', {'lr': 0.01}),
    ('RAdam', {'lr': 0.1, 'betas': [0.5, 0.9], 'eps': 1e-4}),
    ('RAdam', {'lr': 0.01, 'weightDecay': 0.1}),
    ('RAdam', {'lr': 0.1, 'betas': [0.5, 0.9], 'weightDecay': 0.1, 'decoupledWeightDecay': True}),
    ('RAdam', {'lr': 0.01, 'weightDecay': 0.1, 'maximize': True}),
    ('ASGD', {'lr': 0.1}),
    ('ASGD', {'lr': 0.1, 'lambd': 0.1, 'alpha': 0.5}),
    ('ASGD', {'lr': 0.01, 'weightDecay': 0.1, 't0': 3}),
    ('ASGD', {'lr': 0.01, 'weightDecay': 0.1, 'maximize': True}),
    ('Rprop', {'lr': 0.01}),
    ('Rprop', {'lr': 0.1, 'etas': [0.3, 1.5]}),
    ('Rprop', {'lr': 0.1, 'stepSizes': [0.05, 0.2]}),
    ('Rprop', {'lr': 0.1, 'maximize': True}),
    ('SparseAdam', {'lr': 0.01}),
    ('SparseAdam', {'lr': 0.1, 'betas': [0.5, 0.9]}),
    ('SparseAdam', {'lr': 0.1, 'eps': 1e-3}),
    ('SparseAdam', {'lr': 0.1, 'maximize': True}),
]


def paths():
    # Gradients of very different size, one always 0: shows where eps stands.
    scale = torch.tensor([1, 10, 1e-3, 1e-7, 0, 1])
    p, g = torch.randn(6), torch.randn(STEPS, 6) * scale
    q, h = torch.randn(2, 3), torch.randn(STEPS, 2, 3)
    # Of a table of four rows, each step looks up two; one is never looked up.
    rows = torch.zeros(STEPS, 4, 1)
    for k in range(STEPS):
        rows[k, [k % 3, k * k % 3]] = 1
    inputs = [{'p': p, 'g': g}, {'p': q, 'g': h}, {'p': torch.randn(4, 2), 'g': torch.randn(STEPS, 4, 2) * rows}]
    yield {'op': 'inputs', 'inputs': inputs}
    for name, options in TABLE:
        yield trajectory(name, inputs, (2 if name == 'SparseAdam' else 0, options))
    # Groups with options of their own.
    for name, first, second in (
        ('SGD', {'lr': 0.1, 'momentum': 0.9}, {'lr': 0.01, 'weightDecay': 0.1}),
        ('Adam', {'lr': 0.01}, {'lr': 0.1, 'betas': [0.5, 0.9], 'weightDecay': 0.1}),
        ('RMSprop', {'lr': 0.01, 'centered': True}, {'lr': 0.1, 'alpha': 0.5, 'momentum': 0.5}),
        ('Adagrad', {'lr': 0.1, 'lrDecay': 0.1}, {'lr': 0.01, 'weightDecay': 0.1, 'eps': 1e-3}),
        ('Adadelta', {'lr': 1, 'rho': 0.5}, {'lr': 0.5, 'eps': 1e-3, 'weightDecay': 0.1}),
        ('Adamax', {'lr': 0.01, 'betas': [0.5, 0.9]}, {'lr': 0.1, 'eps': 1e-3, 'weightDecay': 0.1}),
        ('NAdam', {'lr': 0.01, 'momentumDecay': 0.5}, {'lr': 0.1, 'betas': [0.5, 0.9], 'weightDecay': 0.1}),
        ('RAdam', {'lr': 0.01}, {'lr': 0.1, 'betas': [0.5, 0.9], 'weightDecay': 0.1}),
        ('ASGD', {'lr': 0.01, 't0': 2}, {'lr': 0.1, 'lambd': 0.1, 'alpha': 0.5}),
        ('Rprop', {'lr': 0.01}, {'lr': 0.1, 'etas': [0.3, 1.5]}),
    ):
        yield trajectory(name, inputs, (0, first), (1, second))


def rosenbrock(w):
    x, y = w
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def descents():
    """Steps of LBFGS down a loss: the loss that each returns, the parameters after it, and the evaluations so far."""
    x = torch.randn(12, 3)
    t = x @ torch.tensor([1.0, -2.0, 0.5]) + 0.3 + 0.1 * torch.randn(12)
    losses = {
        'rosenbrock': lambda w, dtype: rosenbrock(w[0]),
        'regression': lambda w, dtype: ((x.to(dtype) @ w[0] + w[1] - t.to(dtype)) ** 2).mean(),
    }
    starts = {'rosenbrock': [torch.tensor([-1.2, 1.0])], 'regression': [torch.zeros(3), torch.zeros(1)]}
    names = {'lr': 'lr', 'maxIter': 'max_iter', 'maxEval': 'max_eval', 'toleranceGrad': 'tolerance_grad',
             'toleranceChange': 'tolerance_change', 'historySize': 'history_size', 'lineSearchFn': 'line_search_fn'}
    yield {'op': 'data', 'x': x, 't': t, 'starts': starts}
    wolfe = {'lineSearchFn': 'strong_wolfe'}
    for of, steps, options in (
        ('rosenbrock', 4, {**wolfe, 'maxIter': 3}),
        ('rosenbrock', 2, {**wolfe, 'maxIter': 30, 'maxEval': 7, 'lr': 0.5}),
        ('rosenbrock', 3, {**wolfe, 'maxIter': 4, 'historySize': 2}),
        ('rosenbrock', 6, {'lr': 0.1, 'maxIter': 2}),
        ('regression', 4, {'maxIter': 2}),
        ('regression', 3, {'maxIter': 4, 'lr': 0.5, 'historySize': 1}),
        ('regression', 3, {**wolfe, 'maxIter': 2}),
        ('regression', 3, {**wolfe, 'toleranceGrad': 0.3}),
        ('regression', 3, {'lr': 0.2, 'toleranceChange': 0.05}),
    ):

        def run(dtype):
            w = [nn.Parameter(p.to(dtype, copy=True)) for p in starts[of]]
            opt = optim.LBFGS(w, **{names[key]: value for key, value in options.items()})

            def closure():
                opt.zero_grad()
                value = losses[of](w, dtype)
                value.backward()
                return value

            loss, path, evaluations = [], [], []
            for _ in range(steps):
                loss.append(opt.step(closure).detach())
                path.append(torch.cat([p.detach().flatten() for p in w]).clone())
                evaluations.append(opt.state[w[0]]['func_evals'])
            return torch.stack(loss), torch.stack(path), evaluations

        (loss, path, evaluations), narrow = run(torch.float64), run(torch.float32)
        agree(f'{of} {options} loss', loss, narrow[0])
        agree(f'{of} {options}', path, narrow[1])
        assert evaluations == narrow[2], (of, options, evaluations, narrow[2])
        yield {'op': of, 'options': options, 'loss': loss, 'path': path, 'evaluations': evaluations}


def clips():
    """Gradients of three parameters before and after, and the norm before, of shape []."""
    gradients = [torch.randn(4), 3 * torch.randn(2, 3), torch.randn(1)]

    def run(clip, dtype):
        params = [nn.Parameter(torch.zeros_like(g, dtype=dtype)) for g in gradients]
        for p, g in zip(params, gradients):
            p.grad = g.to(dtype, copy=True)
        norm = clip(params)
        return [torch.zeros(()) if norm is None else norm] + [p.grad for p in params]

    cases = [('clipGradNorm', {'maxNorm': most, 'normType': p}, lambda params, most=most, p=p: nn.utils.clip_grad_norm_(params, most, p))
             for p in (0.5, 1, 2, 3, float('inf')) for most in (0.1, 2, 1000)]
    cases += [('clipGradValue', {'clipValue': most}, lambda params, most=most: nn.utils.clip_grad_value_(params, most))
              for most in (0, 0.5, 100)]
    for op, options, clip in cases:
        wide, narrow = run(clip, torch.float64), run(clip, torch.float32)
        for a, b in zip(wide, narrow):
            agree(op, a, b)
        if options.get('normType') == float('inf'):
            options = {**options, 'normType': 'inf'}
        yield {'op': op, 'options': options, 'before': gradients, 'norm': wide[0], 'after': wide[1:]}
