"""Writes tests/golden/formats: small files in the formats that zcp reads,
made by the libraries that make the real ones (NumPy, PyTorch, Python's
pickle, Pillow, protoc of Debian's protobuf-compiler). Values are arbitrary; what counts
is the layout.

    /usr/bin/python3 tests/reference/make_formats.py
"""
import base64
import collections
import json
import pathlib
import pickle
import struct
import subprocess

import numpy as np
import PIL.Image
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


def transnas():
  metrics = {'class_scene': ['top1', 'top5', 'loss'],
             'class_object': ['top1', 'top5', 'loss'],
             'room_layout': ['loss', 'neg_loss'],
             'jigsaw': ['top1', 'top5', 'loss'],
             'segmentsemantic': ['loss', 'acc', 'mIoU'],
             'normal': ['ssim', 'l1_loss'],
             'autoencoder': ['ssim', 'l1_loss']}
  names = {task: [f'{part}_{metric}' for part in ['train', 'valid', 'test']
                  for metric in task_metrics] + ['time_elapsed']
           for task, task_metrics in metrics.items()}
  infos = ['inference_time', 'encoder_params', 'model_params', 'model_FLOPs',
           'encoder_FLOPs']

  def result(arch, task):
    # The best of three epochs is the second.
    base = 100 * arch + 10 * list(metrics).index(task)
    return {'total_epochs': 3,
            'model_info': {info: base + i / 4 for i, info in enumerate(infos)},
            'metrics': {name: [base + i, base + i + 0.5, base + i + 0.25]
                        for i, name in enumerate(names[task])}}
  archs = {'macro': ['64-1234-basic', '64-2311-basic'],
           'micro': ['64-41414-1_02_333', '64-41414-0_00_000']}
  count = 0
  data = {}
  for space, specs in archs.items():
    data[space] = {}
    for arch in specs:
      data[space][arch] = {task: result(count, task) for task in metrics}
      count += 1
  return {'metrics_dict': names, 'info_names': infos,
          'task_list': list(metrics), 'data': data}


def transnas_files():
  torch.save(transnas(), FOLDER / 'transnas.pth')
  with open(FOLDER / 'transnas.json', 'w') as file:
    json.dump(transnas(), file)


def hw_nas_bench():
  """Lists and arrays, Python's and NumPy's numbers: all that float() takes."""
  def metrics(classes, base):
    return {'edgegpu_latency': [np.float64(base + i / 8) for i in range(3)],
            'edgegpu_energy': [base + i for i in range(3)],
            'raspi4_latency': np.arange(base, base + 3.0),
            'fpga_energy': np.arange(3, dtype='<f4'),
            'eyeriss_arithmetic_intensity': np.arange(3),
            'config': [{'name': 'infer.tiny', 'C': 16, 'N': 5,
                        'arch_str': cell, 'num_classes': classes}
                       for cell in CELLS]}
  return {'nasbench201': {'cifar10': metrics(10, 1.0),
                          'cifar100': metrics(100, 20.0),
                          'ImageNet16-120': metrics(120, 300.0)},
          'fbnet': {'edgegpu_latency': {'FC_Cin1504_Cout100': 0.25}}}


def hw_nas_bench_files():
  for protocol in (2, 3, 4):
    with open(FOLDER / f'hw_nas_bench_{protocol}.pickle', 'wb') as file:
      pickle.dump(hw_nas_bench(), file, protocol=protocol)


def photographs():
  """Images of 40 x 30, what Pillow reads from them, and how it resizes one."""
  rows, columns = np.mgrid[:30, :40]
  noise = np.random.default_rng(0).integers(0, 40, (30, 40))
  pixels = np.stack([rows * 7 + noise, columns * 5, (rows * columns) % 256], 2)
  rgb = PIL.Image.fromarray(pixels.astype('uint8'))
  alpha = rgb.copy()
  alpha.putalpha(PIL.Image.fromarray((columns * 6).astype('uint8')))
  files = {
      'rgb.png': (rgb, {}), 'grey.png': (rgb.convert('L'), {}),
      'alpha.png': (alpha, {}), 'palette.png': (rgb.quantize(16), {}),
      'rgb.jpg': (rgb, {}), 'grey.jpg': (rgb.convert('L'), {}),
      'progressive.jpg': (rgb, {'progressive': True}),
      'cmyk.jpg': (rgb.convert('CMYK'), {})}
  for name, (image, options) in files.items():
    path = FOLDER / f'photo_{name}'
    image.save(path, **options)
    np.save(path.with_name(path.name + '.npy'),
            np.asarray(PIL.Image.open(path).convert('RGB')))
  for side in (17, 64):
    size = (int(side * 40 / 30), side)
    np.save(FOLDER / f'photo_resized_{side}.npy',
            np.asarray(rgb.resize(size, PIL.Image.BILINEAR)))


def torch_files():
  for name, count, new in [
      ('legacy', 3, False), ('zip', 3, True), ('one', 1, False)]:
    torch.save(nas_bench_201(count), FOLDER / f'nas_bench_201_{name}.pth',
               _use_new_zipfile_serialization=new)


def masked_crc(data):
  """CRC-32C, bit by bit, as TensorFlow's record files store it."""
  crc = 0xFFFFFFFF
  for byte in data:
    crc ^= byte
    for _ in range(8):
      crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
  crc ^= 0xFFFFFFFF
  return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def tf_record(data):
  length = struct.pack('<Q', len(data))
  return (length + struct.pack('<I', masked_crc(length)) + data +
          struct.pack('<I', masked_crc(data)))


def model_metrics(epochs, repeat, cell):
  """The protobuf, by protoc from its text."""
  def evaluation(part):
    accuracy = 0.5 + epochs / 1000 + repeat / 100 + part / 8 + cell / 256
    return (f'evaluation_data {{ current_epoch: {epochs * part / 2} '
            f'training_time: {epochs * 10.0 * part / 2 + repeat} '
            f'train_accuracy: 1 validation_accuracy: {accuracy} '
            f'test_accuracy: {accuracy - 1 / 64} checkpoint_path: "" }}')
  text = (' '.join(map(evaluation, range(3))) +
          f' trainable_parameters: {2694282 + cell} total_time: 1e4')
  here = pathlib.Path(__file__).resolve().parent
  return subprocess.run(
      ['protoc', f'-I{here}', '--encode=ModelMetrics', 'model_metrics.proto'],
      input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def nas_bench_101(lengths):
  conv3, conv1, pool = 'conv3x3-bn-relu', 'conv1x1-bn-relu', 'maxpool3x3'
  cells = [  # the first is the example of the API's documentation
      ('00005c142e6f48ac74fdcf73e3439874',
       '0111010' '0000001' '0000001' '0000100' '0000001' '0000001' '0000000',
       ['input', conv1, conv3, conv3, conv3, pool, 'output']),
      ('ffd10e1b2c3d4e5f60718293a4b5c6d7', '010' '001' '000',
       ['input', conv1, 'output'])]
  file = b''
  for repeat in range(3):
    for cell, (module_hash, matrix, operations) in enumerate(cells):
      for epochs in lengths:
        metrics = model_metrics(epochs, repeat, cell)
        file += tf_record(json.dumps([
            module_hash, epochs, matrix, ','.join(operations),
            base64.encodebytes(metrics).decode()]).encode())
  return file


def token_files():
  """Two texts of three words, as tokenisers give them, and two images."""
  words = np.array([[101, 7592, 102], [101, 102, 0]])
  mask = np.array([[1, 1, 1], [1, 1, 0]])
  labels = np.array([1, 0])
  torch.save({'input_ids': torch.tensor(words), 'attention_mask': torch.tensor(mask),
              'token_type_ids': torch.zeros(2, 3, dtype=torch.long), 'labels': torch.tensor(labels)},
             FOLDER / 'tokens_masked.pt')
  np.savez(FOLDER / 'tokens_masked.npz', x=words.astype('<i4'), y=labels, mask=mask.astype(bool))
  np.savez_compressed(FOLDER / 'images.npz', y=labels,
                      x=np.asfortranarray(np.arange(24).reshape(2, 1, 3, 4) / 8))


class Several(torch.nn.Module):
  """Of an image, words and an age."""

  def __init__(self):
    super().__init__()
    self.stem = torch.nn.Conv2d(2, 6, 3, padding=1)
    self.norm = torch.nn.BatchNorm2d(6)
    self.table = torch.nn.Embedding(9, 6)
    self.age = torch.nn.Linear(1, 6)
    self.head = torch.nn.Linear(6, 3)

  def forward(self, image, words, age):
    seen = torch.relu(self.norm(self.stem(image))).mean((2, 3))
    read = torch.relu(self.table(words).mean(1))
    return self.head(seen + read + torch.relu(self.age(age)))


def several_files():
  """A network of several inputs, and data of it by name and by position."""
  torch.manual_seed(21)
  image = torch.randn(6, 2, 5, 4).to(memory_format=torch.channels_last)
  words = torch.randint(0, 9, (6, 3), dtype=torch.int32)
  age = torch.rand(6, 1, dtype=torch.float64)
  y = torch.tensor([2, 0, 1, 1, 0, 2])
  net = Several().train()
  torch.jit.trace(net, (image, words, age.float()), check_trace=False).save(
      str(FOLDER / 'several_net.pt'))
  # The order of names is not that of the network's arguments.
  torch.save({'x': {'age': age, 'image': image, 'words': words}, 'y': y},
             FOLDER / 'several_named.pt')
  torch.save({'x': (image, words, age), 'y': y}, FOLDER / 'several.pt')
  arrays = {'image': np.asfortranarray(image.numpy()), 'words': words.numpy(), 'age': age.numpy()}
  np.savez(FOLDER / 'several_named.npz', y=y.numpy(), **{f'x.{k}': a for k, a in arrays.items()})
  np.savez_compressed(FOLDER / 'several.npz', y=y.numpy(),
                      **{f'x.{i}': a for i, a in enumerate(arrays.values())})


def tf_record_files():
  (FOLDER / 'nas_bench_101_full.tfrecord').write_bytes(
      nas_bench_101([4, 12, 36, 108]))
  (FOLDER / 'nas_bench_101_only108.tfrecord').write_bytes(nas_bench_101([108]))


if __name__ == '__main__':
  FOLDER.mkdir(exist_ok=True)
  numpy_files()
  torch_files()
  token_files()
  several_files()
  tf_record_files()
  transnas_files()
  hw_nas_bench_files()
  photographs()
