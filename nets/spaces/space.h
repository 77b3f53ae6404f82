// Search spaces: sets of architectures with a spec string each.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/output.h"
#include "nets/graph/graph.h"

namespace zcp::spaces {

/// What a space says of itself; `zcp spaces` prints it.
struct SpaceInfo {
  std::string name;
  std::string summary;
  std::string syntax;   ///< of a spec, with an example
  std::string example;  ///< a valid spec
  std::string paper;
  /// Number of architectures; 0: too many to number, such a space is sampled
  /// and searched only.
  std::int64_t size;
  std::vector<std::string> tasks;  ///< of its truth; the first is its own
};

/// The network around the cells, where it is to differ from the benchmark's
/// own; 0 means the benchmark's number.
struct Skeleton {
  int channels = 0;  ///< of the stem and the first stage
  int cells_per_stage = 0;
  /// Whether BatchNorms inside the cells have scale and shift. NASLib builds
  /// NATS-TSS without them.
  bool affine = true;

  int channels_or(int own) const { return channels > 0 ? channels : own; }
  int cells_or(int own) const {
    return cells_per_stage > 0 ? cells_per_stage : own;
  }
};

class Space {
 public:
  virtual ~Space() = default;

  virtual const SpaceInfo& info() const = 0;

  /// The spec of architecture `index`, 0 <= index < info().size.
  virtual std::string spec(std::int64_t index) const = 0;

  /// A spec drawn by `seed`: each with equal chance where the space is
  /// numbered.
  virtual std::string draw(std::uint64_t seed) const;

  /// Another architecture, one random edit away: a step of a search.
  /// Throws UserError for an ill-formed spec.
  virtual std::string mutate(std::string_view spec, std::uint64_t seed)
      const = 0;

  /// How many options each choice has, where an architecture is one option of
  /// each of these choices, whatever the others are: then spec() numbers them
  /// in mixed radix, the last choice varying fastest. Empty for a space that is
  /// no such product.
  virtual std::vector<int> choices() const { return {}; }

  /// The option taken at each of choices(). Throws UserError for an ill-formed
  /// spec and for one that spec() does not number, std::logic_error where the
  /// space has no choices.
  virtual std::vector<int> options_of(std::string_view spec) const;

  /// The spec of one option for each of choices(). Throws std::logic_error
  /// where the space has no choices, std::invalid_argument for options that
  /// are not so many or out of range.
  std::string spec_of(std::span<const int> options) const;

  /// Every architecture one edit away, each once, always in the same order: by
  /// choice, then by option. A space without choices that has no list of its
  /// own gives those that a fixed number of mutations find. Throws UserError
  /// for an ill-formed spec.
  virtual std::vector<std::string> neighbours(std::string_view spec) const;

  /// Numbers that a model of the space may learn from, as many for every
  /// architecture: of a space with choices 0 or 1 for each of their options,
  /// else counts of the pairs of characters of the spec, by a hash. Throws
  /// UserError for an ill-formed spec.
  virtual std::vector<double> encode(std::string_view spec) const;

  /// The spec in the one form that `spec` writes: format(parse(spec)).
  /// Throws UserError that names the offending part and what was expected.
  virtual std::string normalise(std::string_view spec) const = 0;

  /// The network for inputs of shape `input`.
  /// Throws UserError for an ill-formed spec, and for an input, output or
  /// skeleton that the space's networks do not take.
  virtual graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton = {},
      graph::Folding folding = graph::Folding::functional) const = 0;
};

/// Every space, in the order `zcp spaces` lists them.
std::span<const std::unique_ptr<const Space>> all_spaces();

/// The space of that name in any spelling (space_names.h); the benchmarks
/// nas-bench-201 and nas-bench-301 are nats-tss and darts. Throws UserError
/// with the nearest name when there is no such space.
const Space& find_space(const std::string& name);

/// `count` different specs drawn uniformly; the same for the same seed, and
/// the first of a larger count.
/// Throws UserError when the space is smaller.
std::vector<std::string>
sample_specs(const Space& space, std::int64_t count, std::uint64_t seed);

}  // namespace zcp::spaces
