#include "nets/networks/exported_blocks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "common/error.h"
#include "common/one_of.h"

namespace zcp::networks {
namespace {

using torch::jit::Node;
using torch::jit::Value;
namespace prim = torch::jit::prim;
using Values = std::vector<const Value*>;

/// A sum of a branch and its shortcut.
struct ResidualSum {
  const Node* sum;
  Values one;  ///< from one term back to the fork, which is not in it
  Values two;
  const Value* fork;
};

class BlockFinder {
 public:
  explicit BlockFinder(ScriptProgram& program) : program_(program) {
    mark_dependent();
  }

  void find() {
    std::vector<ResidualSum> sums;
    for (const Node* node : program_.graph->block()->nodes()) {
      if (auto sum = residual_sum(*node)) sums.push_back(std::move(*sum));
    }
    if (program_.options.blocks.empty()) {
      take_sums(sums);
    } else {
      for (const std::string& path : program_.options.blocks) {
        add_block(output_of(path), path);
      }
    }
    for (const ResidualSum& sum : sums) add_residual(sum);
    check_axes();
    add_note();
  }

 private:
  bool depends(const Value* value) const { return dependent_.contains(value); }

  void mark_dependent() {
    for (const Value* input : program_.graph->inputs().slice(1)) {
      dependent_.insert(input);
    }
    for (const Node* node : program_.graph->block()->nodes()) {
      const bool any = std::ranges::any_of(
          node->inputs(), [&](const Value* input) { return depends(input); });
      if (!any) continue;
      for (const Value* output : node->outputs()) {
        if (holds_tensors(output)) dependent_.insert(output);
      }
    }
  }

  /// Sizes of tensors are numbers, through which nothing flows.
  static bool holds_tensors(const Value* value) {
    const auto type = value->type();
    if (const auto list = type->cast<c10::ListType>()) {
      return list->getElementType()->kind() == c10::TypeKind::TensorType ||
             list->getElementType()->kind() == c10::TypeKind::OptionalType;
    }
    return type->kind() == c10::TypeKind::TensorType;
  }

  const std::string& name_of(const Node* node) const {
    return program_.plans.at(node).name;
  }

  const std::vector<std::int64_t>* sizes_of(const Value* value) const {
    const auto found = program_.sizes.find(value);
    return found == program_.sizes.end() ? nullptr : &found->second;
  }

  Values dependent_inputs(const Node* node) const {
    Values found;
    for (const Value* input : node->inputs()) {
      if (depends(input)) found.push_back(input);
    }
    return found;
  }

  /// The input that a node works on: the first, or of a product the one that
  /// is of the result's size; null where there is none or it joins several.
  const Value* main_input(const Node* node) const {
    const Values candidates = dependent_inputs(node);
    if (candidates.empty()) return nullptr;
    const bool joins = node->kind() == prim::ListConstruct;
    if (joins && candidates.size() > 1) return nullptr;
    if (name_of(node) == "mul") {
      const auto* size = sizes_of(node->output());
      for (const Value* candidate : candidates) {
        const auto* own = sizes_of(candidate);
        if (size != nullptr && own != nullptr && *own == *size) {
          return candidate;
        }
      }
    }
    return candidates[0];
  }

  /// Whether the node adds two tensors that depend on the network's input.
  bool is_sum(const Node* node) const {
    return name_of(node) == "add" && node->inputs().size() >= 2 &&
           depends(node->inputs()[0]) && depends(node->inputs()[1]);
  }

  /// The values from `start` back to a sum that is no inner one, the input or
  /// where several join, which is the last.
  Values chain_from(const Value* start) const {
    Values chain{start};
    for (;;) {
      const Node* node = chain.back()->node();
      const bool joins = is_sum(node) && !inner_sums_.contains(node);
      if (node->kind() == prim::Param || joins) return chain;
      const Value* next = main_input(node);
      if (next == nullptr) return chain;
      chain.push_back(next);
    }
  }

  bool is_layer(const Value* value) const {
    const LayerKind kind = program_.plans.at(value->node()).kind;
    return kind == LayerKind::conv || kind == LayerKind::linear ||
           kind == LayerKind::recurrent;
  }

  std::optional<ResidualSum> residual_sum(const Node& node) {
    if (!is_sum(&node)) return std::nullopt;
    const auto* left = sizes_of(node.inputs()[0]);
    const auto* right = sizes_of(node.inputs()[1]);
    if (left == nullptr || right == nullptr || *left != *right) {
      return std::nullopt;
    }
    ResidualSum sum{
        &node,
        chain_from(node.inputs()[0]),
        chain_from(node.inputs()[1]),
        nullptr};
    const auto fork = std::ranges::find_first_of(sum.one, sum.two);
    if (fork == sum.one.end()) return std::nullopt;
    sum.fork = *fork;
    sum.one.erase(fork, sum.one.end());
    sum.two.erase(std::ranges::find(sum.two, sum.fork), sum.two.end());
    const auto layer = [&](const Value* value) { return is_layer(value); };
    const bool layers = std::ranges::any_of(sum.one, layer) ||
                        std::ranges::any_of(sum.two, layer);
    if (!layers) {
      inner_sums_.insert(&node);
      return std::nullopt;
    }
    return sum;
  }

  void take_sums(const std::vector<ResidualSum>& sums) {
    std::set<std::string> taken;
    for (const ResidualSum& sum : sums) {
      if (program_.blocks.empty() && sum.fork->node()->kind() != prim::Param) {
        add_block(sum.fork, name_of_stem(sum));
      }
      const ExportedModule* module = innermost(sum.sum);
      if (module == nullptr) {
        add_block(sum.sum->output(), fmt::format("sum {}", ++loose_));
        continue;
      }
      if (!taken.insert(module->call).second) continue;
      const Values outputs = returned_by(module->call);
      if (outputs.size() == 1) {
        add_block(outputs[0], module->call);
      } else {
        add_block(sum.sum->output(), module->call + " (its sum)");
      }
    }
  }

  /// The outermost module that returns what enters the first block.
  std::string name_of_stem(const ResidualSum& sum) const {
    const auto found = program_.modules.find(sum.fork->node());
    if (found != program_.modules.end()) {
      for (const ExportedModule& module : found->second) {
        if (module.path.empty() || contains(sum.sum, module.call)) continue;
        const Values outputs = returned_by(module.call);
        if (outputs.size() == 1 && outputs[0] == sum.fork) return module.call;
      }
    }
    return "stem";
  }

  const ExportedModule* innermost(const Node* node) const {
    const auto found = program_.modules.find(node);
    if (found == program_.modules.end() || found->second.empty() ||
        found->second.back().path.empty()) {
      return nullptr;
    }
    return &found->second.back();
  }

  bool contains(const Node* node, const std::string& call) const {
    const auto found = program_.modules.find(node);
    return found != program_.modules.end() &&
           std::ranges::any_of(
               found->second, [&](const ExportedModule& module) {
                 return module.call == call;
               });
  }

  /// What is made in a call of a module and read outside of it.
  Values returned_by(const std::string& call) const {
    Values returned;
    for (const Node* node : program_.graph->block()->nodes()) {
      if (!contains(node, call)) continue;
      for (const Value* output : node->outputs()) {
        if (!depends(output) ||
            output->type()->kind() != c10::TypeKind::TensorType) {
          continue;
        }
        const bool outside = std::ranges::any_of(
            output->uses(),
            [&](const auto& use) { return !contains(use.user, call); });
        if (outside) returned.push_back(output);
      }
    }
    return returned;
  }

  /// What the module of a path returns.
  const Value* output_of(const std::string& path) const {
    std::set<std::string> calls;
    std::set<std::string> paths;
    for (const auto& [node, modules] : program_.modules) {
      for (const ExportedModule& module : modules) {
        if (!module.path.empty()) paths.insert(module.path);
        if (module.path == path || module.call == path) {
          calls.insert(module.call);
        }
      }
    }
    if (calls.contains(path)) calls = {path};
    if (calls.empty() || path.empty()) {
      constexpr std::size_t kShown = 30;
      std::vector<std::string> shown(paths.begin(), paths.end());
      const bool more = shown.size() > kShown;
      if (more) shown.resize(kShown);
      refuse(fmt::format(
          "has no module '{}', expected as --blocks some of: {}{}",
          path,
          fmt::join(shown, ", "),
          more ? ", ..." : ""));
    }
    const Values outputs = returned_by(*calls.begin());
    if (calls.size() == 1 && outputs.size() == 1) return outputs[0];
    refuse(fmt::format(
        "module '{}' returns {} tensors in {} calls, expected one as a block",
        path,
        outputs.size(),
        calls.size()));
  }

  void add_block(const Value* value, const std::string& name) {
    const auto index = static_cast<int>(program_.blocks.size());
    if (!program_.blocks.emplace(value, index).second) return;
    names_.push_back(name);
  }

  /// Convolutions of maps, in the order in which they run.
  Values convolutions(const Values& chain) const {
    Values found;
    for (const Value* value : chain) {
      if (program_.plans.at(value->node()).kind == LayerKind::conv) {
        found.push_back(value);
      }
    }
    std::ranges::reverse(found);
    return found;
  }

  std::int64_t channels_of(const Value* value) const {
    const auto* sizes = sizes_of(value);
    return sizes != nullptr && sizes->size() == 4 ? (*sizes)[1] : -1;
  }

  std::int64_t groups_of(const Value* convolution) const {
    const Node* node = convolution->node();
    const std::size_t place = name_of(node) == "conv2d" ? 6 : 8;
    if (node->inputs().size() <= place) return 1;
    const auto groups = torch::jit::toIValue(node->inputs()[place]);
    return groups && groups->isInt() ? groups->toInt() : 1;
  }

  void add_residual(const ResidualSum& sum) {
    const auto& asked = program_.options.blocks;
    const bool wanted =
        asked.empty() || std::ranges::any_of(asked, [&](const auto& path) {
          return contains(sum.sum, path);
        });
    Values shortcut = convolutions(sum.one);
    Values branch = convolutions(sum.two);
    if (shortcut.size() > branch.size()) std::swap(shortcut, branch);
    if (!wanted || shortcut.size() > 1 || branch.size() < 2 ||
        branch.size() > 3) {
      return;
    }
    using Block = graph::ResidualBlock;
    const bool depthwise = branch.size() == 3 && groups_of(branch[1]) > 1 &&
                           groups_of(branch[1]) == channels_of(branch[1]);
    Block block{
        branch.size() == 2 ? Block::Kind::basic
        : depthwise        ? Block::Kind::inverted
                           : Block::Kind::bottleneck,
        static_cast<int>(channels_of(sum.fork)),
        {},
        shortcut.empty()};
    for (const Value* value : branch) {
      block.widths.push_back(static_cast<int>(channels_of(value)));
    }
    const bool known =
        block.input > 0 &&
        std::ranges::all_of(block.widths, [](int width) { return width > 0; });
    if (known) program_.residual_blocks.push_back(std::move(block));
  }

  /// Whether the last axis holds a value's channels. Layers and what turns
  /// axes decide.
  bool channels_last(const Value* value) const {
    bool turned = false;
    for (;;) {
      const Node* node = value->node();
      if (node->kind() == prim::Param) return turned;
      const std::string& name = name_of(node);
      const LayerKind kind = program_.plans.at(node).kind;
      if (one_of(name, {"permute", "transpose"})) turned = !turned;
      if (kind == LayerKind::conv || kind == LayerKind::batch_norm) {
        return turned;
      }
      if (kind == LayerKind::linear || kind == LayerKind::recurrent ||
          name == "layer_norm") {
        return !turned;
      }
      // Tensors that are joined lie alike.
      const Values inputs = dependent_inputs(node);
      const Value* main = main_input(node);
      value = main != nullptr || inputs.empty() ? main : inputs[0];
      if (value == nullptr) return turned;
    }
  }

  /// AZ-NAS's proxies look at maps [N, C, H, W] and at sequences or vectors
  /// whose last axis holds the channels. Other blocks are left out, all of
  /// them, with a note.
  void check_axes() {
    for (const auto& [value, index] : program_.blocks) {
      const auto* sizes = sizes_of(value);
      const std::size_t rank = sizes == nullptr ? 0 : sizes->size();
      const bool good = rank == 4   ? !channels_last(value)
                        : rank == 3 ? channels_last(value)
                                    : rank == 2;
      if (good) continue;
      program_.notes.push_back(fmt::format(
          "no blocks: {} has its channels elsewhere than maps [N, C, H, W] or "
          "sequences [N, T, C]",
          names_[static_cast<std::size_t>(index)]));
      program_.blocks.clear();
      return;
    }
  }

  void add_note() {
    if (program_.blocks.empty()) return;
    program_.notes.push_back(fmt::format(
        "blocks{}: {}",
        program_.options.blocks.empty() ? " by residual sums" : "",
        fmt::join(names_, ", ")));
  }

  [[noreturn]] void refuse(const std::string& text) const {
    throw UserError("{}: {}", program_.path, text);
  }

  ScriptProgram& program_;
  std::unordered_set<const Value*> dependent_;
  /// Of two products of one tensor, as of attention's weights with values and
  /// with positions: a part of a branch.
  std::unordered_set<const Node*> inner_sums_;
  std::vector<std::string> names_;  ///< of the blocks
  int loose_ = 0;                   ///< sums in no module
};

}  // namespace

void find_blocks(ScriptProgram& program) {
  BlockFinder(program).find();
}

}  // namespace zcp::networks
