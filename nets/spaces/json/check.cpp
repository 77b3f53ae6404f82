// What can be said of a description before a network is built: whether every
// name stands for something, and whether every choice matters.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "common/error.h"
#include "nets/spaces/json/description.h"

namespace zcp::spaces::json {
namespace {

constexpr int kMostSteps = 200'000;
constexpr std::size_t kMostNested = 32;

/// The names that hold at a place, and the choice behind each. Inner ones hide
/// outer ones.
struct Names {
  const Names* outer = nullptr;
  std::vector<std::pair<std::string, std::optional<std::size_t>>> own;

  const std::optional<std::size_t>* find(const std::string& name) const {
    for (const auto& [known, choice] : own) {
      if (known == name) return &choice;
    }
    return outer == nullptr ? nullptr : outer->find(name);
  }

  void list(std::vector<std::string>& all) const {
    for (const auto& [known, choice] : own) all.push_back(known);
    if (outer != nullptr) outer->list(all);
  }
};

class Checker {
 public:
  explicit Checker(const Description& description)
      : description_(description), read_(description.choices.size()) {}

  void check() {
    if (description_.choices.empty()) {
      fail(
          "(top)",
          "found nothing to choose, expected 'choices', an edge with a list "
          "of operations, or 'choose' or 'each' in a stage");
    }
    Names names;
    for (const char* own : {"in", "out", "stride", "classes"}) {
      names.own.emplace_back(own, std::nullopt);
    }
    for (std::size_t i = 0; i < description_.global_choices; ++i) {
      names.own.emplace_back(description_.choices[i].name, i);
    }
    number(description_.stem_channels, description_.stem_path, names);
    walk(description_.stem, names);
    for (const Stage& stage : description_.stages) check(stage, names);
    walk(description_.head, names);
    require_read();
  }

 private:
  [[noreturn]] void fail(const std::string& path, const std::string& what)
      const {
    throw UserError("{}: {}: {}", description_.file, path, what);
  }

  void check(const Stage& stage, const Names& outer) {
    Names names;
    names.outer = &outer;
    for (const StageChoice& choice : stage.choices) {
      // Choices of all repetitions are read as the first one is.
      names.own.emplace_back(
          choice.name,
          choice.choices.empty() ? std::nullopt
                                 : std::optional(choice.choices[0]));
    }
    number(stage.channels, stage.path + ".channels", names);
    number(stage.repeat, stage.path + ".repeat", names);
    if (stage.stride) number(*stage.stride, stage.path + ".stride", names);
    if (stage.reduction) walk(*stage.reduction, names);
    if (stage.block) walk(*stage.block, names);
    if (stage.cell) check(description_.cells[*stage.cell], names);
    for (const StageChoice& choice : stage.choices) {
      for (const std::size_t index : choice.choices) {
        read_[index] = read_[choice.choices[0]];
      }
    }
  }

  void check(const Cell& cell, const Names& names) {
    for (const Edge& edge : cell.edges) {
      number(edge.from, edge.path, names);
      const auto own = description_.find_choice(edge.operation);
      if (own && !is_name(edge.operation)) {
        read_[*own] = true;
        for (const Setting& value : description_.choices[*own].values) {
          call(std::get<std::string>(value), edge.path, names);
        }
      } else {
        call(edge.operation, edge.path, names);
      }
    }
  }

  void number(
      const Expression& expression,
      const std::string& path,
      const Names& names) {
    for (const std::string& name : expression.names()) {
      const auto* choice = names.find(name);
      if (choice == nullptr) unknown("name", name, path, names);
      if (!*choice) continue;
      const Choice& read = description_.choices[**choice];
      if (std::holds_alternative<std::string>(read.values[0])) {
        fail(
            path,
            fmt::format(
                "found '{}', a choice of operations, expected a number", name));
      }
      read_[**choice] = true;
    }
  }

  [[noreturn]] void unknown(
      const std::string& what,
      const std::string& name,
      const std::string& path,
      const Names& names) const {
    std::vector<std::string> known;
    names.list(known);
    if (what == "operation") {
      for (const Operation& operation : description_.operations) {
        known.push_back(operation.name);
      }
      for (const char* layer :
           {"none", "skip", "relu", "bn", "global_avg_pool", "sigmoid"}) {
        known.emplace_back(layer);
      }
    }
    const std::string near = nearest_name(name, known);
    fail(
        path,
        fmt::format(
            "found the unknown {} '{}', expected {}",
            what,
            name,
            near.empty() ? fmt::format("one of {}", fmt::join(known, ", "))
                         : fmt::format("'{}' perhaps", near)));
  }

  void walk(const Layers& layers, const Names& names) {
    for (const Layer& layer : layers) {
      if (++steps_ > kMostSteps) {
        fail(
            layer.path,
            fmt::format(
                "found more than {} layers in operations of operations, "
                "expected fewer",
                kMostSteps));
      }
      walk(layer, names);
    }
  }

  void walk(const Layer& layer, const Names& names) {
    number(layer.size, layer.path, names);
    if (layer.out) number(*layer.out, layer.path + ".out", names);
    number(layer.stride, layer.path + ".stride", names);
    if (layer.padding) number(*layer.padding, layer.path + ".padding", names);
    number(layer.dilation, layer.path + ".dilation", names);
    number(layer.groups, layer.path + ".groups", names);
    number(layer.condition.left, layer.path + ".if", names);
    number(layer.condition.right, layer.path + ".if", names);
    for (const Layers& part : layer.parts) walk(part, names);
    if (layer.kind != LayerKind::operation) return;
    Names inner;
    inner.outer = &names;
    for (const auto& [name, value] : layer.numbers) {
      number(value, layer.path + "." + name, names);
      inner.own.emplace_back(name, std::nullopt);
    }
    call(layer.name, layer.path, inner);
  }

  /// `name`: of a layer, an operation, or a choice among them.
  void
  call(const std::string& name, const std::string& path, const Names& names) {
    if (plain_layer(name)) return;
    if (const Operation* operation = description_.find_operation(name)) {
      enter(*operation, path, names);
      return;
    }
    const auto* choice = names.find(name);
    if (choice == nullptr || !*choice ||
        std::holds_alternative<std::int64_t>(
            description_.choices[**choice].values[0])) {
      unknown("operation", name, path, names);
    }
    read_[**choice] = true;
    for (const Setting& value : description_.choices[**choice].values) {
      call(std::get<std::string>(value), path, names);
    }
  }

  void enter(
      const Operation& operation,
      const std::string& path,
      const Names& names) {
    const auto active =
        std::find(active_.begin(), active_.end(), operation.name);
    if (active != active_.end()) {
      std::vector<std::string> cycle(active, active_.end());
      cycle.push_back(operation.name);
      fail(
          path,
          fmt::format(
              "found a cycle of operations, {}, expected none to use itself",
              fmt::join(cycle, " -> ")));
    }
    if (active_.size() >= kMostNested) {
      fail(
          path,
          fmt::format(
              "found more than {} operations inside each other, expected fewer",
              kMostNested));
    }
    active_.push_back(operation.name);
    walk(operation.layers, names);
    active_.pop_back();
  }

  void require_read() const {
    for (std::size_t i = 0; i < read_.size(); ++i) {
      const Choice& choice = description_.choices[i];
      if (read_[i]) continue;
      fail(
          choice.path,
          fmt::format(
              "found the choice '{}', which nothing reads, expected a layer or "
              "a stage that does",
              choice.name));
    }
  }

  const Description& description_;
  std::vector<char> read_;
  std::vector<std::string> active_;
  int steps_ = 0;
};

}  // namespace

void check(const Description& description) {
  Checker(description).check();
}

}  // namespace zcp::spaces::json
