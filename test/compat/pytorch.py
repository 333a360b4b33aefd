"""Writes pytorch.json: the public names of PyTorch, and of each the arguments that may be left out.

    python3 -B test/compat/pytorch.py

Names are those that PyTorch documents; what works in Python alone (`out`, devices, layouts) is left out.
"""

import inspect
import json
import os
import re

import torch
import torch.nn.functional
import torch.optim.lr_scheduler
import torch.utils.data

PYTHON = {
    'out', 'dtype', 'layout', 'device', 'requires_grad', 'pin_memory', 'memory_format', 'inplace', 'size_average',
    'reduce', 'foreach', 'capturable', 'differentiable', 'fused', 'args', 'kwargs', 'non_blocking', 'copy',
    'process_group', 'num_workers', 'worker_init_fn', 'multiprocessing_context', 'persistent_workers',
    'pin_memory_device', 'prefetch_factor', 'timeout', 'verbose', 'as_tuple', 'stable', 'antialias',
}


def optional(f):
    """Names of arguments with a default: from the signature, or of a builtin from the first line of its documentation."""
    try:
        found = [p.name for p in inspect.signature(f).parameters.values() if p.default is not p.empty]
    except (TypeError, ValueError):
        names = f.__name__.split('.')[-1]
        found = []
        for line in re.findall(rf'^\s*(?:torch\.|Tensor\.)?{names}\((.*)\)(?: ->.*)?$', f.__doc__ or '', re.M)[:3]:
            found += re.findall(r'(\w+)\s*=', re.sub(r'\(.*?\)|\[.*?\]', '', line))
    return sorted({name for name in found if name not in PYTHON and not name.startswith('_')})


def documented(module, keep=lambda name, f: True):
    names = {}
    for name in sorted(dir(module)):
        f = getattr(module, name)
        if name.startswith('_') or not callable(f) or not isinstance(f.__doc__, str) or not keep(name, f):
            continue
        names[name] = optional(f)
    return names


def of(module, *names):
    return {name: optional(getattr(module, name)) for name in names}


def function(name, f):
    return not inspect.isclass(f) and not name.endswith('_') and getattr(f, '__module__', '') not in (
        'typing', 'torch._jit_internal', 'torch.overrides')


def layer(name, f):
    return inspect.isclass(f)


nn = documented(torch.nn, layer)
functional = documented(torch.nn.functional, lambda name, f: function(name, f) and not name.startswith('has_torch'))
for name in ('binary_cross_entropy_with_logits', 'max_pool1d', 'max_pool2d', 'max_pool3d'):
    functional.setdefault(name, optional(getattr(torch.nn.functional, name)))
for name in ('handle_torch_function', 'assert_int_or_pair', 'boolean_dispatch'):
    functional.pop(name, None)

table = {
    'torch': documented(torch, function),
    'torch.Tensor': documented(torch.Tensor),
    'torch.nn': nn,
    'torch.nn.functional': functional,
    'torch.nn.init': {n: optional(getattr(torch.nn.init, n)) for n in (
        'calculate_gain uniform_ normal_ trunc_normal_ constant_ ones_ zeros_ eye_ dirac_ xavier_uniform_ '
        'xavier_normal_ kaiming_uniform_ kaiming_normal_ orthogonal_ sparse_').split()},
    'torch.nn.utils': of(torch.nn.utils, 'clip_grad_norm_', 'clip_grad_value_', 'parameters_to_vector',
                         'vector_to_parameters', 'weight_norm', 'spectral_norm'),
    'torch.optim': documented(torch.optim, layer),
    'torch.optim.lr_scheduler': of(torch.optim.lr_scheduler, *[
        n for n in torch.optim.lr_scheduler.__all__ if not n.startswith('_')]),
    'torch.linalg': documented(torch.linalg, function),
    'torch.utils.data': of(torch.utils.data, *(
        'DataLoader Dataset IterableDataset TensorDataset ConcatDataset ChainDataset Subset random_split Sampler '
        'SequentialSampler RandomSampler SubsetRandomSampler WeightedRandomSampler BatchSampler').split()),
}
path = os.path.join(os.path.dirname(__file__), 'pytorch.json')
with open(path, 'w') as file:
    lines = [f'{json.dumps(n)}: {{\n' + ',\n'.join(f'  {json.dumps(k)}: {json.dumps(v)}' for k, v in t.items()) + '\n}'
             for n, t in table.items()]
    file.write('{\n"version": ' + json.dumps(torch.__version__.split('+')[0]) + ',\n' + ',\n'.join(lines) + '\n}\n')
