#include "benchmarks/formats/pickle_machine.h"

#include <algorithm>

namespace zcp::formats {

void PickleMachine::run() {
  while (!stopped_) {
    before_opcode();
    step(input_.opcode());
  }
}

void PickleMachine::push_global(
    std::string_view module,
    std::string_view name) {
  const std::string full = fmt::format("{}.{}", module, name);
  if (any_name_) {
    const auto [known, is_new] =
        found_names_.try_emplace(full, pickle_.names_.size());
    if (is_new) pickle_.names_.push_back(full);
    push(make(Kind::global, known->second));
    return;
  }
  const auto found = std::ranges::find(pickle_.names_, full);
  if (found == pickle_.names_.end()) {
    refuse(fmt::format(
        "found the Python name '{}', which is refused (expected {})",
        full,
        pickle_.names_.empty() ? "plain values" : "only names of the format"));
  }
  const auto index = found - pickle_.names_.begin();
  push(make(Kind::global, static_cast<std::uint64_t>(index)));
}

void PickleMachine::call() {
  const Index arguments = pop();
  const Index callee = pop();
  if (node(callee).kind != Kind::global) refuse("found a call of no name");
  if (node(arguments).kind != Kind::tuple) {
    refuse("found a call without a tuple of arguments");
  }
  if (pickle_.names_[node(callee).word] == "collections.OrderedDict") {
    push(make_items(Kind::dict, ordered_dict_items(arguments)));
  } else {
    push(make_items(Kind::call, {callee, arguments}));
  }
}

/// OrderedDict() or OrderedDict([[key, value], ...]).
std::vector<Pickle::Index> PickleMachine::ordered_dict_items(Index arguments) {
  std::vector<Index> items;
  const auto& given = pickle_.items_[node(arguments).word];
  if (given.empty()) return items;
  if (node(given[0]).kind != Kind::list) {
    refuse("found no list of entries for an OrderedDict");
  }
  for (const Index entry : pickle_.items_[node(given[0]).word]) {
    const Kind kind = node(entry).kind;
    if ((kind != Kind::list && kind != Kind::tuple) ||
        pickle_.items_[node(entry).word].size() != 2) {
      refuse("found no pair of key and value for an OrderedDict");
    }
    const auto& pair = pickle_.items_[node(entry).word];
    items.insert(items.end(), pair.begin(), pair.end());
  }
  // Each entry takes room in the file, unless one list is given to many.
  copied_ += items.size();
  if (copied_ > input_.position()) {
    refuse("found one list in many OrderedDicts");
  }
  return items;
}

/// Sets the state of the object below; a dict's attributes are dropped.
void PickleMachine::build() {
  const Index state = pop();
  if (node(top()).kind == Kind::dict) return;
  std::vector<Index>& items = container(Kind::call);
  items.resize(2);
  items.push_back(state);
}

void PickleMachine::step(unsigned char opcode) {
  if (!step_scalar(opcode) && !step_container(opcode) && !step_stack(opcode)) {
    refuse(fmt::format(
        "found opcode {:#04x}, expected one of a pickle of protocol 2 to 5 "
        "made of plain values",
        opcode));
  }
}

// clang-format off

bool PickleMachine::step_scalar(unsigned char opcode) {
  switch (opcode) {
    case 'N': push(make(Kind::none)); return true;
    case 0x88: push(make(Kind::boolean, 1)); return true;
    case 0x89: push(make(Kind::boolean, 0)); return true;
    case 'K': push_integer(static_cast<std::int64_t>(input_.number(1))); return true;
    case 'M': push_integer(static_cast<std::int64_t>(input_.number(2))); return true;
    case 'J': push_integer(input_.signed_number(4)); return true;
    case 0x8a: push_integer(input_.signed_number(input_.number(1))); return true;
    case 'G':
      push(make(
          Kind::real, std::bit_cast<std::uint64_t>(input_.big_endian_double())));
      return true;
    case 0x8c:  // text of Python 3 and, below it, strings of Python 2
    case 'U': push_slice(Kind::text, input_.number(1)); return true;
    case 'X':
    case 'T': push_slice(Kind::text, input_.number(4)); return true;
    case 0x8d: push_slice(Kind::text, input_.number(8)); return true;
    case 'C': push_slice(Kind::bytes, input_.number(1)); return true;
    case 'B': push_slice(Kind::bytes, input_.number(4)); return true;
    case 0x8e:
    case 0x96: push_slice(Kind::bytes, input_.number(8)); return true;
    default: return false;
  }
}

bool PickleMachine::step_container(unsigned char opcode) {
  switch (opcode) {
    case '}': push(make_items(Kind::dict, {})); return true;
    case ']': push(make_items(Kind::list, {})); return true;
    case ')': push(make_items(Kind::tuple, {})); return true;
    case 0x8f: push(make_items(Kind::set, {})); return true;
    case 't': push(make_items(Kind::tuple, pop_to_mark())); return true;
    case 'l': push(make_items(Kind::list, pop_to_mark())); return true;
    case 0x91: push(make_items(Kind::set, pop_to_mark())); return true;
    case 'd': push(make_items(Kind::dict, pairs(pop_to_mark()))); return true;
    case 0x85: push(make_items(Kind::tuple, pop_many(1))); return true;
    case 0x86: push(make_items(Kind::tuple, pop_many(2))); return true;
    case 0x87: push(make_items(Kind::tuple, pop_many(3))); return true;
    case 'a': extend(Kind::list, pop_many(1)); return true;
    case 'e': extend(Kind::list, pop_to_mark()); return true;
    case 0x90: extend(Kind::set, pop_to_mark()); return true;
    case 's': extend(Kind::dict, pop_many(2)); return true;
    case 'u': extend(Kind::dict, pairs(pop_to_mark())); return true;
    default: return false;
  }
}

bool PickleMachine::step_stack(unsigned char opcode) {
  switch (opcode) {
    case 0x80: check_protocol(input_.number(1)); return true;
    case 0x95: input_.number(8); return true;  // a frame's size, a mere hint
    case '(': marks_.push_back(stack_.size()); return true;
    case '0': pop(); return true;
    case '1': pop_to_mark(); return true;
    case '2': push(top()); return true;
    case 'q': remember(input_.number(1)); return true;
    case 'r': remember(input_.number(4)); return true;
    case 0x94: remember(remembered_); return true;
    case 'h': recall(input_.number(1)); return true;
    case 'j': recall(input_.number(4)); return true;
    case 'Q': push(make_items(Kind::persistent, pop_many(1))); return true;
    case 'b': build(); return true;
    case 'R':
    case 0x81: call(); return true;
    case 'c': {
      const std::string module = input_.line();
      push_global(module, input_.line());
      return true;
    }
    case 0x93: {
      const std::string_view name = slice(pop(), "name");
      push_global(slice(pop(), "module"), name);
      return true;
    }
    case '.': pickle_.root_ = pop(); stopped_ = true; return true;
    default: return false;
  }
}

// clang-format on

void PickleMachine::check_protocol(std::uint64_t protocol) const {
  if (protocol < 2 || protocol > 5) {
    refuse(fmt::format("found pickle protocol {}, expected 2 to 5", protocol));
  }
}

}  // namespace zcp::formats
