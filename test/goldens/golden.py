"""How a case is computed, checked and written.

Inputs are float32 numbers. Results are computed in float64 and rounded to float32 once, so that a golden carries no
summation order of its own; every case is computed in float32 too and has to agree.
"""

import base64
import json
from pathlib import Path

import torch

HERE = Path(__file__).parent


def floats(t):
    """A float tensor as its shape and base64 little-endian float32: exact, with ±0, ±inf and nan."""
    data = t.detach().to(torch.float32).contiguous().numpy().astype('<f4').tobytes()
    return {'shape': list(t.shape), 'f32': base64.b64encode(data).decode()}


def integers(t):
    return {'shape': list(t.shape), 'i32': t.flatten().tolist()}


def encode(value):
    if isinstance(value, torch.Tensor):
        return floats(value) if value.is_floating_point() else integers(value)
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def write(name, cases):
    """One case a line, so that a change shows as the lines of its cases."""
    lines = ',\n'.join(json.dumps(encode(case), allow_nan=False, separators=(',', ':')) for case in cases)
    text = f'{{"torch":"{torch.__version__}","cases":[\n{lines}\n]}}\n'
    (HERE / f'{name}.json').write_text(text)
    print(f'{name}.json: {len(cases)} cases, {len(text)} bytes, torch {torch.__version__}')


def agree(name, wide, narrow):
    """Float32 and float64 tell the same story, or the case is ill-conditioned and no golden."""
    if not torch.allclose(wide.float(), narrow, rtol=1e-4, atol=1e-5, equal_nan=True):
        raise AssertionError(f'{name}:\n{wide}\n{narrow}')


def differentiate(f, inputs, wrt):
    """y = f(inputs), a random output gradient g, and g's pull-back to every input named in wrt: gx for x."""

    def run(dtype, g):
        leaves = {k: v.to(dtype) if v is not None and v.is_floating_point() else v for k, v in inputs.items()}
        for key in wrt:
            leaves[key] = leaves[key].clone().requires_grad_()
        y = f(*leaves.values())
        g = torch.randn(y.shape) if g is None else g
        y.backward(g.to(dtype))
        return {'y': y.detach(), 'g': g, **{'g' + key: leaves[key].grad for key in wrt}}

    wide = run(torch.float64, None)
    narrow = run(torch.float32, wide['g'])
    for key in wide:
        agree(key, wide[key], narrow[key])
    return {**inputs, **wide}
