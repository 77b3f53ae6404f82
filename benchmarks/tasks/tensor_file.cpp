#include "benchmarks/tasks/tensor_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "benchmarks/formats/pickle.h"
#include "benchmarks/formats/zip.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

constexpr std::string_view kRebuild = "torch._utils._rebuild_tensor_v2";
constexpr std::array<std::string_view, 5> kAllowed = {
    kRebuild,
    "torch.FloatStorage",
    "torch.LongStorage",
    "collections.OrderedDict",
    // So that the message can say what was found instead of float32.
    "torch.DoubleStorage"};

const formats::ZipArchive::Entry& find_entry(
    const formats::ZipArchive& archive,
    const std::string& name) {
  if (const auto* entry = archive.find(name)) return *entry;
  throw UserError(
      "{}: found no entry '{}', expected a file of torch.save({{'x': x, 'y': "
      "y}})",
      archive.source(),
      name);
}

/// A tensor of the file: its storage's bytes, and where elements lie in it.
struct StoredTensor {
  std::string storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
};

std::vector<std::int64_t> integers(const formats::PickleValue& values) {
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < values.size(); ++i) {
    all.push_back(values.item(i).integer());
  }
  return all;
}

/// Throws unless every element lies within `available` elements of storage.
void check_extent(
    const StoredTensor& tensor,
    std::int64_t available,
    const std::string& source,
    std::string_view name) {
  bool good = tensor.offset >= 0 && tensor.offset < available &&
              tensor.sizes.size() == tensor.strides.size();
  // No number below exceeds `available` squared, which fits.
  std::int64_t last = tensor.offset;
  std::int64_t count = 1;
  for (std::size_t i = 0; good && i < tensor.sizes.size(); ++i) {
    const std::int64_t size = tensor.sizes[i];
    const std::int64_t stride = size == 1 ? 0 : tensor.strides[i];
    good = size > 0 && size <= available && stride >= 0 && stride <= available;
    if (!good) break;
    last += (size - 1) * stride;
    count *= size;
    good = last < available && count <= available;
  }
  if (good) return;
  throw UserError(
      "{}: '{}' is of shape [{}], which does not fit its {} stored elements, "
      "expected at least one image and a tensor of its own (x.clone())",
      source,
      name,
      fmt::join(tensor.sizes, ","),
      available);
}

StoredTensor find_tensor(
    const formats::ZipArchive& archive,
    const formats::PickleValue& root,
    std::string_view name,
    std::string_view storage_type,
    std::string_view expected,
    std::size_t element) {
  const formats::PickleValue call = root.at(name);
  if (!call.is_call() || call.callee() != kRebuild) call.refuse("a tensor");
  const formats::PickleValue arguments = call.arguments();
  const formats::PickleValue reference = arguments.item(0).persistent();
  if (reference.item(1).global() != storage_type) {
    throw UserError(
        "{}: found '{}' in a {}, expected {}",
        archive.source(),
        name,
        reference.item(1).global(),
        expected);
  }
  const std::string key(reference.item(2).text());
  StoredTensor tensor;
  tensor.storage = archive.content(find_entry(archive, "data/" + key));
  tensor.offset = arguments.item(1).integer();
  tensor.sizes = integers(arguments.item(2));
  tensor.strides = integers(arguments.item(3));
  const std::size_t available = tensor.storage.size() / element;
  constexpr std::size_t kMost = std::size_t{1} << 31U;
  if (available >= kMost) {
    throw UserError("{}: '{}' is too large", archive.source(), name);
  }
  check_extent(
      tensor, static_cast<std::int64_t>(available), archive.source(), name);
  return tensor;
}

template <typename Element>
Element element_at(const StoredTensor& tensor, std::int64_t place) {
  Element element = {};
  std::memcpy(
      &element,
      tensor.storage.data() + static_cast<std::size_t>(place) * sizeof element,
      sizeof element);
  return element;
}

/// x in row-major order, whatever its strides (channels last, say).
std::vector<float> read_inputs(const StoredTensor& x) {
  std::vector<float> values;
  const auto& size = x.sizes;
  const auto& stride = x.strides;
  for (std::int64_t n = 0; n < size[0]; ++n) {
    for (std::int64_t c = 0; c < size[1]; ++c) {
      for (std::int64_t h = 0; h < size[2]; ++h) {
        const std::int64_t row =
            x.offset + n * stride[0] + c * stride[1] + h * stride[2];
        for (std::int64_t w = 0; w < size[3]; ++w) {
          values.push_back(element_at<float>(x, row + w * stride[3]));
        }
      }
    }
  }
  return values;
}

std::vector<std::int64_t> read_labels(const StoredTensor& y) {
  std::vector<std::int64_t> labels;
  for (std::int64_t n = 0; n < y.sizes[0]; ++n) {
    labels.push_back(element_at<std::int64_t>(y, y.offset + n * y.strides[0]));
  }
  return labels;
}

void check_shapes(
    const StoredTensor& x,
    const StoredTensor& y,
    const std::string& source) {
  const bool good =
      x.sizes.size() == 4 && y.sizes.size() == 1 && x.sizes[0] == y.sizes[0];
  if (good) return;
  throw UserError(
      "{}: found 'x' of shape [{}] and 'y' of [{}], expected [N,C,H,W] and [N]",
      source,
      fmt::join(x.sizes, ","),
      fmt::join(y.sizes, ","));
}

/// The number of classes: as asked, or the largest label + 1.
int count_classes(
    const std::vector<std::int64_t>& labels,
    int asked,
    const std::string& source) {
  const std::int64_t most = asked > 0 ? asked : std::int64_t{1} << 20U;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < most) continue;
    throw UserError(
        "{}: 'y'[{}]: found label {}, expected 0 to {}",
        source,
        i,
        labels[i],
        most - 1);
  }
  if (asked > 0) return asked;
  return static_cast<int>(*std::ranges::max_element(labels)) + 1;
}

}  // namespace

TensorFile parse_tensors(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    int classes) {
  const formats::ZipArchive archive(std::move(bytes), source);
  const formats::Pickle pickle(
      archive.content(find_entry(archive, "data.pkl")), source, kAllowed);
  const StoredTensor x = find_tensor(
      archive,
      pickle.root(),
      "x",
      "torch.FloatStorage",
      "float32 (x.float())",
      sizeof(float));
  const StoredTensor y = find_tensor(
      archive,
      pickle.root(),
      "y",
      "torch.LongStorage",
      "int64 (y.long())",
      sizeof(std::int64_t));
  check_shapes(x, y, source);
  TensorFile file;
  file.shape = {
      static_cast<int>(x.sizes[1]),
      static_cast<int>(x.sizes[2]),
      static_cast<int>(x.sizes[3])};
  file.x = read_inputs(x);
  file.labels = read_labels(y);
  file.classes = count_classes(file.labels, classes, source);
  return file;
}

}  // namespace zcp::tasks
