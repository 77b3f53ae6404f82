#include "python/bindings/request.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <pybind11/stl.h>
#include <torch/csrc/autograd/python_variable.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "benchmarks/formats/model_file.h"
#include "common/error.h"
#include "common/hash.h"
#include "nets/networks/script_network.h"
#include "proxies/engine/bfloat16.h"
#include "proxies/registry.h"
#include "python/bindings/host.h"

namespace zcp::python {
namespace {

namespace py = pybind11;

at::Tensor tensor_of(const py::handle& object) {
  if (!THPVariable_Check(object.ptr())) {
    throw UserError(
        "batches: found a {}, expected a tensor",
        std::string(py::str(py::type::of(object).attr("__name__"))));
  }
  return THPVariable_Unpack(object.ptr());
}

template <typename Element>
std::vector<Element> numbers_of(const at::Tensor& tensor, at::ScalarType type) {
  const at::NoGradGuard no_grad;
  const at::Tensor host =
      tensor.detach().to(at::TensorOptions(at::kCPU).dtype(type)).contiguous();
  const Element* first = host.data_ptr<Element>();
  return {first, first + host.numel()};
}

/// x [N, C, H, W], or words [N, T] as whole numbers, and y: labels [N], or
/// None.
Minibatch minibatch_of(const py::handle& x_object, const py::handle& y_object) {
  const at::Tensor x = tensor_of(x_object);
  const auto axis = [&](std::int64_t i) { return static_cast<int>(x.size(i)); };
  const bool words = !x.is_floating_point();
  Minibatch batch;
  batch.size = axis(0);
  batch.shape = words ? Shape{1, axis(1), 1} : Shape{axis(1), axis(2), axis(3)};
  batch.x = numbers_of<float>(x, at::kFloat);
  if (words) batch.vocabulary = x.max().item<std::int64_t>() + 1;
  if (!y_object.is_none()) {
    batch.y = numbers_of<std::int64_t>(tensor_of(y_object), at::kLong);
  }
  return batch;
}

/// The labels less one where they start at 1 and there is one class more than
/// outputs, as those of a file of tensors are read (benchmarks/tasks/tensors).
auto labels_from_one(const Request& request) {
  std::int64_t least = 1;
  std::vector<std::vector<std::int64_t>> labels;
  for (const Minibatch& one : request.minibatches) {
    labels.push_back(one.y);
    for (const std::int64_t label : one.y) least = std::min(least, label);
  }
  for (auto& batch : labels) {
    for (std::int64_t& label : batch) --label;
  }
  return [labels = std::move(labels), least, classes = request.output.channels](
             int minibatch,
             int outputs) -> std::optional<std::vector<std::int64_t>> {
    if (least != 1 || classes != outputs + 1) return std::nullopt;
    return labels[static_cast<std::size_t>(minibatch)];
  };
}

/// A loss in Python, called with the GIL; its exceptions become C++'s.
engine::LossFunction loss_of(const py::object& callable) {
  // The last copy may go where the GIL is not held.
  const std::shared_ptr<py::object> held(
      new py::object(callable), [](py::object* object) {
        const py::gil_scoped_acquire gil;
        delete object;
      });
  return [held](const at::Tensor& output, const engine::Samples& samples) {
    const py::gil_scoped_acquire gil;
    try {
      const auto wrapped =
          py::reinterpret_steal<py::object>(THPVariable_Wrap(output));
      const py::object loss =
          (*held)(wrapped, samples.minibatch, samples.first, samples.count);
      if (!THPVariable_Check(loss.ptr())) {
        throw std::invalid_argument("the loss function returned no tensor");
      }
      return at::Tensor(THPVariable_Unpack(loss.ptr()));
    } catch (const py::error_already_set& error) {
      const std::string text = error.what();
      throw std::runtime_error(
          "the loss function raised " + text.substr(0, text.find('\n')));
    }
  };
}

std::optional<std::string> text_of(const py::handle& object) {
  if (object.is_none()) return std::nullopt;
  return object.cast<std::string>();
}

bool is_group(const std::string& name) {
  return name == "all" ||
         std::ranges::find(proxies::groups(), name, &proxies::Group::name) !=
             proxies::groups().end();
}

/// Tuples of a name, empty for one by position, sizes and a type of PyTorch's.
NetworkInputs inputs_of(const py::handle& given) {
  static const std::pair<const char*, InputType> kWhole[] = {
      {"bool", InputType::boolean},
      {"uint8", InputType::uint8},
      {"int8", InputType::int8},
      {"int16", InputType::int16},
      {"int32", InputType::int32},
      {"int64", InputType::int64}};
  NetworkInputs inputs{.source = "batches"};
  for (const py::handle one : given) {
    const auto [name, sizes, type] = one.cast<
        std::tuple<std::string, std::vector<std::int64_t>, std::string>>();
    NetworkInput& input = inputs.all.emplace_back();
    input.name = name;
    input.sizes = sizes;
    const auto* const whole = std::ranges::find(
        kWhole, type, &std::pair<const char*, InputType>::first);
    if (whole != std::end(kWhole)) {
      input.type = whole->second;
    } else if (!type.starts_with("float") && !type.starts_with("bfloat")) {
      throw UserError(
          "batches: found inputs of {}, expected real numbers or whole ones of "
          "a signed type",
          type);
    }
  }
  return inputs;
}

void read_options(const py::kwargs& arguments, Request& request) {
  engine::EvaluatorOptions& options = request.options;
  options.seed = arguments["seed"].cast<std::uint64_t>();
  options.precision = arguments["precision"].cast<std::string>();
  options.device = arguments["device"].cast<std::string>();
  options.memory_limit = arguments["memory"].cast<std::int64_t>();
  options.output = text_of(arguments["output"]);
  options.blocks = arguments["blocks"].cast<std::vector<std::string>>();
  options.threads = arguments["workers"].cast<int>();
  options.inputs = inputs_of(arguments["inputs"]);
  options.parameter_prefix = arguments["prefix"].cast<std::string>();
  const auto init = arguments["init"].cast<std::string>();
  if (init != "default") {
    options.initialiser = initialisers::find_initialiser(init);
  }
}

void read_batches(const py::kwargs& arguments, Request& request) {
  for (const py::handle one : arguments["batches"]) {
    const auto pair = one.cast<std::pair<py::object, py::object>>();
    request.minibatches.push_back(minibatch_of(pair.first, pair.second));
  }
  const std::string head = text_of(arguments["head"]).value_or("none");
  const bool classes = head == "classes";
  const Head kind = classes            ? Head::classes
                    : head == "pixels" ? Head::pixel_classes
                                       : Head::vector;
  request.output = Output(arguments["classes"].cast<int>(), kind);
  std::int64_t words = 0;
  for (const Minibatch& one : request.minibatches) {
    words = std::max(words, one.vocabulary);
  }
  for (Minibatch& one : request.minibatches) one.vocabulary = words;
  request.shape = request.minibatches.at(0).shape;
  request.options.batch_size = request.minibatches[0].size;
  request.options.minibatches = static_cast<int>(request.minibatches.size());
  if (classes && arguments["guessed"].cast<bool>()) {
    request.options.labels_for = labels_from_one(request);
  }
}

/// A file's name, or bytes: TorchScript of the package's own, which needs no
/// check, or an exported program.
ModelSource model_of(const py::kwargs& arguments) {
  const auto name = arguments["name"].cast<std::string>();
  if (arguments["model"].is_none()) return {name};
  auto bytes =
      std::make_shared<std::string>(arguments["model"].cast<std::string>());
  if (arguments["exported"].cast<bool>()) {
    return formats::check_model(name, std::move(bytes));
  }
  const std::uint64_t content = hash64(*bytes);
  return {name, std::move(bytes), content};
}

}  // namespace

void require_served(
    const std::vector<std::string>& names,
    int minibatches,
    const std::string& precision) {
  for (const std::string& name : names) {
    if (is_group(name)) continue;
    const engine::Descriptor& proxy = proxies::find_proxy(name);
    if (minibatches < proxy.needs.minibatches) {
      throw UserError(
          "{} needs --minibatches {} or more, found {}: give batches as a "
          "list of pairs (x, y), or batch_size= and minibatches=",
          name,
          proxy.needs.minibatches,
          minibatches);
    }
    if (precision != "bf16") continue;
    if (const auto refusal = engine::refusal_in_bfloat16(proxy)) {
      throw UserError(
          "--precision bf16: {} {}; expected fp32 or fp64", name, *refusal);
    }
  }
}

bool reads_words(const py::kwargs& arguments) {
  ModelSource model = model_of(arguments);
  if (arguments["model"].is_none()) {
    model = formats::read_model_file(model.path());
  }
  const py::gil_scoped_release no_gil;
  return networks::load_script_network(model, at::kFloat)->vocabulary() > 0;
}

Request read_request(const py::kwargs& arguments) {
  const auto names = arguments["proxies"].cast<std::vector<std::string>>();
  Request request{
      .model = model_of(arguments),
      .proxies = proxies::select_proxies(names),
      .options = {},
      .shape = {},
      .output = Output(0),
      .minibatches = {}};
  request.is_from_disk = arguments["model"].is_none();
  read_options(arguments, request);
  read_batches(arguments, request);
  require_served(names, request.options.minibatches, request.options.precision);
  const py::object loss = arguments["loss"];
  if (!loss.is_none()) request.options.loss_function = loss_of(loss);
  return request;
}

std::vector<engine::Score> score(Request request) {
  const ScoringThread thread(request.options.precision, request.options.device);
  if (request.is_from_disk) {
    request.model = formats::read_model_file(request.model.path());
  }
  const engine::Evaluator evaluator(
      request.proxies,
      request.options,
      request.shape,
      request.output,
      request.minibatches);
  request.minibatches.clear();
  return evaluator.score_model(std::move(request.model), request.proxies);
}

}  // namespace zcp::python
