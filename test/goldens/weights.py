"""Writes weights.safetensors and halves.safetensors beside this script, with the reference implementation.

    pip install safetensors==0.8.0 numpy==2.4.6
    python -B test/goldens/weights.py
"""

from pathlib import Path

import numpy as np
from safetensors import TensorSpec, serialize

HERE = Path(__file__).parent


def write(name, arrays, metadata=None):
    """An array, or a pair of an element type that NumPy has not and an array of its bits, under each name."""
    tensors = {}
    for key, value in arrays.items():
        dtype, array = value if isinstance(value, tuple) else (value.dtype.name, value)
        tensors[key] = TensorSpec(dtype=dtype, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
    (HERE / f'{name}.safetensors').write_bytes(serialize(tensors, metadata))


# Every element type, a single number, no numbers, and names whose order and escapes are easy to get wrong.
write(
    'weights',
    {
        'features.10.weight': np.array([[0.5, -0.0, 1e-45], [np.inf, -np.inf, 3.4028235e38]], np.float32),
        'features.9.weight': np.arange(6, dtype=np.float32).reshape(1, 2, 3),
        '10': np.array(0.1, np.float32),
        '9': np.zeros((0, 3), np.float32),
        'é "\\\n\x01\u2028': np.array([1], np.float32),
        '\uffee': np.array([2], np.float32),
        '\U0001f967': np.array([3], np.float32),
        'steps': np.array([0.1, 2**53], np.float64),
        'labels': np.array([-(2**31), 2**31 - 1, 7], np.int32),
        'pixels': np.array([[0, 255], [1, 128], [2, 3]], np.uint8),
        'mask': np.array([True, False, True]),
    },
    {'format': 'pt "é"'},  # one entry: the library writes several in random order
)

# 16-bit floats, and what NumPy makes of them in 32 bits: zeros, subnormal and normal ends, infinities, NaN.
half = np.array([0, 0x8000, 1, 0x83FF, 0x0400, 0x3555, 0x3C00, 0xC101, 0x7BFF, 0x7C00, 0xFC00, 0x7E01], np.uint16)
brain = np.array([0, 0x8000, 1, 0x807F, 0x0080, 0x3EAB, 0x3F80, 0xC049, 0x7F7F, 0x7F80, 0xFF80, 0x7FC1], np.uint16)
write(
    'halves',
    {
        'half': half.view(np.float16),
        'half as f32': half.view(np.float16).astype(np.float32),
        'brain': ('bfloat16', brain),
        'brain as f32': (brain.astype(np.uint32) << 16).view(np.float32),
    },
)
