// What a person wants of the architectures of a search: parts that are fixed,
// forbidden or preferred.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nets/spaces/parts.h"
#include "nets/spaces/space.h"

namespace zcp::search {

/// A part at a place, or anywhere.
struct Part {
  std::size_t place = 0;  ///< from 1; 0: anywhere
  std::string name;       ///< as spaces::Parts names it

  /// "3=nor_conv_3x3", or "nor_conv_3x3" of one anywhere.
  std::string text() const;

  bool operator==(const Part&) const = default;
};

/// Reads what text() writes. Throws UserError, which names `option`, for a
/// place that the space has not, and for a name that no option has there. In a
/// space without places every name is taken, since nobody knows all words.
Part parse_part(
    const std::string& option,
    const std::string& text,
    const spaces::Space& space,
    const spaces::Parts& parts);

struct Wishes {
  std::vector<Part> fixed;      ///< every one is there
  std::vector<Part> forbidden;  ///< none is there
  std::vector<Part> preferred;  ///< the more are there, the likelier a draw

  bool empty() const {
    return fixed.empty() && forbidden.empty() && preferred.empty();
  }
};

/// A space as somebody wishes it: draws have what is fixed and nothing that is
/// forbidden, mutations too where some can. Of what is preferred, each draw and
/// each mutation is made twice, and the architecture that has more of it is
/// taken, the first of equal ones. Numbers, neighbours and specs are those of
/// the space itself: allows() says which of them to leave out.
class WishedSpace final : public spaces::Space {
 public:
  /// `space` has to outlive the object. Throws UserError for wishes that
  /// exclude each other, and for a place at which everything is forbidden.
  WishedSpace(const spaces::Space& space, Wishes wishes)
      : WishedSpace(space, std::move(wishes), space) {}

  /// The same where `space` has some architectures of another one, `whole`,
  /// whose parts the wishes name (latent::EncodedSpace). Draws and mutations
  /// are those of `space`, which is asked again for what is not allowed.
  WishedSpace(
      const spaces::Space& space,
      Wishes wishes,
      const spaces::Space& whole);

  /// Whether an architecture has what is fixed and nothing that is forbidden.
  /// Throws UserError for an ill-formed spec.
  bool allows(std::string_view spec) const;

  const spaces::SpaceInfo& info() const override { return space_.info(); }
  std::string spec(std::int64_t index) const override {
    return space_.spec(index);
  }
  std::string draw(std::uint64_t seed) const override;
  std::string mutate(std::string_view spec, std::uint64_t seed) const override;
  std::vector<int> choices() const override { return space_.choices(); }
  std::vector<int> options_of(std::string_view spec) const override {
    return space_.options_of(spec);
  }
  std::vector<std::string> neighbours(std::string_view spec) const override {
    return space_.neighbours(spec);
  }
  std::vector<double> encode(std::string_view spec) const override {
    return space_.encode(spec);
  }
  std::string normalise(std::string_view spec) const override {
    return space_.normalise(spec);
  }
  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const spaces::Skeleton& skeleton,
      graph::Folding folding) const override {
    return space_.build(spec, input, output, skeleton, folding);
  }

 private:
  bool may_have(std::size_t place, const std::string& name) const;
  void check() const;
  void check_words() const;
  std::size_t preferred_in(const std::string& spec) const;
  const std::string& better(const std::string& first, const std::string& second)
      const;
  std::string draw_allowed(std::uint64_t seed) const;
  std::string mend(const std::string& spec, std::uint64_t seed) const;
  std::string mutate_allowed(std::string_view spec, std::uint64_t seed) const;

  const spaces::Space& space_;
  const spaces::Space& whole_;
  const Wishes wishes_;
  const spaces::Parts parts_;
};

}  // namespace zcp::search
