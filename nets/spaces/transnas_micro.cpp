// TransNAS-Bench-101, cell level: the encoder is fixed, its cells vary.
#include <array>
#include <string>

#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/naslib_tuple.h"
#include "nets/spaces/spec.h"
#include "nets/spaces/transnas_network.h"

namespace zcp::spaces {
namespace {

using transnas::EdgeOp;
using transnas::MicroCell;

class TransnasMicro final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "transnas-micro",
        "TransNAS-Bench-101, cell level: 6 edges x 4 operations",
        "64-41414-D_DD_DDD: operations into nodes 1, 2 and 3 from nodes 0, 1, "
        "2, a digit each: 0 none, 1 skip, 2 1x1, 3 3x3 convolution; or "
        "NASLib's "
        "tuple of the same digits, (1, 0, 2, 3, 3, 3)",
        "64-41414-1_02_333",
        std::string(transnas::kPaper),
        4096,
        transnas::all_tasks()};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    MicroCell cell{};
    for (std::size_t edge = cell.size(); edge-- > 0; index /= 4) {
      cell[edge] = static_cast<EdgeOp>(index % 4);
    }
    return format(cell);
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  std::vector<int> choices() const override {
    return std::vector<int>(MicroCell{}.size(), 4);
  }

  std::vector<int> options_of(std::string_view spec) const override {
    const MicroCell cell = parse(spec);
    std::vector<int> options;
    for (const EdgeOp op : cell) options.push_back(static_cast<int>(op));
    return options;
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    MicroCell cell = parse(spec);
    EdgeOp& op =
        cell[static_cast<std::size_t>(draw_integer(std::ssize(cell), seed))];
    // One of the three other operations.
    const std::int64_t step = 1 + draw_integer(3, seed, "operation");
    op = static_cast<EdgeOp>((static_cast<std::int64_t>(op) + step) % 4);
    return format(cell);
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    return transnas::build_network(
        info().name,
        {std::string(kModules), parse(spec)},
        input,
        output,
        skeleton,
        folding);
  }

 private:
  static constexpr std::string_view kModules = "41414";
  static constexpr std::string_view kPrefix = "64-41414-";
  // Where the digits and the underscores stand behind the prefix.
  static constexpr std::string_view kPattern = "D_DD_DDD";

  /// NASLib writes the digits as they stand in the spec
  /// (convert_op_indices_micro_to_str).
  static MicroCell parse_tuple(std::string_view spec) {
    constexpr std::string_view kExpected =
        "NASLib's six operations, numbers from 0 to 3";
    MicroCell cell{};
    const std::vector<int> numbers =
        naslib_numbers(spec, cell.size(), 3, kExpected);
    for (std::size_t i = 0; i < cell.size(); ++i) {
      cell[i] = static_cast<EdgeOp>(numbers[i]);
    }
    return cell;
  }

  static MicroCell parse(std::string_view spec) {
    if (is_naslib_tuple(spec)) return parse_tuple(spec);
    if (!spec.starts_with(kPrefix)) {
      throw UserError(
          "spec '{}': found '{}', expected it to begin with {}",
          spec,
          spec.substr(0, kPrefix.size()),
          kPrefix);
    }
    const std::string_view code = spec.substr(kPrefix.size());
    if (code.size() != kPattern.size()) {
      throw UserError(
          "spec '{}': the cell is '{}', expected {} with digits D from 0 to 3",
          spec,
          code,
          kPattern);
    }
    MicroCell cell{};
    std::size_t edge = 0;
    for (std::size_t i = 0; i < code.size(); ++i) {
      const bool digit = kPattern[i] == 'D';
      if (digit ? code[i] < '0' || code[i] > '3' : code[i] != '_') {
        throw UserError(
            "spec '{}': found '{}' in the cell '{}', expected {}",
            spec,
            code[i],
            code,
            digit ? "a digit from 0 to 3" : "_");
      }
      if (digit) cell[edge++] = static_cast<EdgeOp>(code[i] - '0');
    }
    return cell;
  }

  static std::string format(const MicroCell& cell) {
    std::string spec(kPrefix);
    std::size_t edge = 0;
    for (const char place : kPattern) {
      spec += place == 'D'
                  ? static_cast<char>('0' + static_cast<int>(cell[edge++]))
                  : place;
    }
    return spec;
  }
};

}  // namespace

std::unique_ptr<const Space> make_transnas_micro() {
  return std::make_unique<TransnasMicro>();
}

}  // namespace zcp::spaces
