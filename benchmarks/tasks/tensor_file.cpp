#include "benchmarks/tasks/tensor_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "benchmarks/tasks/several_inputs.h"
#include "benchmarks/tasks/tensor_arrays.h"
#include "benchmarks/tasks/tensor_elements.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

using formats::Element;
using formats::StoredTensor;

bool holds_words(const StoredTensor& x) {
  return x.sizes.size() == 2 && (x.type->element == Element::int64 ||
                                 x.type->element == Element::int32);
}

/// Words are kept as float32, which has every whole number up to 2^24.
void read_words(
    const StoredTensor& x,
    const std::string& source,
    const std::string& name,
    TensorFile& file) {
  constexpr std::int64_t kMostWords = std::int64_t{1} << 24U;
  const std::vector<std::int64_t> words = read_wholes(x, source, name);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] < 0 || words[i] >= kMostWords) {
      const auto length = static_cast<std::size_t>(x.sizes[1]);
      throw UserError(
          "{}: '{}'[{}][{}]: found word {}, expected 0 to {}",
          source,
          name,
          i / length,
          i % length,
          words[i],
          kMostWords - 1);
    }
    file.x.push_back(static_cast<float>(words[i]));
    file.vocabulary = std::max(file.vocabulary, words[i] + 1);
  }
}

void check_like_words(
    const StoredTensor& tensor,
    const StoredTensor& x,
    const std::string& source,
    const std::string& name) {
  if (holds_words(x) && tensor.sizes == x.sizes) return;
  throw UserError(
      "{}: found '{}' of shape [{}] beside 'x' of [{}], expected words [N,T] "
      "and [N,T]",
      source,
      name,
      fmt::join(tensor.sizes, ","),
      fmt::join(x.sizes, ","));
}

/// Hides the words at which the mask is 0.
void read_mask(
    const StoredTensor& mask,
    const StoredTensor& x,
    const std::string& source,
    const std::string& name,
    TensorFile& file) {
  check_like_words(mask, x, source, name);
  const std::vector<std::int64_t> seen = read_wholes(mask, source, name);
  const auto length = static_cast<std::size_t>(x.sizes[1]);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != 0 && seen[i] != 1) {
      throw UserError(
          "{}: '{}'[{}][{}]: found {}, expected 1 for a word that is seen or 0 "
          "for one that is hidden",
          source,
          name,
          i / length,
          i % length,
          seen[i]);
    }
    if (seen[i] == 1) continue;
    file.x[i] = -1 - file.x[i];
    file.masked = true;
  }
  for (std::size_t n = 0; n < seen.size() / length; ++n) {
    const auto row = seen.begin() + static_cast<std::ptrdiff_t>(n * length);
    if (std::find(row, row + static_cast<std::ptrdiff_t>(length), 1) ==
        row + static_cast<std::ptrdiff_t>(length)) {
      throw UserError(
          "{}: '{}'[{}]: found no word that is seen, expected one in each text",
          source,
          name,
          n);
    }
  }
  file.notes.push_back(
      file.masked ? fmt::format(
                        "'{}' hides {} of {} words; proxies that read what "
                        "layers compute (such as naswot, meco and near) count "
                        "the places of hidden words as well",
                        name,
                        std::ranges::count(seen, 0),
                        seen.size())
                  : fmt::format("'{}' hides no word", name));
}

/// Networks are given type 0 for every word.
void check_types(
    const StoredTensor& types,
    const StoredTensor& x,
    const std::string& source) {
  const std::string kName = "token_type_ids";
  check_like_words(types, x, source, kName);
  for (const std::int64_t type : read_wholes(types, source, kName)) {
    if (type == 0) continue;
    throw UserError(
        "{}: found '{}' with a {}, expected 0 for every word: networks are "
        "given no other types",
        source,
        kName,
        type);
  }
}

void check_shapes(
    const StoredTensor& x,
    const StoredTensor& y,
    const std::string& source) {
  const bool good = (x.sizes.size() == 4 || holds_words(x)) &&
                    y.sizes.size() == 1 && x.sizes[0] == y.sizes[0];
  if (good) return;
  const auto fault = fmt::format(
      "{}: found 'x' of shape [{}] and 'y' of [{}], expected [N,C,H,W] and "
      "[N], "
      "or words [N,T] of int64, or inputs of other shapes in a tuple or a dict",
      source,
      fmt::join(x.sizes, ","),
      fmt::join(y.sizes, ","));
  const bool of_rows =
      y.sizes.size() == 2 && !x.sizes.empty() && y.sizes[0] == x.sizes[0];
  if (!of_rows) throw UserError("{}", fault);
  throw UserError(
      "{} ({})", fault, y.sizes[1] == 1 ? "y.flatten()" : "y.argmax(1)");
}

void check_range(
    const std::vector<std::int64_t>& labels,
    std::int64_t most,
    const std::string& source) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < most) continue;
    throw UserError(
        "{}: 'y'[{}]: found label {}, expected 0 to {}",
        source,
        i,
        labels[i],
        most - 1);
  }
}

/// Settles the number of classes and where labels start.
void settle_classes(int asked, const std::string& source, TensorFile& file) {
  const auto [least, most] = std::ranges::minmax(file.labels);
  if (asked > 0 && least >= 1 && most == asked) {
    for (std::int64_t& label : file.labels) --label;
    file.notes.push_back(fmt::format(
        "the labels in 'y' go from {} to {} and there are {} classes: they "
        "start at 1, and one is taken off each",
        least,
        most,
        asked));
  }
  constexpr std::int64_t kMostClasses = std::int64_t{1} << 20U;
  check_range(file.labels, asked > 0 ? asked : kMostClasses, source);
  file.smallest_label = std::ranges::min(file.labels);
  file.guessed = asked == 0;
  file.classes = asked;
  if (asked > 0) return;
  file.classes = static_cast<int>(most) + 1;
  if (least < 1) return;
  file.notes.push_back(fmt::format(
      "the labels in 'y' go from {} to {} and none is 0: they are taken as "
      "they "
      "are, but by a network of {} outputs, or with --classes {}, as if they "
      "started at 1 (y - 1)",
      least,
      most,
      most,
      most));
}

/// x as images or words, with what says which words are seen.
void read_single(
    const Arrays& arrays,
    const std::string& x_name,
    const StoredTensor& x,
    const std::string& source,
    TensorFile& file) {
  if (holds_words(x)) {
    file.shape = {1, static_cast<int>(x.sizes[1]), 1};
    read_words(x, source, x_name, file);
  } else {
    file.shape = {
        static_cast<int>(x.sizes[1]),
        static_cast<int>(x.sizes[2]),
        static_cast<int>(x.sizes[3])};
    file.x = read_reals(x, source, "x");
    note_conversion(x, "x", "float32", file.notes);
  }
  const char* const mask = arrays.one_of("mask", "attention_mask");
  if (arrays.has(mask)) {
    read_mask(arrays.tensor(mask), x, source, mask, file);
  }
  if (arrays.has("token_type_ids")) {
    check_types(arrays.tensor("token_type_ids"), x, source);
  }
}

/// What goes with a single tensor of words goes among several inputs by its
/// name.
void check_beside_several(
    const Arrays& arrays,
    const StoredTensor& y,
    const std::string& source,
    const TensorFile& file) {
  for (const char* name :
       {"input_ids", "mask", "attention_mask", "token_type_ids"}) {
    if (!arrays.has(name)) continue;
    throw UserError(
        "{}: found '{}' beside several inputs in 'x', expected it among them",
        source,
        name);
  }
  const std::int64_t rows = std::ssize(file.x) / file.shape.channels;
  if (y.sizes.size() == 1 && y.sizes[0] == rows) return;
  throw UserError(
      "{}: found 'y' of shape [{}] beside inputs of {} rows in 'x', expected "
      "[{}]",
      source,
      fmt::join(y.sizes, ","),
      rows,
      rows);
}

}  // namespace

TensorFile parse_tensors(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    int classes) {
  const std::unique_ptr<const Arrays> arrays =
      arrays_of(std::move(bytes), source);
  const char* const y_name = arrays->one_of("y", "labels");
  TensorFile file;
  StoredTensor y;
  if (const auto several = arrays->several("x")) {
    read_several(*several, source, "x", file);
    y = arrays->tensor(y_name);
    check_beside_several(*arrays, y, source, file);
  } else {
    const char* const x_name = arrays->one_of("x", "input_ids");
    const StoredTensor x = arrays->tensor(x_name);
    y = arrays->tensor(y_name);
    check_shapes(x, y, source);
    read_single(*arrays, x_name, x, source, file);
  }
  file.labels = read_wholes(y, source, y_name);
  note_conversion(y, y_name, "int64", file.notes);
  settle_classes(classes, source, file);
  return file;
}

}  // namespace zcp::tasks
