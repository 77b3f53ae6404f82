// A task: images, labels, and how minibatches are drawn from them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/loss.h"
#include "common/minibatch.h"
#include "common/network_inputs.h"
#include "common/output.h"
#include "common/shape.h"

namespace zcp::tasks {

/// What is done to an image on its way into a minibatch.
enum class Transform {
  normalise,  ///< pixel / 255, minus the channel's mean, over its deviation
  augment,    ///< random horizontal flip and crop from a black border (4
              ///< pixels; 2 at 16 x 16), by the seed, then normalise
};

/// The transform of that name; throws UserError naming those there are.
Transform parse_transform(const std::string& name);

/// What is known of a task before its data are read. The shape and the number
/// of classes of `tensors` stand in its file, the classes of `image-folder` are
/// its folders: 0 until it is opened.
struct TaskInfo {
  std::string name;
  std::string summary;
  Shape shape;
  int classes = 0;  ///< or numbers (a pixel)
  bool needs_data = false;
  std::string transform;     ///< for the record, constants included
  std::string data_hint;     ///< what --data must be, and where to get it
  std::string default_data;  ///< where Debian puts the files; else empty
  Head head = Head::classes;
  Loss loss = Loss::cross_entropy;
  /// What opening made of the data, a line each (labels converted, say).
  std::vector<std::string> notes = {};
  /// How the number of classes was guessed; empty where the data or the user
  /// say it.
  std::string guess = {};
  /// Of texts: how many words there are, as whole numbers; 0: real numbers.
  std::int64_t vocabulary = 0;
  /// Of several inputs in one tensor of the shape [K, 1, 1].
  NetworkInputs inputs = {};
};

/// An opened task. Everything is const and may be called from many threads.
class Task {
 public:
  virtual ~Task();
  virtual const TaskInfo& info() const = 0;

  /// Minibatch 0, 1, ...: the same whenever and however often it is asked for.
  /// Those of `tensors` are consecutive slices in file order, those of a data
  /// set consecutive parts of one shuffle of its images by the seed (so an
  /// image comes at most once in a run). Throws UserError when the images run
  /// out, saying how many there are and how many were asked for.
  virtual Minibatch minibatch(int index, int batch_size) const = 0;

  /// The labels of a minibatch for a network of one's own with so many outputs,
  /// where nobody has said the number of classes and they are not those of
  /// minibatch(): noise draws them below `outputs`, and labels from 1 to
  /// `outputs` are taken to start at 1.
  virtual std::optional<std::vector<std::int64_t>>
  labels_for(int index, int batch_size, int outputs) const;

  /// Hash (16 hexadecimal digits) of the data and the transform that decide
  /// the minibatches; the seed is not in it. Of `image-folder`, names and sizes
  /// of the files stand for the data.
  virtual std::string fingerprint() const = 0;
};

/// All tasks, in the order they are listed to the user. Each of known shape has
/// a companion noise-NAME, which is not listed: noise in its shapes.
std::span<const TaskInfo> all_tasks();

/// The task of that name, with inputs of height and width `resolution` (0: its
/// own). Throws UserError with the nearest name, and for a task that cannot be
/// had at that resolution.
TaskInfo find_task(const std::string& name, int resolution = 0);

/// Sets the height and the width of a task's images, or the length of its
/// texts.
void set_resolution(TaskInfo& info, int resolution);

/// Sets the number of classes; texts that had no head then have one.
void set_classes(TaskInfo& info, int classes);

/// Opens a task. `data` is where its files lie, empty for a task that needs
/// none or has a default. `classes` sets the number of classes of `tensors`
/// (largest label + 1 otherwise), `image-folder` (its folders otherwise, of
/// which there must not be more) and noise; 0 leaves the task's own.
/// `resolution` is the height and width that images are reduced to and noise
/// is drawn at; 0 leaves the task's own.
/// Throws UserError when data are missing, cut or not what they should be.
std::unique_ptr<Task> open_task(
    const std::string& name,
    const std::filesystem::path& data,
    std::uint64_t seed,
    Transform transform = Transform::normalise,
    int classes = 0,
    int resolution = 0);

}  // namespace zcp::tasks
