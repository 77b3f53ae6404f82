#include "nets/spaces/space.h"

#include <array>
#include <unordered_set>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/all.h"
#include "nets/spaces/space_names.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {

std::string Space::draw(std::uint64_t seed) const {
  return spec(draw_integer(info().size, seed));
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
