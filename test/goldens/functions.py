"""Cases of functions: values and gradients."""

import math

import torch
import torch.nn.functional as F
from golden import differentiate

NAN, INF = math.nan, math.inf


def conv2d():
    #   x                w                b      stride  padding  dilation groups
    table = [
        ((2, 3, 7, 6), (4, 3, 3, 3), True, 1, 0, 1, 1),
        ((2, 3, 7, 5), (4, 3, 3, 3), True, 1, 1, 1, 1),
        ((1, 2, 9, 7), (3, 2, 3, 3), False, 2, 1, 1, 1),
        ((2, 2, 9, 8), (3, 2, 3, 3), True, [2, 1], [1, 0], 1, 1),
        ((1, 3, 8, 8), (2, 3, 5, 5), True, 1, 2, 1, 1),
        ((1, 2, 11, 9), (3, 2, 5, 5), True, 2, 2, 1, 1),
        ((2, 5, 4, 3), (6, 5, 1, 1), True, 1, 0, 1, 1),
        ((2, 4, 5, 5), (3, 4, 1, 1), False, 2, 0, 1, 1),
        ((2, 3, 7, 5), (2, 3, 3, 2), True, 1, 0, 1, 1),
        ((1, 2, 6, 7), (3, 2, 3, 2), True, 1, 'same', 1, 1),
        ((1, 2, 7, 7), (2, 2, 3, 3), True, 1, 'same', 2, 1),
        ((1, 2, 6, 6), (2, 2, 3, 2), False, 1, 'same', 2, 1),
        ((1, 3, 9, 8), (2, 3, 3, 3), True, 2, 2, 2, 1),
        ((2, 4, 6, 5), (6, 2, 3, 3), True, 1, 1, 1, 2),
        ((1, 4, 8, 7), (4, 2, 3, 3), True, [2, 1], 1, [1, 2], 2),
        ((2, 5, 7, 6), (5, 1, 3, 3), True, 1, 1, 1, 5),
        ((1, 3, 9, 7), (6, 1, 5, 5), False, 2, 2, 1, 3),
        ((1, 4, 8, 9), (4, 1, 3, 3), True, 1, 2, 2, 4),
        ((1, 2, 1, 1), (3, 2, 3, 3), True, 1, 1, 1, 1),
        ((3, 1, 5, 5), (1, 1, 5, 5), True, 1, 0, 1, 1),
    ]
    for xs, ws, bias, stride, padding, dilation, groups in table:
        options = {'stride': stride, 'padding': padding, 'dilation': dilation, 'groups': groups}
        inputs = {'x': torch.randn(xs), 'w': torch.randn(ws) / math.prod(ws[1:]) ** 0.5}
        inputs['b'] = torch.randn(ws[0]) if bias else None
        case = differentiate(lambda x, w, b: F.conv2d(x, w, b, **options), inputs, ['x', 'w', *('b' * bias)])
        yield {'options': options, **case, 'gb': case.get('gb')}


def pool():
    ties = torch.tensor([2, 2, 1, 1, 2, 2, 1, 1, 0, 0, 3, 0, 0, 0, 0, 3.]).reshape(1, 1, 4, 4)
    nan = torch.tensor([1, NAN, 3, 4, 5, 6, NAN, NAN, -INF, -INF, 0, -1, -INF, -INF, INF, -1]).reshape(1, 1, 4, 4)
    #       x  kernelSize  stride  padding  dilation  ceilMode
    maxima = [
        ((2, 3, 6, 6), 2, None, 0, 1, False),
        ((1, 2, 7, 5), 2, 2, 0, 1, False),
        ((1, 2, 7, 5), 2, 2, 0, 1, True),
        ((1, 2, 7, 8), 3, 2, 1, 1, False),
        ((1, 2, 7, 8), 3, 2, 1, 1, True),
        ((2, 2, 5, 5), 3, 1, 1, 1, False),
        ((1, 2, 7, 6), [3, 2], [2, 1], [1, 0], 1, False),
        ((1, 2, 9, 8), 3, 1, 1, 2, False),
        ((1, 1, 8, 9), 2, 2, 1, [2, 3], True),
        ((1, 2, 3, 3), 3, None, 0, 1, False),
        ((1, 2, 2, 2), 1, 3, 0, 1, True),
        (ties, 2, None, 0, 1, False),
        (ties, 3, 1, 1, 1, False),
        (nan, 2, None, 0, 1, False),
        (nan, 2, 1, 0, 1, False),
    ]
    for x, kernel, stride, padding, dilation, ceil in maxima:
        x = x if isinstance(x, torch.Tensor) else torch.randn(x)
        args = (kernel, stride, padding, dilation, ceil)
        case = differentiate(lambda x: F.max_pool2d(x, *args), {'x': x}, ['x'])
        _, index = F.max_pool2d(x, *args, return_indices=True)
        names = ('kernelSize', 'stride', 'padding', 'dilation', 'ceilMode')
        yield {'op': 'maxPool2d', 'options': dict(zip(names, args)), **case, 'index': index}
    #       x  kernelSize  stride  padding  ceilMode  countIncludePad  divisorOverride
    averages = [
        ((2, 3, 6, 6), 2, None, 0, False, True, None),
        ((1, 2, 7, 5), 2, 2, 0, False, True, None),
        ((1, 2, 7, 5), 2, 2, 0, True, True, None),
        ((1, 2, 7, 5), 2, 2, 0, True, False, None),
        ((1, 2, 7, 8), 3, 2, 1, False, True, None),
        ((1, 2, 7, 8), 3, 2, 1, False, False, None),
        ((1, 2, 8, 6), 3, 2, 1, True, True, None),
        ((1, 2, 8, 6), 3, 2, 1, True, False, None),
        ((1, 2, 7, 6), [3, 2], [2, 1], [1, 0], False, True, None),
        ((1, 2, 5, 5), 3, 1, 1, False, True, 5),
        ((1, 2, 7, 5), 2, 2, 0, True, True, 3),
        ((1, 2, 3, 3), 3, None, 0, False, True, None),
    ]
    for xs, *args in averages:
        case = differentiate(lambda x: F.avg_pool2d(x, *args), {'x': torch.randn(xs)}, ['x'])
        names = ('kernelSize', 'stride', 'padding', 'ceilMode', 'countIncludePad', 'divisorOverride')
        yield {'op': 'avgPool2d', 'options': dict(zip(names, args)), **case}


REDUCTIONS = ('none', 'mean', 'sum')
LOSSES = {
    'mseLoss': F.mse_loss, 'l1Loss': F.l1_loss, 'smoothL1Loss': F.smooth_l1_loss, 'huberLoss': F.huber_loss,
    'crossEntropy': F.cross_entropy, 'nllLoss': F.nll_loss,
    'binaryCrossEntropy': F.binary_cross_entropy,
    'binaryCrossEntropyWithLogits': F.binary_cross_entropy_with_logits,
}
SNAKE = {'ignoreIndex': 'ignore_index', 'labelSmoothing': 'label_smoothing', 'posWeight': 'pos_weight'}


def loss(op, x, t, weight=None, posWeight=None, wrt='x', **options):
    """One loss case; the tensors weight and posWeight stand beside x and t, null where absent."""
    keywords = {SNAKE.get(key, key): value for key, value in options.items()}

    def f(x, t, weight, posWeight):
        tensors = {'weight': weight, 'pos_weight': posWeight}
        return LOSSES[op](x, t, **{k: v for k, v in tensors.items() if v is not None}, **keywords)

    case = differentiate(f, {'x': x, 't': t, 'weight': weight, 'posWeight': posWeight}, list(wrt))
    return {'op': op, 'options': options, **case, 'gt': case.get('gt')}


def losses():
    r = torch.randn
    for reduction in REDUCTIONS:
        yield loss('mseLoss', r(3, 4), r(3, 4), wrt='xt', reduction=reduction)
        x, t = torch.tensor([1., 2, -3, 0]), torch.tensor([0.5, 2, 1, -0.])
        yield loss('l1Loss', x, t, wrt='xt', reduction=reduction)
    # differences on both sides of the corner, on it, and 0
    x, t = torch.tensor([-3, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 3]), torch.zeros(9)
    for reduction in REDUCTIONS:
        for beta in (1, 0.5):
            yield loss('smoothL1Loss', x, t, wrt='xt', reduction=reduction, beta=beta)
            yield loss('huberLoss', x, t, wrt='xt', reduction=reduction, delta=beta)
    yield loss('smoothL1Loss', x, t, wrt='xt', reduction='mean', beta=0)

    n, c = 5, 4
    index, ignoring = torch.tensor([0, 3, 1, 1, 2]), torch.tensor([0, -100, 1, 2, -100])
    weight = torch.tensor([0.5, 2, 1, 0])
    grid = torch.tensor([0, 1, 2, 2, 1, 0, 2, 0, 1, 1, 0, 2]).reshape(2, 2, 3)
    image = (2, 3, 2, 3)
    one_hot = F.one_hot(index, c).float()
    mixed = torch.softmax(r(n, c), 1)
    mixed_image = torch.softmax(r(image), 1)
    for reduction in REDUCTIONS:
        for op, logits in (('crossEntropy', lambda *s: r(*s)), ('nllLoss', lambda *s: F.log_softmax(r(*s), 1))):
            yield loss(op, logits(n, c), index, reduction=reduction)
            yield loss(op, logits(n, c), ignoring, reduction=reduction)
            yield loss(op, logits(n, c), torch.tensor([0, 3, 1, 1, 2]), reduction=reduction, ignoreIndex=1)
            yield loss(op, logits(n, c), index, weight, reduction=reduction)
            yield loss(op, logits(n, c), ignoring, weight, reduction=reduction)
            yield loss(op, logits(*image), grid, reduction=reduction)
            yield loss(op, logits(*image), grid, torch.tensor([1, 0.25, 3]), reduction=reduction, ignoreIndex=0)
        yield loss('crossEntropy', r(n, c), mixed, wrt='xt', reduction=reduction)
        yield loss('crossEntropy', r(n, c), one_hot, wrt='xt', reduction=reduction)
        yield loss('crossEntropy', r(n, c), mixed, weight, wrt='xt', reduction=reduction)
        yield loss('crossEntropy', r(n, c), mixed, weight, wrt='xt', reduction=reduction, labelSmoothing=0.2)
        yield loss('crossEntropy', r(image), mixed_image, wrt='xt', reduction=reduction)
        yield loss('crossEntropy', r(n, c), index, reduction=reduction, labelSmoothing=0.1)
        yield loss('crossEntropy', r(n, c), index, weight, reduction=reduction, labelSmoothing=0.1)
        yield loss('crossEntropy', r(n, c), ignoring, weight, reduction=reduction, labelSmoothing=0.1)
        yield loss('crossEntropy', r(image), grid, reduction=reduction, labelSmoothing=0.3)
    yield loss('crossEntropy', r(2, 3, 4), torch.tensor([0, 1, 2, 0, 2, 2, 1, 0]).reshape(2, 4), reduction='mean')
    yield loss('crossEntropy', r(c), torch.tensor(2), reduction='mean')
    x = torch.tensor([[1000., 0, -1000], [0, 1000, 1000]])
    yield loss('crossEntropy', x, torch.tensor([0, 2]), reduction='none')
    for reduction in REDUCTIONS:  # every target ignored: the mean is 0 / 0
        yield loss('crossEntropy', r(2, c), torch.tensor([-100, -100]), reduction=reduction)

    p = torch.tensor([[0, 1, 0.5], [0.125, 0.75, 1], [0.25, 0.0625, 0]])
    q = torch.tensor([[0, 1, 0.5], [1, 0.25, 0], [0, 1, 1]])
    z = torch.tensor([[0, -1.5, 2], [100, -100, 30], [100, -100, -0.5]])
    for reduction in REDUCTIONS:
        yield loss('binaryCrossEntropy', p, q, reduction=reduction)
        yield loss('binaryCrossEntropy', p, q, torch.tensor([1, 0.5, 2]), reduction=reduction)
        yield loss('binaryCrossEntropyWithLogits', z, q, wrt='xt', reduction=reduction)
        yield loss('binaryCrossEntropyWithLogits', z, q, torch.tensor([1, 0.5, 2]), reduction=reduction)
        yield loss('binaryCrossEntropyWithLogits', z, q, None, torch.tensor([3, 1, 0.5]), reduction=reduction)


def activations():
    near = [1e-8, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 19.5, 20.5, 50, 88, 100, 1e4]
    x = torch.tensor([0.0, -0.0, INF, -INF, NAN, *near, *(-v for v in near)])
    table = [
        ('relu', {}, F.relu),
        ('leakyRelu', {'negativeSlope': 0.01}, F.leaky_relu),
        ('leakyRelu', {'negativeSlope': 0.25}, lambda x: F.leaky_relu(x, 0.25)),
        ('elu', {'alpha': 1}, F.elu),
        ('elu', {'alpha': 0.5}, lambda x: F.elu(x, 0.5)),
        ('gelu', {'approximate': 'none'}, F.gelu),
        ('gelu', {'approximate': 'tanh'}, lambda x: F.gelu(x, approximate='tanh')),
        ('silu', {}, F.silu),
        ('softplus', {'beta': 1, 'threshold': 20}, F.softplus),
        ('softplus', {'beta': 2, 'threshold': 10}, lambda x: F.softplus(x, 2, 10)),
        ('sigmoid', {}, torch.sigmoid),
        ('tanh', {}, torch.tanh),
        ('atan', {}, torch.atan),
    ]
    for op, options, f in table:
        yield {'op': op, 'options': options, **differentiate(f, {'x': x}, ['x'])}
    wide = torch.tensor([[0, 1000, -1000, 999], [-INF, 0, 1, -INF], [NAN, 0, 1, 2], [INF, 0, 1, 2], [-INF] * 4])
    table = [(torch.randn(7), 0), (torch.randn(3, 5), 0), (torch.randn(3, 5), 1), (wide, 1), (torch.randn(4, 1), 1)]
    table += [(torch.randn(2, 3, 2, 4), dim) for dim in (0, 1, 2, -1)]
    for x, dim in table:
        for op, f in (('softmax', F.softmax), ('logSoftmax', F.log_softmax)):
            yield {'op': op, 'options': {'dim': dim}, **differentiate(lambda x: f(x, dim), {'x': x}, ['x'])}
