"""Calls of functions of one or two elements, and of integers."""

import torch

R = torch.randn
I = torch.tensor


def table():
    inside = I([-1.0, -0.9, -0.5, -1e-3, 0, 1e-4, 0.3, 0.7, 1])
    wide = I([-3.0, -1.25, -0.5, -1e-3, 0, 1e-4, 0.3, 2, 5])
    above = I([1e-3, 0.25, 0.5, 1, 1.5, 2, 7, 30])
    for name in ('asin', 'acos', 'atanh', 'erfinv'):
        yield name, getattr(torch, name), [inside]
    for name in ('tan', 'sinh', 'cosh', 'asinh', 'exp2', 'erfc', 'i0'):
        yield name, getattr(torch, name), [wide]
    yield 'sinc', torch.sinc, [I([-2.5, -0.75, -0.25, 0.1, 0.3, 1.2, 7.4])]
    for name in ('log2', 'log10', 'lgamma', 'digamma'):
        yield name, getattr(torch, name), [above]
    for name in ('lgamma', 'digamma'):
        yield name, getattr(torch, name), [I([-0.3, -1.6, -2.5, -7.25])]
    yield 'acosh', torch.acosh, [I([1, 1.01, 1.5, 3, 100])]

    for name in ('atan2', 'hypot', 'copysign', 'fmod', 'remainder'):
        yield name, getattr(torch, name), [R(3, 4) * 3, R(4)]
    signs = I([1.0, -1, 2, -2, 0]), I([-0.0, 0, -3, 3, -1])
    yield 'copysign', torch.copysign, list(signs)
    yield 'atan2', torch.atan2, [I([0.5, -0.5, 2]), I([-1.0, -1, 0])]
    sevens = I([7.0, -7, 7, -7, 0.5]), I([3.0, 3, -3, -3, 2])
    for mode in ('floor', 'trunc'):
        call = lambda a, b, o, mode=mode: torch.div(a, b, rounding_mode=mode)
        yield 'div', call, [*sevens, {'roundingMode': mode}]
        yield 'div', call, [I([7, -7, 7, -7, 16777217]), I([3, 3, -3, -3, 1]), {'roundingMode': mode}]
    yield 'fmod', torch.fmod, list(sevens)
    yield 'remainder', torch.remainder, list(sevens)
    yield 'add', lambda a, b, o: torch.add(a, b, **o), [R(2, 3), R(3), {'alpha': 0.5}]
    yield 'sub', lambda a, b, o: torch.sub(a, b, **o), [R(2, 3), R(3), {'alpha': -2}]
    yield 'round', lambda x, o: torch.round(x, **o), [I([0.125, 1.38, -2.51, 1234.56]), {'decimals': 1}]
    yield 'round', lambda x, o: torch.round(x, **o), [I([1260.0, 1340, -49, 51]), {'decimals': -2}]

    ints = I([7, -7, 7, -7, 16777217, 0]), I([3, 3, -3, -3, 2, 5])
    for name, f in (
        ('fmod', torch.fmod), ('remainder', torch.remainder), ('bitwiseAnd', torch.bitwise_and),
        ('bitwiseOr', torch.bitwise_or), ('bitwiseXor', torch.bitwise_xor),
        ('floorDivide', lambda a, b: torch.div(a, b, rounding_mode='floor')),
    ):
        yield name, f, list(ints)
    for name, f in (('bitwiseLeftShift', torch.bitwise_left_shift), ('bitwiseRightShift', torch.bitwise_right_shift)):
        yield name, f, [I([7, -7, 1, 16777217]), I([3, 1, 0, 4])]
    yield 'bitwiseNot', torch.bitwise_not, [I([0, -1, 7, 16777217])]
    large = I([[16777217, -5, 16777216], [3, 3, -2147483647]])
    for name in ('neg', 'abs', 'sign'):
        yield name, getattr(torch, name), [large]
    yield 'clamp', torch.clamp, [large, -4, 16777216]
    yield 'amax', torch.amax, [large, 1]
    yield 'amin', torch.amin, [large, 1]
    yield 'max', lambda x, d: torch.max(x, d), [large, 1]
    yield 'argmin', torch.argmin, [large]
    yield 'sort', torch.sort, [large, 1]
    yield 'topk', torch.topk, [large, 2, 1]
    yield 'cumsum', torch.cumsum, [large[:, :2], 1]
    yield 'maximum', torch.maximum, [large, I([16777216, 0, 16777217])]
    for name, c in (('eq', 16777217), ('gt', 2.5), ('lt', 2.5), ('ge', -5), ('ne', 0.5), ('le', 1e10)):
        yield name, getattr(torch, name), [large, c]

    zero = I([-1.5, 0, 0.5, 2])
    for n in (2, 3, 4, 1):
        yield 'pow', torch.pow, [zero, n]
    for n in (0.5, -0.5, 2.5, -1, -2):
        yield 'pow', torch.pow, [I([0.25, 0.5, 2, 3]), n]
    yield 'pow', torch.pow, [I([0.0, 0, 0.5, 2]), I([2.0, 1, 0, 3])]
    yield 'xlogy', torch.xlogy, [I([0.0, 0, 2]), I([0.5, 3, 0.25])]
