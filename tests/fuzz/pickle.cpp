// Pickles: the machine, and a walk over the values it makes.
#include "benchmarks/formats/pickle.h"

#include <vector>

#include "benchmarks/formats/numpy_pickle.h"
#include "tests/fuzz/fuzz.h"

using namespace zcp::formats;

namespace {

/// Visits values, cycles included, up to a bound.
void walk(const PickleValue& root) {
  std::vector<PickleValue> todo = {root};
  for (int steps = 0; steps < 10'000 && !todo.empty(); ++steps) {
    const PickleValue value = todo.back();
    todo.pop_back();
    if (value.is_dict()) {
      value.find("arch_str");
      for (std::size_t i = 0; i < value.size(); ++i) {
        todo.push_back(value.key(i));
        todo.push_back(value.value(i));
      }
    } else if (value.is_sequence()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        todo.push_back(value.item(i));
      }
    } else if (value.is_call()) {
      todo.push_back(value.arguments());
      if (value.state()) todo.push_back(*value.state());
    }
    if (todo.size() > 100'000) return;
  }
}

void parse(const std::string& bytes) {
  const Pickle pickle(bytes, "fuzz", kNumpyNames);
  walk(pickle.root());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
