"""Ten calls of each kind of function with shapes, dimensions and element types drawn by chance: rows of calls.py."""

import random

import torch
import torch.nn.functional as F

R = torch.randn


def draw(least=0, most=3, empty=0.1):
    """A shape of few numbers; now and then of none."""
    return [0 if random.random() < empty else random.randint(1, 3) for _ in range(random.randint(least, most))]


def some(shape):
    return random.randint(-len(shape), len(shape) - 1) if shape else random.choice((0, -1))


def reductions():
    x = R(draw())
    d = some(x.shape)
    keep = {'keepdim': random.random() < 0.5}
    for name in ('sum', 'mean', 'prod', 'nansum', 'logsumexp'):
        f = getattr(torch, name)
        yield name, lambda x, d, o, f=f: f(x, d, **o), [x, d, keep]
    shape = draw(0, 2, 0)
    e = random.randint(0, len(shape))
    wide = R(shape[:e] + [6] + shape[e:]) + 5  # of two, a difference of nearly equal numbers would be the second gradient
    yield 'std', lambda x, d, o: torch.std(x, d, **o), [wide, e, keep]
    yield 'variance', lambda x, d, o: torch.var(x, d, **o), [wide, e, keep]
    y = R(draw(1, 3, 0))
    f = some(y.shape)
    for name in ('amax', 'amin', 'median'):
        g = getattr(torch, name)
        yield name, lambda x, d, o, g=g: g(x, d, **o), [y, f, keep]
    order = random.choice((1, 1.5, 2, 3, 0.5))
    yield 'norm', lambda x, p, d, o: torch.norm(x, p, d, **o), [y, order, f, keep]


def orders():
    x = R(draw(1, 3, 0))
    d = some(x.shape)
    n = x.shape[d]
    down = {'descending': random.random() < 0.5}
    yield 'sort', lambda x, d, o: torch.sort(x, dim=d, **o, stable=True), [x, d, down]
    k = random.randint(1, n)
    yield 'topk', torch.topk, [x, k, d]
    yield 'kthvalue', torch.kthvalue, [x, k, d]
    for name in ('cumsum', 'cumprod', 'cummax', 'cummin', 'logcumsumexp'):
        yield name, getattr(torch, name), [x, d]
    whole = torch.randint(-(2**31), 2**31 - 1, x.shape, dtype=torch.int32)
    for name in ('amax', 'amin'):
        yield name, getattr(torch, name), [whole, d]
    yield 'sort', lambda x, d: torch.sort(x, dim=d, stable=True), [whole, d]
    q = random.choice((0.0, 0.25, 0.6, 1.0))
    yield 'quantile', torch.quantile, [x, q, d]


def arrangements():
    x = R(draw(1, 3))
    d = some(x.shape)
    n = x.shape[d]
    yield 'flip', torch.flip, [x, [d]]
    yield 'roll', torch.roll, [x, random.randint(-4, 4), d]
    yield 'movedim', torch.movedim, [x, d, some(x.shape)]
    yield 'swapaxes', torch.swapaxes, [x, d, some(x.shape)]
    start = random.randint(0, n)
    yield 'narrow', torch.narrow, [x, d, start, random.randint(0, n - start)]
    yield 'chunk', torch.chunk, [x, random.randint(1, 4), d]
    yield 'repeatInterleave', torch.repeat_interleave, [x, random.randint(0, 3), d]
    yield 'tile', torch.tile, [x, [random.randint(1, 3) for _ in range(random.randint(1, 3))]]
    m = R(draw(2, 3))
    offset = random.randint(-3, 3)
    for name in ('tril', 'triu'):
        yield name, getattr(torch, name), [m, offset]


def picks():
    x = R(draw(1, 3, 0))
    d = some(x.shape)
    n = x.shape[d]
    shape = [random.randint(1, s) for s in x.shape]
    shape[d] = random.randint(0, 4)
    index = torch.randint(0, n, shape)
    yield 'gather', lambda x, d, i: torch.gather(x, d, i.long()), [x, d, index.int()]
    yield 'scatterAdd', lambda x, d, i, s: torch.scatter_add(x, d, i.long(), s), [x, d, index.int(), R(shape)]
    rows = torch.randint(0, n, [random.randint(0, 4)])
    yield 'indexSelect', lambda x, d, i: torch.index_select(x, d, i.long()), [x, d, rows.int()]
    source = R([len(rows) if e == d % x.dim() else s for e, s in enumerate(x.shape)])
    yield 'indexAdd', lambda x, d, i, s: torch.index_add(x, d, i.long(), s), [x, d, rows.int(), source]
    mask = torch.rand(x.shape) < 0.5
    yield 'maskedFill', torch.masked_fill, [x, mask, -1.5]
    yield 'where', lambda m, a, b: torch.where(m, a, b), [mask, x, R(x.shape)]


def products():
    b, m, k, n = (random.randint(1, 3) for _ in range(4))
    yield 'matmul', torch.matmul, [R(b, m, k), R(k, n)]
    yield 'matmul', torch.matmul, [R(k), R(b, k, n)]
    yield 'bmm', torch.bmm, [R(b, m, k), R(b, k, n)]
    yield 'einsum', torch.einsum, ['bik,jk->bij', R(b, m, k), R(n, k)]
    yield 'kron', torch.kron, [R(m, k), R(n, b)]
    yield 'cdist', torch.cdist, [R(m, k), R(n, k)]
    yield 'outer', torch.outer, [R(m), R(n)]


def elements():
    a = R(draw())
    b = R(a.shape)
    for name in ('hypot', 'atan2', 'logaddexp', 'copysign'):
        yield name, getattr(torch, name), [a, b]
    yield 'lerp', torch.lerp, [a, b, 0.25]
    for name in ('softmax', 'logSoftmax'):
        f = {'softmax': torch.softmax, 'logSoftmax': torch.log_softmax}[name]
        yield name, f, [a, some(a.shape)]
    x = 3 * torch.rand(a.shape) + 0.25
    for name in ('log1p', 'lgamma', 'digamma', 'sinc', 'asinh', 'i0'):
        yield name, getattr(torch, name), [x]


def windows():
    c, h, w = random.randint(1, 2), random.randint(3, 5), random.randint(3, 5)
    x = R(1, c, h, w)
    k, s, p = random.randint(2, 3), random.randint(1, 2), random.randint(0, 1)
    yield 'maxPool2d', lambda x, k, o: F.max_pool2d(x, k, o['stride'], o['padding']), [x, k, {'stride': s, 'padding': p}]
    yield 'avgPool2d', lambda x, k, o: F.avg_pool2d(x, k, o['stride'], o['padding']), [x, k, {'stride': s, 'padding': p}]
    o = {'stride': s, 'padding': p}
    yield 'conv2d', lambda x, w, b, o: F.conv2d(x, w, b, **o), [x, R(2, c, 2, k), R(2), o]
    yield 'convTranspose2d', lambda x, w, b, o: F.conv_transpose2d(x, w, b, **o), [x, R(c, 2, 2, k), R(2), o]
    size = [random.randint(1, 5), random.randint(1, 5)]
    yield 'adaptiveAvgPool2d', F.adaptive_avg_pool2d, [x, size]
    mode = random.choice(('reflect', 'replicate', 'circular'))
    yield 'pad', F.pad, [x, [random.randint(0, 2) for _ in range(4)], mode]


def table():
    random.seed(0)
    for kind in (reductions, orders, arrangements, picks, products, elements, windows):
        for _ in range(10):
            yield from kind()
