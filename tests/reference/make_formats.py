"""Writes tests/golden/formats: small files in the formats that zcp reads,
made by the libraries that make the real ones (NumPy, PyTorch, Python's
pickle). Values are arbitrary; what counts is the layout.

    /usr/bin/python3 tests/reference/make_formats.py
"""
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / 'golden' / 'formats'


def numpy_files():
  counted = np.arange(24).reshape(2, 3, 4)
  arrays = {
      'c_f8': counted.astype('<f8') / 2,
      'fortran_f4': np.asfortranarray(counted.astype('<f4')),
      'f2': np.array([1.5, -2, 65504, 6e-8, np.inf], '<f2'),
      'i2': np.array([[1, -2], [300, 4]], '<i2'),
      'big_endian': np.arange(3, dtype='>f4'),
      'record': np.zeros(2, [('a', '<f4')]),
  }
  for name, array in arrays.items():
    np.save(FOLDER / f'numpy_{name}.npy', array)
  np.save(FOLDER / 'numpy_object.npy', np.array([1, None], object))
  with open(FOLDER / 'numpy_version2.npy', 'wb') as file:
    np.lib.format.write_array(file, arrays['i2'], version=(2, 0))


if __name__ == '__main__':
  FOLDER.mkdir(exist_ok=True)
  numpy_files()
