#include "nets/networks/script_cells.h"

#include <torch/csrc/jit/passes/subgraph_rewrite.h>

#include <string>

namespace zcp::networks {
namespace {

/// A graph of the cell's own operator.
std::string cell(const std::string& name) {
  return "graph(%x, %h, %wi, %wh, %bi, %bh):\n"
         "  %y = aten::" +
         name +
         "(%x, %h, %wi, %wh, %bi, %bh)\n"
         "  return (%y)\n";
}

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

constexpr const char* kLstmCell = R"IR(
graph(%x, %state : Tensor[], %wi, %wh, %bi, %bh):
  %y : Tensor, %c : Tensor = aten::lstm_cell(%x, %state, %wi, %wh, %bi, %bh)
  return (%y, %c)
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

}  // namespace

void expand_cells(std::shared_ptr<torch::jit::Graph>& graph) {
  torch::jit::SubgraphRewriter rewriter;
  rewriter.RegisterRewritePattern(cell("rnn_tanh_cell"), plain_cell("tanh"));
  rewriter.RegisterRewritePattern(cell("rnn_relu_cell"), plain_cell("relu"));
  rewriter.RegisterRewritePattern(cell("gru_cell"), kGru);
  rewriter.RegisterRewritePattern(kLstmCell, kLstm);
  rewriter.runOnGraph(graph);
}

}  // namespace zcp::networks
