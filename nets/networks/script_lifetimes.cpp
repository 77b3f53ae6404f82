#include "nets/networks/script_lifetimes.h"

#include <unordered_map>
#include <vector>

namespace zcp::networks {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

class Lifetimes {
 public:
  explicit Lifetimes(ScriptProgram& program) : program_(program) {
    for (const auto& [last, plan] : program.plans) {
      if (plan.fused == nullptr) continue;
      for (const Node* node : plan.fused->before) runs_with_[node] = last;
    }
    for (const auto& [last, attention] : program.attentions) {
      also_read(attention.query, last);
      also_read(attention.key, last);
      also_read(attention.value, last);
      if (attention.softmax != nullptr) {
        also_read(attention.softmax->output(), last);
      }
    }
  }

  void plan(const Block& block) {
    for (const Node* node : block.nodes()) {
      for (const Value* made : node->outputs()) {
        const Node* last = last_reader(*made);
        if (last != nullptr) program_.plans[last].done.push_back(made);
      }
      for (const Block* inner : node->blocks()) plan(*inner);
    }
  }

 private:
  void also_read(const Value* value, const Node* reader) {
    further_[value].push_back(reader);
  }

  /// The node of the value's own block that reads it last, or is around what
  /// does, or makes it, where nobody reads it; null for what leaves the block.
  const Node* last_reader(const Value& value) const {
    const Block* block = value.node()->owningBlock();
    const Node* last = around(value.node(), block);
    const auto consider = [&](const Node* reader) {
      const Node* here = around(reader, block);
      if (here->isAfter(last)) last = here;
    };
    for (const torch::jit::Use& use : value.uses()) consider(use.user);
    const auto further = further_.find(&value);
    if (further != further_.end()) {
      for (const Node* reader : further->second) consider(reader);
    }
    return last->kind() == torch::jit::prim::Return ? nullptr : last;
  }

  /// The node of `block` that is `node`, holds it or runs it.
  const Node* around(const Node* node, const Block* block) const {
    while (node->owningBlock() != block) {
      node = node->owningBlock()->owningNode();
    }
    const auto found = runs_with_.find(node);
    return found == runs_with_.end() ? node : found->second;
  }

  ScriptProgram& program_;
  std::unordered_map<const Node*, const Node*> runs_with_;
  std::unordered_map<const Value*, std::vector<const Node*>> further_;
};

}  // namespace

void plan_lifetimes(ScriptProgram& program) {
  Lifetimes(program).plan(*program.graph->block());
}

}  // namespace zcp::networks
