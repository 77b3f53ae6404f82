// The seven tasks of TransNAS-Bench-101: shapes and losses of its
// configurations (configs/train_from_scratch/*/config.py). Their images are not
// read: a part of Taskonomy of 120,000 photographs, with labels that the
// benchmark's own networks made.
#include "benchmarks/tasks/sources.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

constexpr Shape kImage = {3, 256, 256};
/// Nine tiles of 3 x 64 x 64, one after another in the channels.
constexpr Shape kPuzzle = {27, 64, 64};

std::unique_ptr<Task> open(const TaskInfo& info, const OpenOptions&) {
  throw UserError(
      "task '{}': its images (Taskonomy) are not read by this program; "
      "--task noise-{} takes noise of their shape, --task tensors a file of "
      "your own",
      info.name,
      info.name);
}

TaskSource source(
    const std::string& name,
    const std::string& summary,
    const Shape& shape,
    int classes,
    Head head = Head::classes,
    Loss loss = Loss::cross_entropy) {
  return {
      {name,
       "TransNAS-Bench-101: " + summary,
       shape,
       classes,
       true,
       "none",
       "its images (Taskonomy) are not read by this program; --task noise-" +
           name + " takes noise of their shape",
       "",
       head,
       loss},
      open};
}

}  // namespace

TaskSource taskonomy(Taskonomy task) {
  switch (task) {
    case Taskonomy::class_object:
      return source("class_object", "things seen", kImage, 75);
    case Taskonomy::class_scene:
      return source("class_scene", "kinds of rooms", kImage, 47);
    case Taskonomy::jigsaw:
      return source("jigsaw", "order of nine tiles", kPuzzle, 1000);
    case Taskonomy::room_layout:
      return source(
          "room_layout",
          "a box around the room",
          kImage,
          9,
          Head::vector,
          Loss::squared_error);
    case Taskonomy::segmentsemantic:
      return source(
          "segmentsemantic",
          "what each pixel shows",
          kImage,
          17,
          Head::pixel_classes);
    case Taskonomy::normal:
      return source(
          "normal",
          "surface normals",
          kImage,
          3,
          Head::pixels,
          Loss::absolute_error);
    case Taskonomy::autoencoder:
      break;
  }
  return source(
      "autoencoder",
      "the image itself",
      kImage,
      3,
      Head::pixels,
      Loss::absolute_error);
}

}  // namespace zcp::tasks
