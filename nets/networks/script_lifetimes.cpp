#include "nets/networks/script_lifetimes.h"

namespace zcp::networks {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

/// The node of the outermost block in which another one lies, or itself.
const Node* on_top(const Node* node, const Block* top) {
  while (node->owningBlock() != top) node = node->owningBlock()->owningNode();
  return node;
}

/// The last node that reads the value, or the one that made it; null where the
/// program returns it. What a node of control flow reads inside counts as read
/// by it.
const Node* last_reader(const Node& maker, const Value& value, Block* top) {
  const Node* last = &maker;
  for (const torch::jit::Use& use : value.uses()) {
    if (use.user == top->return_node()) return nullptr;
    const Node* reader = on_top(use.user, top);
    if (last->isBefore(reader)) last = reader;
  }
  return last;
}

}  // namespace

void plan_lifetimes(ScriptProgram& program) {
  Block* top = program.graph->block();
  for (const Node* node : top->nodes()) {
    for (const Value* value : node->outputs()) {
      const Node* last = last_reader(*node, *value, top);
      if (last != nullptr) program.plans[last].done_after.push_back(value);
    }
  }
}

}  // namespace zcp::networks
