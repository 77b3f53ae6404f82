#include "nets/networks/script_cells.h"

#include <torch/csrc/jit/ir/irparser.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zcp::networks {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;

std::string plain_cell(const std::string& activation) {
  return "graph(%x, %h, %wi, %wh, %bi, %bh):\n"
         "  %one : int = prim::Constant[value=1]()\n"
         "  %i = aten::linear(%x, %wi, %bi)\n"
         "  %g = aten::linear(%h, %wh, %bh)\n"
         "  %s = aten::add(%g, %i, %one)\n"
         "  %y = aten::" +
         activation +
         "(%s)\n"
         "  return (%y)\n";
}

constexpr const char* kGru = R"IR(
graph(%x, %h, %wi, %wh, %bi, %bh):
  %one : int = prim::Constant[value=1]()
  %three : int = prim::Constant[value=3]()
  %i = aten::linear(%x, %wi, %bi)
  %g = aten::linear(%h, %wh, %bh)
  %ip : Tensor[] = aten::chunk(%i, %three, %one)
  %gp : Tensor[] = aten::chunk(%g, %three, %one)
  %i0 : Tensor, %i1 : Tensor, %i2 : Tensor = prim::ListUnpack(%ip)
  %g0 : Tensor, %g1 : Tensor, %g2 : Tensor = prim::ListUnpack(%gp)
  %rg = aten::add(%g0, %i0, %one)
  %r = aten::sigmoid(%rg)
  %zg = aten::add(%g1, %i1, %one)
  %z = aten::sigmoid(%zg)
  %gr = aten::mul(%g2, %r)
  %ng = aten::add(%i2, %gr, %one)
  %n = aten::tanh(%ng)
  %d = aten::sub(%h, %n, %one)
  %dz = aten::mul(%d, %z)
  %y = aten::add(%dz, %n, %one)
  return (%y)
)IR";

constexpr const char* kLstm = R"IR(
graph(%x, %state : Tensor[], %wi, %wh, %bi, %bh):
  %one : int = prim::Constant[value=1]()
  %four : int = prim::Constant[value=4]()
  %h : Tensor, %before : Tensor = prim::ListUnpack(%state)
  %g = aten::linear(%h, %wh, %bh)
  %i = aten::linear(%x, %wi, %bi)
  %s = aten::add(%g, %i, %one)
  %gates : Tensor[] = aten::chunk(%s, %four, %one)
  %ig : Tensor, %fg : Tensor, %cg : Tensor, %og : Tensor = prim::ListUnpack(%gates)
  %enter = aten::sigmoid(%ig)
  %forget = aten::sigmoid(%fg)
  %cell = aten::tanh(%cg)
  %out = aten::sigmoid(%og)
  %kept = aten::mul(%forget, %before)
  %new = aten::mul(%enter, %cell)
  %c = aten::add(%kept, %new, %one)
  %t = aten::tanh(%c)
  %y = aten::mul(%out, %t)
  return (%y, %c)
)IR";

class Expansion {
 public:
  explicit Expansion(ScriptProgram& program) : program_(program) {
    add("aten::rnn_tanh_cell", plain_cell("tanh"));
    add("aten::rnn_relu_cell", plain_cell("relu"));
    add("aten::gru_cell", kGru);
    add("aten::lstm_cell", kLstm);
  }

  void expand(Block& block) {
    for (auto node = block.nodes().begin(); node != block.nodes().end();) {
      Node* const one = *node;
      ++node;  // a cell is destroyed
      for (Block* inner : one->blocks()) expand(*inner);
      const auto parts = parts_.find(one->kind().toQualString());
      if (parts != parts_.end()) replace(*one, *parts->second);
    }
  }

 private:
  void add(const char* kind, const std::string& parts) {
    auto graph = std::make_shared<Graph>();
    torch::jit::parseIR(parts, graph.get());
    parts_[kind] = std::move(graph);
  }

  /// What is known of the cell is known of its parts.
  void replace(Node& cell, Graph& parts) {
    const Node* const before = cell.prev();
    const torch::jit::WithInsertPoint here(&cell);
    const auto made =
        torch::jit::insertGraph(*program_.graph, parts, cell.inputs());
    const auto told = program_.modules.find(&cell);
    if (told != program_.modules.end()) {
      const std::vector<ExportedModule> modules = told->second;
      for (const Node* part = before->next(); part != &cell;
           part = part->next()) {
        program_.modules[part] = modules;
      }
    }
    for (std::size_t i = 0; i < made.size(); ++i) {
      const auto sizes = program_.sizes.extract(cell.outputs()[i]);
      if (!sizes.empty()) program_.sizes[made[i]] = sizes.mapped();
      cell.outputs()[i]->replaceAllUsesWith(made[i]);
    }
    program_.modules.erase(&cell);
    program_.operators.erase(&cell);
    cell.destroy();
  }

  ScriptProgram& program_;
  std::map<std::string, std::shared_ptr<Graph>> parts_;  // by the cell's kind
};

}  // namespace

void expand_cells(ScriptProgram& program) {
  Expansion(program).expand(*program.graph->block());
}

}  // namespace zcp::networks
