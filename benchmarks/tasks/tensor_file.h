// The file of the task `tensors`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/formats/files.h"
#include "common/network_inputs.h"
#include "common/shape.h"

namespace zcp::tasks {

/// What torch.save({'x': x, 'y': y}) or numpy.savez(file, x=x, y=y) wrote.
struct TensorFile {
  Shape shape;
  int classes = 0;       ///< as asked, or the largest label + 1
  std::vector<float> x;  ///< N x C x H x W, row-major
  /// Of several inputs, whose x is [N, K, 1, 1]: how they lie in it.
  NetworkInputs inputs;
  /// Of texts, whose x is [N, T] of whole numbers and whose shape is {1, T, 1}:
  /// the largest word + 1; 0: real numbers.
  std::int64_t vocabulary = 0;
  /// Of texts: whether a mask hides words, which stand in x as -1 - word.
  bool masked = false;
  std::vector<std::int64_t> labels;
  bool guessed = false;             ///< the number of classes
  std::int64_t smallest_label = 0;  ///< the least of the labels
  /// What was converted, and what the labels leave open, a line each.
  std::vector<std::string> notes;
};

/// Parses the file, in the zip format of PyTorch, in that before 1.6, or in
/// NumPy's (.npz).
/// `classes` is 0 or the number of classes. Images of any floating type become
/// float32, labels of any integer type int64. An x [N, T] of int64 or int32
/// holds words; x may be called input_ids and y labels there, and `mask` or
/// `attention_mask` [N, T], whole numbers 0 and 1, says which of them are seen.
/// An x that is a tuple, a list or a dict of tensors holds several inputs, each
/// with a row a sample; arrays of NumPy lie in x by names such as "x.0" and
/// "x.age".
/// Where `classes` is given and
/// labels go from 1 or more to `classes`, they start at 1: one is taken off
/// each. Throws UserError naming `source`, what was found, what was expected
/// and, where the type is the fault, how to convert.
TensorFile parse_tensors(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    int classes);

}  // namespace zcp::tasks
