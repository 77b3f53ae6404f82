// Search spaces: sets of architectures with a spec string each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nets/graph.h"

namespace zcp::nets {

/// What a space says of itself; `zcp spaces` prints it.
struct SpaceInfo {
  std::string name;
  std::string summary;
  std::string syntax;   ///< of a spec, with an example
  std::string example;  ///< a valid spec
  std::string paper;
  std::int64_t size;  ///< number of architectures
};

/// The macro skeleton around the cells. The defaults are the benchmark's own.
struct Skeleton {
  int channels = 16;  ///< of the stem and the first stage
  int cells_per_stage = 5;
  /// BatchNorm inside the cells with scale and shift; NASLib builds NATS-TSS
  /// without them.
  bool affine = true;
};

class Space {
 public:
  virtual ~Space() = default;

  virtual const SpaceInfo& info() const = 0;

  /// The spec of architecture `index`, 0 <= index < info().size.
  virtual std::string spec(std::int64_t index) const = 0;

  /// The spec in the one form that `spec` writes: format(parse(spec)).
  /// Throws UserError that names the offending part and what was expected.
  virtual std::string normalise(std::string_view spec) const = 0;

  /// The network for inputs of shape `input` with `classes` outputs.
  /// Throws UserError for an ill-formed spec.
  virtual Graph build(
      std::string_view spec,
      Shape input,
      int classes,
      const Skeleton& skeleton = {},
      Folding folding = Folding::functional) const = 0;
};

/// Every space, in the order `zcp spaces` lists them.
std::span<const std::unique_ptr<const Space>> spaces();

/// Throws UserError with the nearest name when there is no such space.
const Space& find_space(const std::string& name);

/// `count` different specs drawn uniformly; the same for the same seed.
/// Throws UserError when the space is smaller.
std::vector<std::string>
sample_specs(const Space& space, std::int64_t count, std::uint64_t seed);

}  // namespace zcp::nets
