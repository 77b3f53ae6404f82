// Random TorchScript programs: small networks of all that files hold.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace zcp::test {

/// Writes the `forward` of a network of 3x8x8 images and 5 classes. Variables
/// v0, v1, ... are maps [N, 4, 6, 6], whatever they went through.
class ScriptPrograms {
 public:
  explicit ScriptPrograms(unsigned seed) : engine_(seed) {}

  std::string forward() {
    lines_ = "def forward(self, x):\n";
    if (below(6) == 0) line(1, "x.mul_(0.5)");
    line(1, "v0 = torch.conv2d(x, self.stem, None, [1, 1])");
    variables_ = 1;
    const int count = 3 + below(8);
    for (int i = 0; i < count; ++i) statement(1);
    line(1, fmt::format("y = torch.flatten({}.mean([2, 3]), 1)", any()));
    line(1, fmt::format("z = {}.amax([2, 3]) + y", any()));
    line(1, "z = torch.linear(z, self.head, self.bias)");
    two_outputs = below(20) == 0;
    line(1, two_outputs ? "return (z, y)" : "return z");
    return lines_;
  }

  bool two_outputs = false;
  /// Nothing that zcp runs in another way than LibTorch: no BatchNorm, no
  /// random numbers, nothing kept from one call to the next.
  bool plain = true;

 private:
  int below(int bound) {
    return static_cast<int>(engine_() % static_cast<unsigned>(bound));
  }

  std::string any() { return fmt::format("v{}", below(variables_)); }

  std::string one_of(const std::vector<std::string>& choices) {
    return choices[static_cast<std::size_t>(
        below(static_cast<int>(choices.size())))];
  }

  void line(int depth, const std::string& text) {
    lines_ += std::string(static_cast<std::size_t>(depth) * 4, ' ') + text;
    lines_ += '\n';
  }

  /// `text` with every $ replaced by a variable.
  std::string filled(const std::string& text) {
    std::string result;
    for (const char letter : text) {
      if (letter == '$') {
        result += any();
      } else {
        result += letter;
      }
    }
    return result;
  }

  std::string layer() {
    return filled(one_of(
        {"torch.conv2d($, self.w3, self.b, [1, 1], [1, 1])",
         "torch.conv2d($, self.w2, self.b, [1, 1], 'same')",
         "torch.conv2d($, self.w3, None, [1, 1], 'same', [2, 2])",
         "torch.conv2d($, self.grouped, None, [1, 1], [1, 1], [1, 1], 2)",
         "torch.conv2d($, self.depthwise, self.b, 1, 1, 1, 4)",
         "torch.conv2d($, self.w3 * 0.5, None, [1, 1], [1, 1])",
         "torch.conv2d($, torch._weight_norm(self.w3, self.g, 0), None, 1, 1)",
         "torch.convolution($, self.w3, self.b, [1, 1], [1, 1], [1, 1], False, "
         "[0, 0], 1)",
         "torch.conv1d($.flatten(2), self.w1, self.b, 1, 1).view_as($)",
         "torch.conv1d($.flatten(2), self.w1, None, 1, 'same').view_as($)",
         "torch.conv_transpose1d($.flatten(2), self.w1, self.b, 1, "
         "1).view_as($)",
         "torch.conv3d($.unsqueeze(1), self.w5, None, 1, 1).mean(1)",
         "torch.conv_transpose3d($.unsqueeze(1), self.w5.transpose(0, 1)[:1], "
         "None, 1, 1).sum(1)",
         "torch.max_pool2d(torch.conv_transpose2d($, self.w2, self.b, [2, 2]), "
         "2)",
         "torch.linear($.permute([0, 2, 3, 1]), self.square, "
         "self.b).permute([0, 3, 1, 2])",
         "torch.matmul($.permute([0, 2, 3, 1]), "
         "self.square).permute([0, 3, 1, 2])",
         "torch.addmm(self.b, $.permute([0, 2, 3, 1]).reshape([-1, 4]), "
         "self.square).view([-1, 6, 6, 4]).permute([0, 3, 1, 2])",
         "torch.einsum('nchw,dc->ndhw', [$, self.square])",
         "torch.linear($, self.six)",
         "torch.bilinear($.flatten(0, 2), $.flatten(0, 2), "
         "self.pair).view_as($)",
         "torch.lstm($.mean(3).transpose(1, 2), [torch.zeros([1, x.size(0), "
         "4], "
         "dtype=x.dtype), torch.zeros([1, x.size(0), 4], dtype=x.dtype)], "
         "[self.ih, self.hh], False, 1, 0.5, True, False, "
         "True)[0].transpose(1, 2).unsqueeze(3) + $",
         "torch.gru($.mean(3).transpose(1, 2), torch.zeros([1, x.size(0), 4], "
         "dtype=x.dtype), [self.ih[:12], self.hh[:12]], False, 1, 0.0, True, "
         "False, True)[0].transpose(1, 2).unsqueeze(3) + $",
         "torch.matmul(torch.softmax(torch.matmul($.flatten(2), "
         "$.flatten(2).transpose(1, 2)), -1), $.flatten(2)).view_as($)",
         "torch.conv2d($.reshape([-1, 4, 3, 6]), self.w3, None, 1, "
         "1).reshape([-1, 4, 6, 6])"}));
  }

  std::string norm() {
    const std::string text = one_of(
        {"torch.batch_norm($, self.scale, self.shift, self.mean, "
         "self.variance, True, 0.1, 0.001, False)",
         "torch.batch_norm($, self.scale, self.shift, self.mean, "
         "self.variance, False, 0.1, 0.001, False)",
         "torch.batch_norm($, None, None, None, None, True, 0.1, 0.001, False)",
         "torch.layer_norm($, [6])",
         "torch.layer_norm($, [4, 6, 6], self.wide)",
         "torch.group_norm($, 2, self.scale, self.shift)",
         "torch.instance_norm($, self.scale, self.shift, None, None, True, "
         "0.1, 0.001, False)"});
    if (text.starts_with("torch.batch_norm")) plain = false;
    return filled(text);
  }

  std::string chance() {
    plain = false;
    return filled(one_of(
        {"torch.dropout($, 0.5, True)",
         "torch.feature_dropout($, 0.5, True)",
         "torch.rrelu($, 0.1, 0.3, True)",
         "$ + 0.1 * torch.randn_like($)",
         "$ * torch.bernoulli(torch.full([4, 1, 1], 0.8))",
         "$ * torch.floor(torch.rand([x.size(0), 1, 1, 1]) + 0.8)",
         "$ + torch.randperm(6)",
         "$.index_select(1, torch.randperm(4))"}));
  }

  std::string map() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return layer();
      case 4:
        return norm();
      case 5:
        if (below(3) == 0) return chance();
        [[fallthrough]];
      case 6:
      case 7:
        return filled(one_of(
            {"torch.relu($)",
             "torch.relu($)",
             "torch.hardtanh($, 0., 6.)",
             "torch.sigmoid($) * $",
             "torch.gelu($)",
             "torch.silu($)",
             "torch.tanh($)",
             "torch.leaky_relu($, 0.1)",
             "torch.prelu($, self.scale)",
             "torch.softmax($, 1)",
             "torch.relu($.detach())",
             "torch.max_pool2d($, 3, 1, 1)",
             "torch.avg_pool2d($, [3, 3], [1, 1], [1, 1])",
             "torch.adaptive_avg_pool2d($, [3, 3]).repeat([1, 1, 2, 2])"}));
      default:
        return filled(one_of(
            {"$ + $",
             "$ - $ * 0.5",
             "torch.cat($.chunk(2, 1), 1)",
             "torch.cat($.split([1, 3], 1), 1)",
             "torch.stack($.unbind(1), 1)",
             "[$, $, $][1]",
             "($, $)[0]",
             "{'a': $, 'b': $}['b']",
             "$.transpose(2, 3)",
             "$.roll([1, 2], [2, 3])",
             "$.flip([2])",
             "torch.where($ > 0, $, $)",
             "torch.broadcast_tensors([$, $])[1]",
             "$.expand_as($)",
             "$.contiguous().view([-1, 24, 6]).view([-1, 4, 6, 6])",
             "$.reshape([x.size(0), -1]).reshape([-1, 4, 6, 6])",
             "torch.upsample_nearest2d($, [12, 12], None, None)[:, :, ::2, "
             "::2]",
             "torch.constant_pad_nd($, [1, 1, 1, 1], 0.5)[:, :, 1:-1, 2:]"
             ".narrow(3, 0, 5).repeat_interleave(2, 3)[:, :, :, :6]",
             "torch.as_strided($.contiguous(), $.shape, [144, 36, 6, 1])",
             "$.masked_fill($ < 0, 0.25)",
             "$.to(6)",
             "$ * float($.size(1)) / 4",
             "$ + torch.zeros_like($)",
             "$ + torch.arange(6)",
             "torch.relu($) + self.b.view([4, 1, 1])",
             "torch.abs($).sqrt().clamp(0, 2)"}));
    }
  }

  std::string write() {
    return filled(one_of(
        {"$.relu_()",
         "$.add_($)",
         "$.mul_(torch.sigmoid($))",
         "$.select(1, 2).mul_(0.5)",
         "$.contiguous().view([-1, 24, 6]).neg_()",
         "$[:, 1] = 0.25",
         "$[:, :, 2:4] += 1",
         "$[0] = $[0]",
         "$.transpose(1, 2).add_(0.5)",
         "$.slice(3, 1, 4).copy_(self.mean[0])",
         "$.masked_fill_($ > 1, 0.5)",
         "$.clamp_(-1, 2)",
         "$.zero_()",
         "$.t_() if False else $",
         "$.chunk(2, 1)[0].mul_(2)",
         "$.unbind(0)[0].add_(1)",
         "$.detach().mul_(1.5)",
         "$.detach()[:, 1].add_(0.5)",
         "$.data.add_(0.25)",
         "$.copy_($)",
         "$.fill_(0.5)",
         "$.index_put_([torch.tensor([0])], $[0])",
         "$.index_add_(1, torch.tensor([1]), $[:, :1])",
         "$.unsqueeze_(0).squeeze_(0)",
         "$.transpose_(2, 3)",
         "$.requires_grad_(True)",
         "torch.mul($, $, out=torch.empty([0]))",
         "$.flatten(1)[:, 5] = $.flatten(1)[:, 6]",
         "$.expand([2, -1, -1, -1, -1])[0].add_(1)",
         "$.view([-1, 4, 36]).unsqueeze(0)[0].mul_(0.5)",
         "torch.leaky_relu_($.permute([0, 2, 3, 1]), 0.2)",
         "$.sigmoid_().sub_(0.5)",
         "torch.relu_($[:, :2])",
         "torch.hardtanh_($, 0., 6.)",
         "$.index_fill_(1, torch.tensor([1, 3]), 0.5)"}));
  }

  /// Statements that compute no map.
  std::string aside() {
    return filled(one_of(
        {"print($.size(0), 'maps', [1, 2])",
         "print('{} of {}'.format($.size(1), 4))",
         "print('%d maps' % $.size(2))",
         "torch.warn('a warning', 2)",
         "assert $.dim() == 4, 'not {}'.format($.dim())",
         "unused = $.sum()",
         "n, c, h, w = $.shape",
         "parts = [$, $]",
         "box: Optional[Tensor] = None",
         "number = int($.size(0)) + len([1, 2, 3])",
         "self.mean.add_(0.1)",
         "self.mean = self.mean * 0.5",
         "self.seen += 1",
         "torch.__ixor__(self.flag, torch.ones_like(self.flag))",
         "self.flag.logical_not_()",
         "masks = ($ > 0).unbind(0)",
         "words = ['a', 'b'] + ['c']",
         "sizes = [n for n in $.shape]",
         "unused = $.new_zeros([2]).add_(1)",
         "unused = torch.linear($, self.six).relu_()"}));
  }

  /// Statements that depend on what the module keeps.
  void kept(int depth) {
    plain = false;
    line(
        depth,
        one_of(
            {"self.seen += 1",
             "torch.__ixor__(self.flag, torch.ones_like(self.flag))",
             "pass"}));
    line(depth, "if bool(self.flag) and int(self.seen) < 3:");
    line(depth + 1, fmt::format("{} = {}", any(), map()));
  }

  void block(int depth) {
    switch (below(8)) {
      case 6:
        return kept(depth);
      case 7:
        line(depth, filled("mask = $ > 0"));
        line(depth, filled("mask &= $ < 1"));
        line(depth, filled("mask |= $ < -1"));
        return line(
            depth,
            fmt::format("{} = torch.where(mask, {}, {})", any(), any(), any()));
      case 0:
        line(depth, filled("if float($.sum()) > 0:"));
        line(depth + 1, fmt::format("{} = {}", any(), map()));
        line(depth, "else:");
        return line(depth + 1, write());
      case 1:
        line(depth, fmt::format("for i{} in range({}):", depth, below(4)));
        line(depth + 1, fmt::format("{} = {}", any(), map()));
        return line(depth + 1, write());
      case 2:
        line(depth, fmt::format("k{} = 0", depth));
        line(depth, fmt::format("while k{} < {}:", depth, 1 + below(3)));
        line(depth + 1, fmt::format("k{0} = k{0} + 1", depth));
        return line(depth + 1, fmt::format("{} = {}", any(), map()));
      case 3:
        line(depth, filled("many = [$, $]"));
        line(depth, filled("many.append($)"));
        line(depth, "for part in many:");
        return line(depth + 1, fmt::format("{} = part + {}", any(), any()));
      case 4:
        line(depth, "if True:");
        return line(depth + 1, fmt::format("{} = {}", any(), map()));
      default:
        line(depth, filled("pair = ($, $)"));
        return line(depth, fmt::format("{}, {} = pair", any(), any()));
    }
  }

  void statement(int depth) {
    switch (below(10)) {
      case 0:
        return block(depth);
      case 1:
        return line(depth, aside());
      case 2:
      case 3:
        return line(depth, write());
      default:
        line(depth, fmt::format("v{} = {}", variables_, map()));
        ++variables_;
    }
  }

  std::mt19937 engine_;
  std::string lines_;
  int variables_ = 0;
};

}  // namespace zcp::test
