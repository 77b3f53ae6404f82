// Inputs and labels of the user's own: a file that Python writes by
// torch.save({'x': x, 'y': y}) with x [N,C,H,W], or words [N,T], or several
// inputs, and y [N].
#include <fmt/ranges.h>

#include <tuple>

#include "benchmarks/formats/files.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/minibatch_order.h"
#include "benchmarks/tasks/tensor_file.h"
#include "common/error.h"
#include "common/hash.h"

namespace zcp::tasks {
namespace {

class TensorsTask : public Task {
 public:
  TensorsTask(TaskInfo info, TensorFile file)
      : info_(std::move(info)), file_(std::move(file)) {
    info_.shape = file_.shape;
    info_.classes = file_.classes;
    info_.vocabulary = file_.vocabulary;
    info_.inputs = file_.inputs;
    info_.notes = file_.notes;
    if (file_.guessed) {
      info_.guess = fmt::format(
          "{} classes, by the largest label of 'y'; --classes says another "
          "number",
          file_.classes);
    }
  }

  const TaskInfo& info() const override { return info_; }

  Minibatch minibatch(int index, int batch_size) const override {
    const std::int64_t begin = minibatch_begin(
        info_.name, std::ssize(file_.labels), index, batch_size);
    const std::int64_t end = begin + batch_size;
    const std::int64_t image = std::ssize(file_.x) / std::ssize(file_.labels);
    Minibatch batch{
        batch_size,
        file_.shape,
        {file_.x.begin() + begin * image, file_.x.begin() + end * image},
        {file_.labels.begin() + begin, file_.labels.begin() + end}};
    batch.vocabulary = file_.vocabulary;
    return batch;
  }

  std::optional<std::vector<std::int64_t>>
  labels_for(int index, int batch_size, int outputs) const override {
    if (file_.smallest_label != 1 || file_.classes != outputs + 1) {
      return std::nullopt;
    }
    std::vector<std::int64_t> labels = minibatch(index, batch_size).y;
    for (std::int64_t& label : labels) --label;
    return labels;
  }

  std::string fingerprint() const override {
    const auto& [shape, classes, x, labels] =
        std::tie(file_.shape, file_.classes, file_.x, file_.labels);
    std::uint64_t head = hash64(fmt::format(
        "tensors {}x{}x{} {}",
        shape.channels,
        shape.height,
        shape.width,
        classes));
    for (const NetworkInput& input : file_.inputs.all) {
      head = hash_combine(
          head,
          hash64(fmt::format(
              "{} {} {}",
              input.name,
              static_cast<int>(input.type),
              fmt::join(input.sizes, "x"))));
    }
    return hash_hex(hash_combine(
        hash_combine(head, hash_numbers(x)), hash_numbers(labels)));
  }

 private:
  TaskInfo info_;
  TensorFile file_;
};

std::unique_ptr<Task> open(const TaskInfo& info, const OpenOptions& options) {
  if (options.transform != Transform::normalise) {
    throw UserError("task 'tensors' takes its images as they are");
  }
  return std::make_unique<TensorsTask>(
      info,
      parse_tensors(
          formats::open_bytes(options.data),
          options.data.string(),
          options.classes));
}

}  // namespace

TaskSource tensors() {
  return {
      {"tensors",
       "inputs and labels of one's own, in file order",
       {},
       0,
       true,
       "none",
       "a file of torch.save({'x': x, 'y': y}) or numpy.savez(file, x=x, y=y) "
       "with x [N,C,H,W], normalised as wanted, or words [N,T] as int64, "
       "perhaps with a mask [N,T], or several inputs in a tuple or a dict, and "
       "labels y [N]",
       ""},
      open};
}

}  // namespace zcp::tasks
