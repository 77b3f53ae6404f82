#include "nets/spaces/json/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>

#include "common/error.h"
#include "nets/spaces/layers.h"

namespace zcp::spaces::json {
namespace {

constexpr std::int64_t kMostChannels = 65'536;
constexpr std::int64_t kLargestKernel = 255;
constexpr std::int64_t kLargestStride = 64;
constexpr std::int64_t kMostLayers = 20'000;  // of a network, calls included
constexpr std::int64_t kLargestMap = std::int64_t{1} << 31;  // numbers
constexpr double kMostMacs = 1e16;

std::string shape_text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

/// Names and what they are set to at a place; inner ones hide outer ones.
struct Scope {
  const Scope* outer = nullptr;
  std::vector<std::pair<std::string, Setting>> own;

  const Setting* find(const std::string& name) const {
    for (const auto& [known, value] : own) {
      if (known == name) return &value;
    }
    return outer == nullptr ? nullptr : outer->find(name);
  }
};

class NetworkBuilder {
 public:
  NetworkBuilder(
      const Description& description,
      const std::vector<Setting>& settings,
      std::string_view spec,
      Shape input,
      int classes,
      graph::Folding folding)
      : description_(description),
        settings_(settings),
        spec_(spec),
        input_(input),
        graph_(input, folding) {
    global_.own = {
        {"classes", Setting(std::int64_t{classes})},
        {"stride", Setting(std::int64_t{1})}};
    for (std::size_t i = 0; i < description.global_choices; ++i) {
      global_.own.emplace_back(description.choices[i].name, settings[i]);
    }
  }

  graph::Graph build(int classes) {
    Value x = graph_.input();
    {
      Scope scope = inner(global_);
      set_out(
          scope,
          number(
              description_.stem_channels,
              description_.stem_path + ".channels",
              scope,
              x,
              1,
              kMostChannels));
      x = run(description_.stem, x, scope);
      graph_.end_block(x);
    }
    for (const Stage& stage : description_.stages) x = run(stage, x);
    Scope scope = inner(global_);
    set_out(scope, graph_.shape(x).channels);
    x = run(description_.head, x, scope);
    if (!(graph_.shape(x) == Shape{classes, 1, 1})) {
      fail(
          "head",
          fmt::format(
              "found an output of {}, expected {}x1x1, a number a class",
              shape_text(graph_.shape(x)),
              classes));
    }
    graph_.add_calls(x, 1);  // the network itself
    return std::move(graph_).finish(x);
  }

 private:
  [[noreturn]] void fail(const std::string& path, const std::string& what)
      const {
    throw UserError(
        "{}: {}: {} (spec '{}', input {})",
        description_.file,
        path,
        what,
        spec_,
        shape_text(input_));
  }

  static Scope inner(const Scope& outer) {
    Scope scope;
    scope.outer = &outer;
    return scope;
  }

  static void set_out(Scope& scope, std::int64_t channels) {
    scope.own.emplace_back("out", Setting(channels));
  }

  int number(
      const Expression& expression,
      const std::string& path,
      const Scope& scope,
      Value x,
      std::int64_t low,
      std::int64_t high) const {
    std::int64_t value = 0;
    try {
      value = expression.evaluate(values(scope, x));
    } catch (const std::invalid_argument& error) {
      fail(path, fmt::format("found {}", error.what()));
    }
    if (value < low || value > high) {
      fail(path, fmt::format("found {}, expected {} to {}", value, low, high));
    }
    return static_cast<int>(value);
  }

  std::function<std::int64_t(const std::string&)> values(
      const Scope& scope,
      Value x) const {
    return [this, &scope, x](const std::string& name) -> std::int64_t {
      if (name == "in") return graph_.shape(x).channels;
      const Setting* setting = scope.find(name);
      if (setting == nullptr || setting->index() != 0) {
        throw std::invalid_argument("no number '" + name + "'");
      }
      return std::get<std::int64_t>(*setting);
    };
  }

  void step(const std::string& path) {
    if (++steps_ > kMostLayers) {
      fail(
          path,
          fmt::format(
              "found more than {} layers, expected a smaller network",
              kMostLayers));
    }
  }

  /// `named`: modules with "ReLU" in their class name that begin here.
  Value run(const Layers& layers, Value x, const Scope& scope, int named = 0) {
    for (const Layer& layer : layers) {
      x = run(layer, x, scope, named);
      named = 0;
    }
    return x;
  }

  Value run(const Layer& layer, Value x, const Scope& scope, int named) {
    step(layer.path);
    require_relu_first(layer.kind, layer.path, named);
    switch (layer.kind) {
      case LayerKind::none:
      case LayerKind::skip:
      case LayerKind::relu:
      case LayerKind::leaky_relu:
      case LayerKind::tanh:
      case LayerKind::sigmoid:
      case LayerKind::global_avg_pool:
      case LayerKind::shift:
        return plain(layer.kind, layer.path, x, scope, named);
      case LayerKind::batch_norm:
        return graph_.batch_norm(x, layer.affine, layer.epsilon);
      case LayerKind::conv:
      case LayerKind::depthwise:
        return convolution(layer, x, scope);
      case LayerKind::avg_pool:
      case LayerKind::max_pool:
        return pool(layer, x, scope);
      case LayerKind::linear:
        return linear(layer, x, scope);
      case LayerKind::operation:
        return call(layer, x, scope, named);
      case LayerKind::module:
        return module(layer, x, scope, named);
      case LayerKind::add:
        return sum(layer, x, scope);
      case LayerKind::concat:
        return concatenation(layer, x, scope);
      case LayerKind::multiply:
        return product(layer, x, scope);
      case LayerKind::residual:
        return residual(layer, x, scope);
      case LayerKind::branch:
        return branch(layer, x, scope, named);
    }
    return x;
  }

  /// NASWOT's authors' code looks at the input of every module with "ReLU" in
  /// its class name; here that is known where such a module begins with a ReLU.
  void require_relu_first(LayerKind kind, const std::string& path, int named)
      const {
    if (named == 0 || kind == LayerKind::relu || kind == LayerKind::module ||
        kind == LayerKind::operation || kind == LayerKind::branch) {
      return;
    }
    fail(
        path,
        "found another layer at the beginning of a module with ReLU in its "
        "name, expected \"relu\" there, or another name");
  }

  Value plain(
      LayerKind kind,
      const std::string& path,
      Value x,
      const Scope& scope,
      int named) {
    require_relu_first(kind, path, named);
    switch (kind) {
      case LayerKind::none:
        return zeros(path, x, scope);
      case LayerKind::skip:
        graph_.add_calls(x, 1);  // the Identity
        return x;
      case LayerKind::relu:
        return graph_.relu(x, 1 + named);
      case LayerKind::leaky_relu:
        return graph_.leaky_relu(x);
      case LayerKind::tanh:
        return graph_.tanh(x);
      case LayerKind::sigmoid:
        return graph_.sigmoid(x);
      case LayerKind::batch_norm:
        return graph_.batch_norm(x);
      case LayerKind::global_avg_pool:
        return graph_.global_avg_pool(x);
      default:
        return graph_.shift(x);
    }
  }

  /// Zeros of the shape that a layer of this scope's `out` and `stride` has.
  Value zeros(const std::string& path, Value x, const Scope& scope) {
    static const Expression kOut = Expression::parse("out");
    static const Expression kStride = Expression::parse("stride");
    return zeros_after(
        graph_,
        x,
        number(kOut, path, scope, x, 1, kMostChannels),
        number(kStride, path, scope, x, 1, kLargestStride));
  }

  Window window(const Layer& layer, Value x, const Scope& scope) const {
    Window window;
    window.kernel = number(layer.size, layer.path, scope, x, 1, kLargestKernel);
    window.stride = number(
        layer.stride, layer.path + ".stride", scope, x, 1, kLargestStride);
    window.dilation = number(
        layer.dilation, layer.path + ".dilation", scope, x, 1, kLargestKernel);
    window.padding = (window.kernel - 1) / 2 * window.dilation;
    if (layer.padding) {
      window.padding = number(
          *layer.padding,
          layer.path + ".padding",
          scope,
          x,
          0,
          std::int64_t{window.kernel} * window.dilation);
    }
    const Shape in = graph_.shape(x);
    const std::int64_t reach =
        std::int64_t{window.dilation} * (window.kernel - 1) + 1;
    const std::int64_t room =
        std::int64_t{2} * window.padding + std::min(in.height, in.width);
    if (room < reach) {
      fail(
          layer.path,
          fmt::format(
              "found a window of {0}x{0} pixels on a map of {1}, expected one "
              "that fits",
              reach,
              shape_text(in)));
    }
    return window;
  }

  /// Throws for maps and counts that no machine holds.
  void require_size(
      const Layer& layer,
      Shape in,
      int out,
      const Window& window,
      int groups) {
    const auto height = static_cast<double>(window.count(in.height));
    const auto width = static_cast<double>(window.count(in.width));
    const double map = height * width * out;
    macs_ += map * window.kernel * window.kernel * in.channels / groups;
    if (map > static_cast<double>(kLargestMap) || macs_ > kMostMacs) {
      fail(
          layer.path,
          fmt::format(
              "found a map of {} numbers and {} multiplications up to here, "
              "expected at most {} and {}",
              map,
              macs_,
              kLargestMap,
              kMostMacs));
    }
  }

  Value convolution(const Layer& layer, Value x, const Scope& scope) {
    static const Expression kOut = Expression::parse("out");
    const Shape in = graph_.shape(x);
    graph::Attributes a;
    a.window = window(layer, x, scope);
    a.bias = layer.bias;
    if (layer.kind == LayerKind::depthwise) {
      a.groups = in.channels;
      a.out_channels = in.channels;
    } else {
      a.out_channels = number(
          layer.out.value_or(kOut),
          layer.path + (layer.out ? ".out" : ""),
          scope,
          x,
          1,
          kMostChannels);
      a.groups = number(
          layer.groups, layer.path + ".groups", scope, x, 1, kMostChannels);
    }
    if (in.channels % a.groups != 0 || a.out_channels % a.groups != 0) {
      fail(
          layer.path + ".groups",
          fmt::format(
              "found {} groups, expected a divisor of {} channels in and {} "
              "out",
              a.groups,
              in.channels,
              a.out_channels));
    }
    require_size(layer, in, a.out_channels, a.window, a.groups);
    return graph_.conv2d(x, a);
  }

  Value pool(const Layer& layer, Value x, const Scope& scope) {
    const Window w = window(layer, x, scope);
    if (w.padding > w.kernel / 2) {
      fail(
          layer.path + ".padding",
          fmt::format(
              "found {}, expected at most half the kernel, {}",
              w.padding,
              w.kernel / 2));
    }
    const Shape in = graph_.shape(x);
    require_size(layer, in, in.channels, w, in.channels);
    return layer.kind == LayerKind::avg_pool
               ? graph_.avg_pool(x, w.kernel, w.stride, w.padding)
               : graph_.max_pool(x, w.kernel, w.stride, w.padding);
  }

  Value linear(const Layer& layer, Value x, const Scope& scope) {
    const Shape in = graph_.shape(x);
    if (in.height != 1 || in.width != 1) {
      fail(
          layer.path,
          fmt::format(
              "found a map of {}, expected a vector (\"global_avg_pool\" gives "
              "one)",
              shape_text(in)));
    }
    const int out = number(layer.size, layer.path, scope, x, 1, 1'000'000);
    return graph_.linear(x, out);
  }

  Value module(const Layer& layer, Value x, const Scope& scope, int named) {
    if (layer.name.find("ReLU") != std::string::npos) ++named;
    if (layer.parts[0].empty()) {
      require_relu_first(LayerKind::skip, layer.path, named);
    }
    const Value y = run(layer.parts[0], x, scope, named);
    graph_.add_calls(y, 1);
    return y;
  }

  Value call(const Layer& layer, Value x, const Scope& scope, int named) {
    Scope own = inner(scope);
    for (const auto& [name, value] : layer.numbers) {
      own.own.emplace_back(
          name,
          Setting(std::int64_t{number(
              value, layer.path + "." + name, scope, x, 0, 1'000'000'000)}));
    }
    return operation(layer.name, layer.path, x, own, named);
  }

  /// The layer, the operation or the choice of that name.
  Value operation(
      const std::string& name,
      const std::string& path,
      Value x,
      const Scope& scope,
      int named = 0) {
    if (const auto kind = plain_layer(name)) {
      return plain(*kind, path, x, scope, named);
    }
    if (const Operation* found = description_.find_operation(name)) {
      return run(found->layers, x, scope, named);
    }
    const Setting* choice = scope.find(name);
    if (choice == nullptr || choice->index() != 1) {
      fail(path, fmt::format("found no operation '{}'", name));
    }
    return operation(std::get<std::string>(*choice), path, x, scope, named);
  }

  Value sum(const Layer& layer, Value x, const Scope& scope) {
    std::vector<Value> terms;
    for (const Layers& part : layer.parts) {
      terms.push_back(run(part, x, scope));
      require_equal(layer.path, "a sum", terms);
    }
    return graph_.add(terms);
  }

  void require_equal(
      const std::string& path,
      const std::string& what,
      const std::vector<Value>& terms) const {
    const Shape first = graph_.shape(terms.front());
    const Shape last = graph_.shape(terms.back());
    if (first == last) return;
    fail(
        path,
        fmt::format(
            "found {} of {} and {} (term {}), expected equal shapes",
            what,
            shape_text(first),
            shape_text(last),
            terms.size()));
  }

  Value concatenation(const Layer& layer, Value x, const Scope& scope) {
    std::vector<Value> parts;
    for (const Layers& part : layer.parts) {
      parts.push_back(run(part, x, scope));
    }
    return concatenate(layer.path, parts);
  }

  Value concatenate(const std::string& path, const std::vector<Value>& parts) {
    const Shape first = graph_.shape(parts.front());
    std::int64_t channels = 0;
    for (const Value part : parts) {
      const Shape shape = graph_.shape(part);
      channels += shape.channels;
      if (shape.height != first.height || shape.width != first.width ||
          channels > kMostChannels) {
        fail(
            path,
            fmt::format(
                "found {} beside {} in a concatenation, expected maps of one "
                "size and {} channels at most",
                shape_text(shape),
                shape_text(first),
                kMostChannels));
      }
    }
    return graph_.concat(parts);
  }

  Value product(const Layer& layer, Value x, const Scope& scope) {
    const Value gate = run(layer.parts[0], x, scope);
    const Shape expected{graph_.shape(x).channels, 1, 1};
    if (!(graph_.shape(gate) == expected)) {
      fail(
          layer.path,
          fmt::format(
              "found a factor of {}, expected {}, a number a channel",
              shape_text(graph_.shape(gate)),
              shape_text(expected)));
    }
    return graph_.multiply(x, gate);
  }

  Value residual(const Layer& layer, Value x, const Scope& scope) {
    const Value y = run(layer.parts[0], x, scope);
    if (layer.parts.size() == 1) {
      // Without a shortcut of its own, x is added where that is possible.
      if (!(graph_.shape(y) == graph_.shape(x))) return y;
      return graph_.add(std::array{y, x});
    }
    const std::vector<Value> terms{
        y,
        graph_.shape(y) == graph_.shape(x) ? x : run(layer.parts[1], x, scope)};
    require_equal(layer.path, "a sum", terms);
    return graph_.add(terms);
  }

  Value branch(const Layer& layer, Value x, const Scope& scope, int named) {
    bool holds = false;
    try {
      holds = layer.condition.holds(values(scope, x));
    } catch (const std::invalid_argument& error) {
      fail(layer.path + ".if", fmt::format("found {}", error.what()));
    }
    return run(layer.parts[holds ? 0 : 1], x, scope, named);
  }

  Value run(const Cell& cell, Value x, const Scope& scope) {
    std::vector<Value> nodes{x};
    for (int node = 1; node < cell.nodes; ++node) {
      std::vector<Value> terms;
      for (const Edge& edge : cell.edges) {
        if (edge.to != node) continue;
        const int from = number(edge.from, edge.path, scope, x, 0, node - 1);
        terms.push_back(
            run(edge, nodes[static_cast<std::size_t>(from)], scope));
        require_equal(edge.path, fmt::format("a sum at node {}", node), terms);
      }
      nodes.push_back(graph_.add(terms));
    }
    std::vector<Value> outputs;
    for (const int node : cell.output) {
      outputs.push_back(nodes[static_cast<std::size_t>(node)]);
    }
    return concatenate(cell.path + ".output", outputs);
  }

  Value run(const Edge& edge, Value from, const Scope& scope) {
    step(edge.path);
    const auto own = description_.find_choice(edge.operation);
    const bool is_own = own && !is_name(edge.operation);
    return operation(
        is_own ? std::get<std::string>(settings_[*own]) : edge.operation,
        edge.path,
        from,
        scope);
  }

  /// The scope of a repetition, counted from 0.
  Scope stage_scope(const Stage& stage, std::size_t repetition) const {
    Scope scope = inner(global_);
    for (const StageChoice& choice : stage.choices) {
      if (choice.each && repetition >= choice.choices.size()) continue;
      const std::size_t index = choice.choices[choice.each ? repetition : 0];
      scope.own.emplace_back(choice.name, settings_[index]);
    }
    return scope;
  }

  Value run(const Stage& stage, Value x) {
    const Scope first = stage_scope(stage, 0);
    const int repeat = number(
        stage.repeat, stage.path + ".repeat", first, x, 0, kMostRepetitions);
    // The stride is the reduction's, or the first repetition's without one.
    int stride = stage.reduction ? 2 : 1;
    if (stage.stride) {
      stride = number(
          *stage.stride, stage.path + ".stride", first, x, 1, kLargestStride);
    }
    if (stage.reduction) {
      x = run_block(*stage.reduction, nullptr, stage, x, first, stride);
      stride = 1;
    }
    if (!stage.block && !stage.cell) return x;
    const Cell* cell = stage.cell ? &description_.cells[*stage.cell] : nullptr;
    for (int i = 0; i < repeat; ++i) {
      const Scope scope = stage_scope(stage, static_cast<std::size_t>(i));
      x = run_block(
          stage.block.value_or(Layers()), cell, stage, x, scope, stride);
      stride = 1;
    }
    return x;
  }

  /// A cell, or layers where there is none; a block of the network.
  Value run_block(
      const Layers& layers,
      const Cell* cell,
      const Stage& stage,
      Value x,
      const Scope& outer,
      int stride) {
    step(stage.path);
    Scope scope = inner(outer);
    set_out(
        scope,
        number(
            stage.channels,
            stage.path + ".channels",
            outer,
            x,
            1,
            kMostChannels));
    scope.own.emplace_back("stride", Setting(std::int64_t{stride}));
    if (cell == nullptr) {
      x = run(layers, x, scope);
    } else {
      x = run(*cell, x, scope);
      graph_.add_calls(x, 1);  // the cell
    }
    graph_.end_block(x);
    return x;
  }

  const Description& description_;
  const std::vector<Setting>& settings_;
  std::string_view spec_;
  Shape input_;
  graph::GraphBuilder graph_;
  Scope global_;
  std::int64_t steps_ = 0;
  double macs_ = 0;
};

}  // namespace

graph::Graph build_network(
    const Description& description,
    const std::vector<Setting>& settings,
    std::string_view spec,
    Shape input,
    int classes,
    graph::Folding folding) {
  try {
    return NetworkBuilder(description, settings, spec, input, classes, folding)
        .build(classes);
  } catch (const std::invalid_argument& error) {
    throw UserError(
        "{}: found {} (spec '{}', input {})",
        description.file,
        error.what(),
        spec,
        shape_text(input));
  }
}

}  // namespace zcp::spaces::json
