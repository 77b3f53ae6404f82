"""Writes tests/golden/formats: small files in the formats that zcp reads,
made by the libraries that make the real ones (NumPy, PyTorch, Python's
pickle). Values are arbitrary; what counts is the layout.

    /usr/bin/python3 tests/reference/make_formats.py
"""
import collections
import pathlib

import numpy as np
import torch

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


CELLS = ['|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|'
         '+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|',
         '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|',
         '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|'
         '+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|']


def nas_bench_201_run(arch, dataset, sets, seed, epochs):
  """ResultsCount.state_dict() of nas_201_api/api.py."""
  names = [f'{name}@{epoch}' for name in sets for epoch in range(epochs)]
  accuracy = {name: 10 + seed / 100 + epochs / 10 + i / 8
              for i, name in enumerate(names)}
  return {
      'name': dataset,
      # Weights were cleared; what a file with some looks like, once.
      'net_state_dict': collections.OrderedDict(w=torch.zeros(2))
                        if seed == 999 else None,
      'train_acc1es': {epoch: 50.0 + epoch for epoch in range(epochs)},
      'train_acc5es': None,
      'train_losses': {epoch: 2.0 - epoch for epoch in range(epochs)},
      'train_times': collections.OrderedDict({e: 7.5 for e in range(epochs)}),
      'arch_config': {'channel': 16, 'num_cells': 5, 'arch_str': arch,
                      'class_num': 10},
      'params': np.float64(0.073306),
      'flop': 7.78281,
      'seed': seed,
      'epochs': epochs,
      'latency': [0.015, 0.016],
      'eval_names': sets,
      'eval_acc1es': accuracy,
      'eval_times': {name: 0.5 for name in names},
      'eval_losses': {name: 1.5 for name in names},
  }


def nas_bench_201_infos(index):
  """ArchResults.state_dict() for 200 epochs and for 12, here fewer of them."""
  def state(runs):
    return {'arch_index': index, 'arch_str': CELLS[index],
            'all_results': {(run['name'], run['seed']): run for run in runs},
            'dataset_seed': {run['name']: [run['seed']] for run in runs},
            'clear_net_done': True}
  run = lambda *rest: nas_bench_201_run(CELLS[index], *rest)
  return collections.OrderedDict(
      full=state([run('cifar10-valid', ['x-valid', 'ori-test'], 777, 4),
                  run('cifar10', ['ori-test'], 777, 4),
                  run('cifar10', ['ori-test'], 888 + 111 * (index == 1), 4),
                  run('cifar100', ['x-valid', 'x-test', 'ori-test'], 777, 4),
                  run('ImageNet16-120', ['x-test'], 777, 4)]),
      less=state([run('cifar10-valid', ['x-valid'], 111, 2)]))


def nas_bench_201(count):
  return {'meta_archs': CELLS, 'total_archs': len(CELLS), 'basestr': 'C16-N5',
          'arch2infos': {i: nas_bench_201_infos(i) for i in range(count)},
          'evaluated_indexes': set(range(count))}


def torch_files():
  for name, count, new in [
      ('legacy', 3, False), ('zip', 3, True), ('one', 1, False)]:
    torch.save(nas_bench_201(count), FOLDER / f'nas_bench_201_{name}.pth',
               _use_new_zipfile_serialization=new)


if __name__ == '__main__':
  FOLDER.mkdir(exist_ok=True)
  numpy_files()
  torch_files()
