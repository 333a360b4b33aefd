"""Rates of schedules, step by step, and momenta where they cycle."""

import base64

import torch
from torch import nn, optim
from torch.optim import lr_scheduler as lr

STEPS = 200
FUNCTIONS = {'inverse': lambda t: 1 / (1 + t), 'slower': lambda t: t / (t + 1), 'root': lambda t: t ** -0.5}
NAMES = {'stepSize': 'step_size', 'gamma': 'gamma', 'tMax': 'T_max', 'etaMin': 'eta_min', 't0': 'T_0', 'tMult': 'T_mult',
         'milestones': 'milestones', 'factor': 'factor', 'totalIters': 'total_iters', 'startFactor': 'start_factor',
         'endFactor': 'end_factor', 'power': 'power', 'baseLr': 'base_lr', 'maxLr': 'max_lr', 'stepSizeUp': 'step_size_up',
         'stepSizeDown': 'step_size_down', 'mode': 'mode', 'scaleMode': 'scale_mode', 'cycleMomentum': 'cycle_momentum',
         'baseMomentum': 'base_momentum', 'maxMomentum': 'max_momentum', 'totalSteps': 'total_steps', 'epochs': 'epochs',
         'stepsPerEpoch': 'steps_per_epoch', 'pctStart': 'pct_start', 'annealStrategy': 'anneal_strategy',
         'divFactor': 'div_factor', 'finalDivFactor': 'final_div_factor', 'threePhase': 'three_phase', 'patience': 'patience',
         'threshold': 'threshold', 'thresholdMode': 'threshold_mode', 'cooldown': 'cooldown', 'minLr': 'min_lr', 'eps': 'eps'}
VALUES = {'expRange': 'exp_range'}


def make(optimizer, name, options):
    if name == 'ChainedScheduler':
        return lr.ChainedScheduler([make(optimizer, *part) for part in options['parts']])
    if name == 'SequentialLR':
        return lr.SequentialLR(optimizer, [make(optimizer, *part) for part in options['parts']], options['milestones'])
    if name in ('LambdaLR', 'MultiplicativeLR'):
        return getattr(lr, name)(optimizer, FUNCTIONS[options['factor']])
    own = {key: value for key, value in options.items() if key != 'scaleFn'}
    theirs = {NAMES[key]: VALUES.get(value, value) if isinstance(value, str) else value for key, value in own.items()}
    if 'scaleFn' in options:
        theirs['scale_fn'] = FUNCTIONS[options['scaleFn']]
    return getattr(lr, name)(optimizer, **theirs)


def doubles(numbers):
    """Rates are numbers in JavaScript, too: all their bits."""
    return base64.b64encode(torch.tensor(numbers, dtype=torch.float64).numpy().astype('<f8').tobytes()).decode()


def schedule(name, options, lrs=(0.1,), of='SGD', steps=STEPS, metrics=None):
    """The rates of every group before the first step and after each; and momenta."""
    groups = [{'params': [nn.Parameter(torch.zeros(1))], 'lr': rate} for rate in lrs]
    optimizer = optim.SGD(groups, lr=1, momentum=0.5) if of == 'SGD' else optim.Adam(groups)
    scheduler = make(optimizer, name, options)
    momentum = 'momentum' if of == 'SGD' else 'betas'
    rates, momenta = [[group['lr']] for group in groups], []
    value = lambda group: group['momentum'] if of == 'SGD' else group['betas'][0]
    momenta = [[value(group)] for group in optimizer.param_groups]
    rates = [[group['lr']] for group in optimizer.param_groups]
    for k in range(steps):
        optimizer.step()
        scheduler.step(*([] if metrics is None else [metrics[k]]))
        for group, seen, moved in zip(optimizer.param_groups, rates, momenta):
            seen.append(group['lr'])
            moved.append(value(group))
    case = {'op': name, 'options': options, 'of': of, 'initial': list(lrs), 'lr': [doubles(seen) for seen in rates]}
    if any(len(set(moved)) > 1 for moved in momenta):
        case['momentum'] = [doubles(moved) for moved in momenta]
    return case if metrics is None else {**case, 'metrics': doubles(metrics)}


def rates():
    two = (0.1, 3)
    yield schedule('LambdaLR', {'factor': 'inverse'}, two)
    yield schedule('MultiplicativeLR', {'factor': 'slower'})
    yield schedule('StepLR', {'stepSize': 30, 'gamma': 0.5}, two)
    yield schedule('StepLR', {'stepSize': 1, 'gamma': 0.9})
    yield schedule('MultiStepLR', {'milestones': [5, 80, 80, 150], 'gamma': 0.5})
    yield schedule('ConstantLR', {'factor': 0.25, 'totalIters': 40}, two)
    yield schedule('LinearLR', {'startFactor': 0.1, 'endFactor': 0.5, 'totalIters': 120})
    yield schedule('LinearLR', {})
    yield schedule('ExponentialLR', {'gamma': 0.97}, two)
    yield schedule('PolynomialLR', {'totalIters': 150, 'power': 2}, two)
    yield schedule('PolynomialLR', {'totalIters': 90, 'power': 0.5})
    yield schedule('CosineAnnealingLR', {'tMax': 200})
    yield schedule('CosineAnnealingLR', {'tMax': 30, 'etaMin': 0.01}, two)
    yield schedule('CosineAnnealingLR', {'tMax': 1})
    yield schedule('CosineAnnealingWarmRestarts', {'t0': 7, 'tMult': 2, 'etaMin': 0.01}, two)
    yield schedule('CosineAnnealingWarmRestarts', {'t0': 40})
    rising = {'baseLr': 0.1, 'maxLr': 0.5, 'cycleMomentum': False}
    yield schedule('CyclicLR', {**rising, 'stepSizeUp': 30})
    yield schedule('CyclicLR', {**rising, 'stepSizeUp': 8, 'stepSizeDown': 24, 'mode': 'triangular2'})
    yield schedule('CyclicLR', {**rising, 'stepSizeUp': 16, 'mode': 'expRange', 'gamma': 0.99})
    yield schedule('CyclicLR', {'baseLr': 0.1, 'maxLr': 0.5, 'stepSizeUp': 20})
    cycling = {'baseLr': 0.01, 'maxLr': 1, 'stepSizeUp': 16, 'baseMomentum': 0.7, 'maxMomentum': 0.95}
    yield schedule('CyclicLR', {**cycling, 'scaleFn': 'root', 'scaleMode': 'cycle'}, two)
    yield schedule('CyclicLR', {**cycling, 'scaleFn': 'inverse', 'scaleMode': 'iterations'})
    yield schedule('CyclicLR', {**cycling, 'baseLr': [0.1, 0.2], 'maxLr': [0.5, 0.6]}, two)
    yield schedule('OneCycleLR', {'maxLr': 1, 'totalSteps': 201, 'cycleMomentum': False})
    yield schedule('OneCycleLR', {'maxLr': [1, 2], 'totalSteps': 201}, two)
    yield schedule('OneCycleLR', {'maxLr': 1, 'totalSteps': 220, 'threePhase': True, 'baseMomentum': 0.8, 'maxMomentum': 0.9}, of='Adam')
    yield schedule('OneCycleLR', {'maxLr': 1, 'epochs': 21, 'stepsPerEpoch': 10, 'pctStart': 0.5, 'annealStrategy': 'linear',
                                  'divFactor': 10, 'finalDivFactor': 100}, of='Adam')
    # A loss that falls ever more slowly, with noise and a relapse.
    falling = [1 / (1 + 0.05 * k) + 0.02 * float(x) + (0.3 if 90 < k < 100 else 0) for k, x in enumerate(torch.randn(STEPS))]
    yield schedule('ReduceLROnPlateau', {}, two, metrics=falling)
    yield schedule('ReduceLROnPlateau', {'factor': 0.5, 'patience': 3, 'cooldown': 4}, metrics=falling)
    yield schedule('ReduceLROnPlateau', {'factor': 0.5, 'patience': 2, 'threshold': 0.05, 'thresholdMode': 'abs', 'minLr': [0.01, 0.5]},
                   two, metrics=falling)
    rising = [1 - value for value in falling]
    yield schedule('ReduceLROnPlateau', {'mode': 'max', 'factor': 0.7, 'patience': 4}, metrics=rising)
    yield schedule('ReduceLROnPlateau', {'mode': 'max', 'factor': 0.7, 'patience': 0, 'threshold': 0.01, 'thresholdMode': 'abs',
                                         'eps': 0.01}, metrics=rising)
    warm = ('LinearLR', {'startFactor': 0.1, 'totalIters': 20})
    yield schedule('ChainedScheduler', {'parts': [warm, ('ExponentialLR', {'gamma': 0.98})]}, two)
    yield schedule('ChainedScheduler', {'parts': [('ConstantLR', {'factor': 0.1, 'totalIters': 10}), ('StepLR', {'stepSize': 30})]})
    yield schedule('SequentialLR', {'parts': [warm, ('CosineAnnealingLR', {'tMax': 180})], 'milestones': [20]}, two)
    yield schedule('SequentialLR', {'parts': [warm, ('StepLR', {'stepSize': 20}), ('ExponentialLR', {'gamma': 0.9})],
                                    'milestones': [20, 100]})
