// What zcp.score() asks the engine for, as C++ has it. No LibTorch here.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <string>
#include <vector>

#include "common/minibatch.h"
#include "common/model_source.h"
#include "common/output.h"
#include "common/shape.h"
#include "proxies/engine/evaluator.h"

namespace zcp::python {

struct Request {
  ModelSource model;
  std::vector<const engine::Descriptor*> proxies;
  engine::EvaluatorOptions options;
  Shape shape;
  Output output;
  std::vector<Minibatch> minibatches;
  bool is_from_disk = false;  ///< the model's file is still to be read
};

/// Throws UserError for a proxy asked for by its own name that no network has a
/// score of, with so many minibatches or in this precision; one that came with
/// a group only has no score.
void require_served(
    const std::vector<std::string>& names,
    int minibatches,
    const std::string& precision);

/// Reads the keyword arguments of _core.score(), which module.cpp describes.
/// Throws UserError, with the command line's words where it has such a mistake.
Request read_request(const pybind11::kwargs& arguments);

/// Whether a network's input are words, which a table embeds first; `name`,
/// `model` and `exported` are those of read_request().
/// Throws UserError where it cannot be read.
bool reads_words(const pybind11::kwargs& arguments);

/// Scores on this thread, which must not hold the GIL.
/// Throws UserError as Evaluator and read_model_file() do.
std::vector<engine::Score> score(Request request);

}  // namespace zcp::python
