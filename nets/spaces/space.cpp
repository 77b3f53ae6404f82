#include "nets/spaces/space.h"

#include <array>
#include <stdexcept>
#include <unordered_set>

#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"
#include "nets/spaces/all.h"
#include "nets/spaces/space_names.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {

std::string Space::draw(std::uint64_t seed) const {
  return spec(draw_integer(info().size, seed));
}

std::vector<int> Space::options_of(std::string_view) const {
  throw std::logic_error(info().name + " is no product of choices");
}

std::string Space::spec_of(std::span<const int> options) const {
  const std::vector<int> sizes = choices();
  if (sizes.empty()) {
    throw std::logic_error(info().name + " is no product of choices");
  }
  if (options.size() != sizes.size()) {
    throw std::invalid_argument("options of another number of choices");
  }
  std::int64_t index = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (options[i] < 0 || options[i] >= sizes[i]) {
      throw std::invalid_argument("an option that its choice has not");
    }
    index = index * sizes[i] + options[i];
  }
  return spec(index);
}

namespace {

/// The distinct results of a fixed number of mutations, in the order drawn.
std::vector<std::string> drawn_neighbours(
    const Space& space,
    std::string_view spec) {
  constexpr std::uint64_t kMutations = 32;
  std::vector<std::string> near;
  const std::string self = space.normalise(spec);
  std::unordered_set<std::string> seen{self};
  for (std::uint64_t i = 0; i < kMutations; ++i) {
    std::string other = space.mutate(self, derive_seed(0, "neighbour", i));
    if (seen.insert(other).second) near.push_back(std::move(other));
  }
  return near;
}

}  // namespace

std::vector<std::string> Space::neighbours(std::string_view spec) const {
  const std::vector<int> sizes = choices();
  if (sizes.empty()) return drawn_neighbours(*this, spec);
  std::vector<int> options = options_of(spec);
  std::vector<std::string> near;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const int own = options[i];
    for (int other = 0; other < sizes[i]; ++other) {
      if (other == own) continue;
      options[i] = other;
      near.push_back(spec_of(options));
    }
    options[i] = own;
  }
  return near;
}

std::vector<double> Space::encode(std::string_view spec) const {
  const std::vector<int> sizes = choices();
  std::vector<double> code;
  if (sizes.empty()) {
    code.resize(64);
    const std::string text = normalise(spec);
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      code[hash64(std::string_view(text).substr(i, 2)) % code.size()] += 1;
    }
    return code;
  }
  const std::vector<int> options = options_of(spec);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    for (int option = 0; option < sizes[i]; ++option) {
      code.push_back(option == options[i] ? 1 : 0);
    }
  }
  return code;
}

std::span<const std::unique_ptr<const Space>> all_spaces() {
  static const std::array all{
#define ZCP_SPACE(name) make_##name(),
#include "nets/spaces/list.inc"
#undef ZCP_SPACE
  };
  return all;
}

const Space& find_space(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& space : all_spaces()) names.push_back(space->info().name);
  const std::string own = space_name(name, names);
  for (const auto& space : all_spaces()) {
    if (space->info().name == own) return *space;
  }
  const std::string near = nearest_name(name, names);
  throw UserError(
      "unknown space {}{} (zcp spaces lists them)",
      name,
      near.empty() ? "" : ", did you mean " + near + "?");
}

namespace {

/// Different specs of a space whose members are not numbered, drawn one after
/// another until there are `count`.
std::vector<std::string>
draw_specs(const Space& space, std::int64_t count, std::uint64_t seed) {
  std::vector<std::string> specs;
  std::unordered_set<std::string> seen;
  const std::uint64_t patience = 1000 + 100 * static_cast<std::uint64_t>(count);
  for (std::uint64_t i = 0; i < patience; ++i) {
    if (std::ssize(specs) == count) return specs;
    std::string spec = space.draw(derive_seed(seed, "sample", i));
    if (seen.insert(spec).second) specs.push_back(std::move(spec));
  }
  throw UserError(
      "--sample {}: found only {} different specs of {}",
      count,
      specs.size(),
      space.info().name);
}

}  // namespace

std::vector<std::string>
sample_specs(const Space& space, std::int64_t count, std::uint64_t seed) {
  const std::int64_t size = space.info().size;
  if (size == 0 && count >= 1) return draw_specs(space, count, seed);
  if (count < 1 || count > size) {
    throw UserError(
        "--sample {}: expected 1 to {}, the size of {}",
        count,
        size,
        space.info().name);
  }
  std::vector<std::string> specs;
  const std::uint64_t drawn_by = derive_seed(seed, "sample");
  for (const std::int64_t index :
       sample_without_replacement(size, count, drawn_by)) {
    specs.push_back(space.spec(index));
  }
  return specs;
}

}  // namespace zcp::spaces
