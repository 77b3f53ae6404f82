// Spaces in JSON: what is read must give specs that it reads itself, mutations
// that are other members, and graphs or one clear line.
#include <cstdlib>
#include <string>

#include "nets/spaces/json/json_space.h"
#include "tests/fuzz/fuzz.h"

using namespace zcp;

namespace {

void build(const spaces::Space& space, const std::string& spec) {
  try {
    const auto graph = space.build(spec, {3, 16, 16}, 10);
    if (!(graph.output_shape() == Shape{10, 1, 1})) std::abort();
    const auto counted =
        space.build(spec, {3, 16, 16}, 10, {}, graph::Folding::counted);
    if (counted.params() != graph.params()) std::abort();
  } catch (const UserError&) {
    return;  // shapes that do not fit are known only here
  }
}

void parse(const std::string& text) {
  const auto space = spaces::json::parse_space(text, "fuzz.json");
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const std::string spec = space->draw(seed);
    if (space->normalise(spec) != spec) std::abort();
    build(*space, spec);
    try {
      const std::string other = space->mutate(spec, seed);
      if (other == spec || space->normalise(other) != other) std::abort();
    } catch (const UserError&) {
      if (space->info().size != 1) std::abort();
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, parse);
}
