#include "benchmarks/formats/exported_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "benchmarks/formats/json_file.h"
#include "common/error.h"
#include "common/refuse.h"

namespace zcp::formats {
namespace {

using Json = nlohmann::json;
using Argument = ExportedArgument;
using Kind = ExportedArgument::Kind;

constexpr std::int64_t kSchema = 8;
/// Of arguments within arguments, graphs within graphs and outputs within
/// outputs: ten times what networks have.
constexpr int kDeepestGraph = 64;
constexpr std::size_t kDeepestJson = 400;
/// Where exports could tell no module.
constexpr std::string_view kNoModule =
    "_empty_nn_module_stack_from_metadata_hook";

std::int64_t integer(const Json& json, const std::string& place) {
  if (json.is_number_integer()) return json.get<std::int64_t>();
  refuse(place, json.type_name(), "an integer");
}

bool boolean(const Json& json, const std::string& place) {
  if (json.is_boolean()) return json.get<bool>();
  refuse(place, json.type_name(), "a truth value");
}

const std::string& text(const Json& json, const std::string& place) {
  if (json.is_string()) return json.get_ref<const std::string&>();
  refuse(place, json.type_name(), "a text");
}

const Json& array(const Json& json, const std::string& place) {
  if (json.is_array()) return json;
  refuse(place, json.type_name(), "a list");
}

const Json& object(const Json& json, const std::string& place) {
  if (json.is_object()) return json;
  refuse(place, json.type_name(), "an object");
}

const Json&
list_member(const Json& json, const char* name, const std::string& place) {
  return array(json_member(json, name, place), place + ": " + name);
}

const std::string&
text_member(const Json& json, const char* name, const std::string& place) {
  return text(json_member(json, name, place), place + ": " + name);
}

double real(const Json& json, const std::string& place) {
  if (json == "NaN") return std::numeric_limits<double>::quiet_NaN();
  return json_number(json, place);
}

/// The one member that a union's object has.
std::pair<std::string, const Json*> only_member(
    const Json& json,
    const std::string& place) {
  if (!json.is_object() || json.size() != 1) {
    refuse(place, json.type_name(), "an object with one member");
  }
  return {json.begin().key(), &json.begin().value()};
}

/// Depth of the brackets in a JSON text; what stands in quotes does not count.
std::size_t depth_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '{' || c == '[')) {
      most = std::max(most, ++depth);
    } else if (!quoted && (c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return most;
}

Argument value_of(const Json& name, const std::string& place) {
  return {.kind = Kind::value, .text = text(name, place)};
}

/// Of TorchScript's enumerations, by those of the schema.
std::int64_t memory_format(const Json& json, const std::string& place) {
  // Contiguous, channels last, channels last of volumes, preserve.
  constexpr std::int64_t kFormats[] = {0, 2, 3, 1};
  const std::int64_t number = integer(json, place);
  if (number >= 1 && number <= 4) return kFormats[number - 1];
  refuse(place, fmt::format("memory format {}", number), "1 to 4");
}

std::int64_t layout(const Json& json, const std::string& place) {
  constexpr std::int64_t kStrided = 7;
  const std::int64_t number = integer(json, place);
  if (number == kStrided) return 0;
  refuse(
      place,
      fmt::format("a tensor of layout {}", number),
      "strided ones, which are 7");
}

class GraphParser {
 public:
  GraphParser(std::string source, ExportedProgram& program)
      : source_(std::move(source)), program_(program) {}

  void parse(std::string_view json_text) {
    if (depth_of(json_text) > kDeepestJson) {
      throw UserError(
          "{}: found values that nest deeper than {}, expected less",
          source_,
          kDeepestJson);
    }
    const Json json = parse_json(json_text, source_);
    check_version(json);
    if (const auto found = json.find("torch_version"); found != json.end()) {
      program_.torch_version = text(*found, source_ + ": torch_version");
    }
    const Json& module = json_member(json, "graph_module", source_);
    const Json& graph = json_member(module, "graph", source_);
    const Json& signature = json_member(module, "signature", source_);
    read_ranges(json);
    program_.graph = graph_of(graph, source_, 0);
    read_meta(graph);
    read_inputs(list_member(signature, "input_specs", source_));
    read_outputs(module, list_member(signature, "output_specs", source_));
    check_names();
  }

 private:
  void check_version(const Json& json) const {
    const Json& version = json_member(json, "schema_version", source_);
    const std::int64_t major =
        integer(json_member(version, "major", source_), source_);
    if (major == kSchema) return;
    throw UserError(
        "{}: is of version {} of torch.export's schema, expected {}, which "
        "torch 2.6 to 2.13 write",
        source_,
        major,
        kSchema);
  }

  void read_ranges(const Json& json) {
    const Json& ranges = object(
        json_member(json, "range_constraints", source_),
        source_ + ": range_constraints");
    for (const auto& [symbol, range] : ranges.items()) {
      const std::string place = source_ + ": range of " + symbol;
      ExportedAxis axis;
      const Json& least = json_member(range, "min_val", place);
      const Json& most = json_member(range, "max_val", place);
      if (!least.is_null()) axis.least = integer(least, place);
      if (!most.is_null()) axis.most = integer(most, place);
      ranges_[symbol] = axis;
    }
  }

  ExportedGraph
  graph_of(const Json& json, const std::string& place, int depth) {
    if (depth > kDeepestGraph) refuse(place, "graphs within graphs", "fewer");
    ExportedGraph graph;
    for (const Json& one : list_member(json, "inputs", place)) {
      graph.inputs.push_back(argument(one, place + ": input", depth));
    }
    for (const Json& one : list_member(json, "nodes", place)) {
      graph.nodes.push_back(node(one, place, depth));
    }
    for (const Json& one : list_member(json, "outputs", place)) {
      graph.outputs.push_back(argument(one, place + ": output", depth));
    }
    return graph;
  }

  ExportedNode node(const Json& json, const std::string& place, int depth) {
    ExportedNode node;
    node.target = text_member(json, "target", place);
    const std::string here = place + ": " + node.target;
    for (const Json& input : list_member(json, "inputs", here)) {
      const std::string name = text_member(input, "name", here);
      node.inputs.emplace_back(
          name,
          argument(json_member(input, "arg", here), here + ": " + name, depth));
    }
    for (const Json& output : list_member(json, "outputs", here)) {
      node.outputs.push_back(argument(output, here + ": output", depth));
    }
    const Json& metadata = json_member(json, "metadata", here);
    if (metadata.contains("nn_module_stack")) {
      node.modules = modules(text_member(metadata, "nn_module_stack", here));
    }
    return node;
  }

  /// "L__self__,,Net;L__self___layer1_0@1,layer1.0,BasicBlock"
  static std::vector<ExportedModule> modules(const std::string& stack) {
    std::vector<ExportedModule> modules;
    std::size_t at = 0;
    while (at < stack.size()) {
      const std::size_t end = std::min(stack.find(';', at), stack.size());
      const std::string one = stack.substr(at, end - at);
      at = end + 1;
      const std::size_t first = one.find(',');
      const std::size_t second =
          first == std::string::npos ? first : one.find(',', first + 1);
      if (second == std::string::npos || one.starts_with(kNoModule)) continue;
      const std::string key = one.substr(0, first);
      ExportedModule module;
      module.path = one.substr(first + 1, second - first - 1);
      module.type = one.substr(second + 1);
      const std::size_t again = key.rfind('@');
      module.call =
          module.path + (again == std::string::npos ? "" : key.substr(again));
      modules.push_back(std::move(module));
    }
    return modules;
  }

  Argument argument(const Json& json, const std::string& place, int depth) {
    if (depth > kDeepestGraph) refuse(place, "lists within lists", "fewer");
    const auto [kind, held] = only_member(json, place);
    const Json& value = *held;
    if (kind == "as_none") return {};
    if (kind == "as_tensor") {
      return value_of(json_member(value, "name", place), place);
    }
    if (kind == "as_int") {
      return {.kind = Kind::integer, .integer = integer(value, place)};
    }
    if (kind == "as_float") {
      return {.kind = Kind::real, .real = real(value, place)};
    }
    if (kind == "as_bool") {
      return {.kind = Kind::boolean, .integer = boolean(value, place) ? 1 : 0};
    }
    if (kind == "as_string") {
      return {.kind = Kind::text, .text = text(value, place)};
    }
    if (kind == "as_name") return value_of(value, place);
    if (kind == "as_sym_int" || kind == "as_sym_float" ||
        kind == "as_sym_bool" || kind == "as_optional_tensor") {
      return argument(value, place, depth + 1);
    }
    if (kind == "as_scalar_type") {
      return {
          .kind = Kind::scalar_type, .integer = exported_dtype(value, place)};
    }
    if (kind == "as_memory_format") {
      return {
          .kind = Kind::memory_format, .integer = memory_format(value, place)};
    }
    if (kind == "as_layout") {
      return {.kind = Kind::layout, .integer = layout(value, place)};
    }
    if (kind == "as_device") {
      return {.kind = Kind::device, .text = text_member(value, "type", place)};
    }
    if (kind == "as_graph") {
      ExportedGraph inner =
          graph_of(json_member(value, "graph", place), place, depth + 1);
      program_.graphs.push_back(std::move(inner));
      return {
          .kind = Kind::graph,
          .integer = static_cast<std::int64_t>(program_.graphs.size()) - 1};
    }
    return list_argument(kind, value, place, depth);
  }

  Argument list_argument(
      const std::string& kind,
      const Json& value,
      const std::string& place,
      int depth) {
    /// The member that each element of such a list would be on its own.
    static const std::pair<std::string_view, const char*> kElements[] = {
        {"as_tensors", "as_tensor"},
        {"as_ints", "as_int"},
        {"as_floats", "as_float"},
        {"as_strings", "as_string"},
        {"as_bools", "as_bool"},
        {"as_sym_ints", "as_sym_int"},
        {"as_sym_floats", "as_sym_float"},
        {"as_sym_bools", "as_sym_bool"},
        {"as_optional_tensors", "as_optional_tensor"},
        {"as_nested_tensors", "as_tensors"},
        {"as_int_lists", "as_ints"},
        {"as_float_lists", "as_floats"}};
    for (const auto& [list, element] : kElements) {
      if (kind != list) continue;
      Argument all{.kind = Kind::list};
      for (const Json& one : array(value, place)) {
        all.items.push_back(argument({{element, one}}, place, depth + 1));
      }
      return all;
    }
    refuse(place, "an argument '" + kind + "'", "tensors, numbers and texts");
  }

  void read_meta(const Json& graph) {
    const Json& values = object(
        json_member(graph, "tensor_values", source_),
        source_ + ": tensor_values");
    for (const auto& [name, json] : values.items()) {
      const std::string place = source_ + ": " + name;
      ExportedMeta meta;
      meta.dtype = exported_dtype(json_member(json, "dtype", place), place);
      for (const Json& size : list_member(json, "sizes", place)) {
        meta.axes.push_back(axis(size, place));
      }
      program_.meta[name] = std::move(meta);
    }
  }

  ExportedAxis axis(const Json& json, const std::string& place) const {
    const auto [kind, value] = only_member(json, place);
    if (kind == "as_int") return {.size = integer(*value, place)};
    if (kind != "as_expr") refuse(place, kind, "as_int or as_expr");
    const auto range =
        ranges_.find(symbol_of(text_member(*value, "expr_str", place)));
    return range == ranges_.end() ? ExportedAxis{} : range->second;
  }

  /// "s77" of "Symbol('s77', positive=True)" and of "s77".
  static std::string symbol_of(const std::string& expression) {
    constexpr std::string_view kStart = "Symbol('";
    if (!expression.starts_with(kStart)) return expression;
    const std::size_t end = expression.find('\'', kStart.size());
    const std::size_t close = expression.find(')');
    if (end == std::string::npos || close + 1 != expression.size()) return "";
    return expression.substr(kStart.size(), end - kStart.size());
  }

  void read_inputs(const Json& specs) {
    if (specs.size() != program_.graph.inputs.size()) {
      refuse(
          source_,
          fmt::format("{} inputs in the signature", specs.size()),
          fmt::format("{}", program_.graph.inputs.size()));
    }
    for (const Json& spec : specs) {
      program_.inputs.push_back(input(spec, source_ + ": input"));
      const Argument& own = program_.graph.inputs[program_.inputs.size() - 1];
      const std::string& name = program_.inputs.back().name;
      if (own.kind != Kind::value || name.empty() || own.text == name) continue;
      refuse(source_, "an input '" + own.text + "'", "'" + name + "'");
    }
  }

  ExportedInput input(const Json& json, const std::string& place) {
    const auto [kind, held] = only_member(json, place);
    const Json& spec = *held;
    ExportedInput input;
    if (kind == "constant_input") {
      input.kind = ExportedInput::Kind::constant;
      input.name = text_member(spec, "name", place);
      input.constant = argument(json_member(spec, "value", place), place, 0);
      return input;
    }
    if (kind == "token") {
      input.kind = ExportedInput::Kind::ignored;
      return input;
    }
    const Json& arg = json_member(spec, "arg", place);
    if (kind == "user_input") {
      const Argument given = argument(arg, place, 0);
      input.kind = given.kind == Kind::value ? ExportedInput::Kind::given
                                             : ExportedInput::Kind::ignored;
      input.name = given.text;
      return input;
    }
    for (const auto& [one, target] :
         std::initializer_list<std::pair<const char*, const char*>>{
             {"parameter", "parameter_name"},
             {"buffer", "buffer_name"},
             {"tensor_constant", "tensor_constant_name"}}) {
      if (kind != one) continue;
      input.kind = ExportedInput::Kind::tensor;
      input.is_parameter = kind == "parameter";
      input.name = text_member(arg, "name", place);
      input.target = text_member(spec, target, place);
      return input;
    }
    refuse(place, "one of kind '" + kind + "'", "tensors and constants");
  }

  void read_outputs(const Json& module, const Json& specs) {
    std::vector<Argument> returned;
    for (const Json& spec : specs) {
      const std::string place = source_ + ": output";
      const auto [kind, held] = only_member(spec, place);
      if (kind == "user_output" || kind == "loss_output") {
        const Json& arg = json_member(*held, "arg", place);
        returned.push_back(
            kind == "loss_output"
                ? value_of(json_member(arg, "name", place), place)
                : argument(arg, place, 0));
      } else if (!kind.ends_with("_mutation") && kind != "token") {
        refuse(place, "one of kind '" + kind + "'", "what the module returns");
      }
    }
    const std::optional<std::string> tree = output_tree(module);
    if (!tree) {
      program_.output = {.kind = ExportedOutput::Kind::tuple};
      for (Argument& one : returned) {
        program_.output.items.push_back({.value = std::move(one)});
      }
      return;
    }
    std::size_t next = 0;
    read_tree(module, *tree, returned, next);
    if (next == returned.size()) return;
    refuse(
        source_,
        fmt::format("{} returned values", returned.size()),
        fmt::format("the {} of its out_spec", next));
  }

  /// How the whole network's outputs lie within each other.
  std::optional<std::string> output_tree(const Json& module) const {
    const auto calls = module.find("module_call_graph");
    if (calls == module.end()) return std::nullopt;
    for (const Json& call : array(*calls, source_ + ": module_call_graph")) {
      if (text_member(call, "fqn", source_) != "") continue;
      const auto signature = call.find("signature");
      if (signature == call.end() || signature->is_null()) break;
      return text_member(*signature, "out_spec", source_);
    }
    return std::nullopt;
  }

  void read_tree(
      const Json& module,
      const std::string& tree,
      std::vector<Argument>& returned,
      std::size_t& next) {
    const std::string place = source_ + ": out_spec";
    if (depth_of(tree) > kDeepestJson) refuse(place, "a deep tree", "less");
    const Json json = Json::parse(tree, nullptr, false);
    if (!json.is_array() || json.size() != 2) {
      refuse(place, json.type_name(), "a version and a tree");
    }
    fields_ = module.value("treespec_namedtuple_fields", Json::object());
    program_.output = output(json[1], returned, next, 0, place);
  }

  ExportedOutput output(
      const Json& json,
      std::vector<Argument>& returned,
      std::size_t& next,
      int depth,
      const std::string& place) {
    if (depth > kDeepestGraph) refuse(place, "a deep tree", "less");
    const Json& type = json_member(json, "type", place);
    ExportedOutput output;
    if (type.is_null()) {
      if (next == returned.size()) {
        refuse(place, "more leaves", fmt::format("{}", returned.size()));
      }
      output.value = std::move(returned[next++]);
      return output;
    }
    const std::string& name = text(type, place);
    const Json& children = list_member(json, "children_spec", place);
    for (const Json& child : children) {
      output.items.push_back(
          this->output(child, returned, next, depth + 1, place));
    }
    output.keys =
        keys(name, json_member(json, "context", place), children.size());
    output.kind = !output.keys.empty()      ? ExportedOutput::Kind::dict
                  : name == "builtins.list" ? ExportedOutput::Kind::list
                                            : ExportedOutput::Kind::tuple;
    return output;
  }

  /// Names of a container's members: the keys of a dict, the fields of a named
  /// tuple. Empty where it has none.
  std::vector<std::string>
  keys(const std::string& type, const Json& context, std::size_t count) const {
    std::vector<std::string> keys;
    const Json* list = nullptr;
    Json parsed;
    if (context.is_string()) {
      const auto& text = context.get_ref<const std::string&>();
      parsed = depth_of(text) > kDeepestJson
                   ? Json()
                   : Json::parse(text, nullptr, false);
      if (parsed.is_array()) list = &parsed;
      const std::string fields = parsed.is_string() ? parsed : Json(text);
      if (const auto found = fields_.find(fields);
          fields_.is_object() && found != fields_.end() &&
          found->contains("field_names")) {
        list = &(*found)["field_names"];
      }
    }
    if (list == nullptr || !list->is_array() || list->size() != count ||
        type == "builtins.list" || type == "builtins.tuple") {
      return keys;
    }
    std::set<std::string> seen;
    for (const Json& key : *list) {
      std::string name = key.is_string() ? key.get<std::string>() : key.dump();
      if (!seen.insert(name).second) return {};
      keys.push_back(std::move(name));
    }
    return keys;
  }

  /// A graph's value is made once, before it is read.
  void check_names() const {
    std::set<std::string> made;
    const auto make = [&](const std::string& name) {
      if (made.insert(name).second) return;
      refuse(source_, "two values '" + name + "'", "names of one value each");
    };
    for (const ExportedInput& input : program_.inputs) {
      if (!input.name.empty()) make(input.name);
    }
    for (const ExportedNode& node : program_.graph.nodes) {
      for (const auto& [name, value] : node.inputs) {
        check_made(value, made, node.target);
      }
      for (const Argument& output : node.outputs) make_all(output, make);
    }
    check_made(program_.output, made);
  }

  template <typename Make>
  static void make_all(const Argument& output, const Make& make) {
    if (output.kind == Kind::value) make(output.text);
    for (const Argument& item : output.items) make_all(item, make);
  }

  void check_made(
      const Argument& value,
      const std::set<std::string>& made,
      const std::string& reader) const {
    if (value.kind == Kind::value && !made.contains(value.text)) {
      refuse(
          source_ + ": " + reader,
          "a value '" + value.text + "' that nothing makes before",
          "one that is there");
    }
    for (const Argument& item : value.items) check_made(item, made, reader);
  }

  void check_made(
      const ExportedOutput& output,
      const std::set<std::string>& made) const {
    check_made(output.value, made, "output");
    for (const ExportedOutput& item : output.items) check_made(item, made);
  }

  std::string source_;
  ExportedProgram& program_;
  std::map<std::string, ExportedAxis> ranges_;
  Json fields_ = Json::object();  ///< of named tuples
};

}  // namespace

int exported_dtype(const Json& json, const std::string& place) {
  // uint8 to complex128, then bool and bfloat16.
  const std::int64_t number = integer(json, place);
  if (number >= 1 && number <= 12) return static_cast<int>(number) - 1;
  if (number == 13) return 15;
  refuse(
      place,
      fmt::format("numbers of type {}", number),
      "floating-point numbers, integers or truth values of up to 64 bits");
}

ExportedTensor exported_layout(const Json& meta, const std::string& place) {
  const auto number = [&](const Json& json) {
    const auto [kind, value] = only_member(json, place);
    if (kind != "as_int") refuse(place, "a size '" + kind + "'", "a number");
    return integer(*value, place);
  };
  ExportedTensor tensor;
  tensor.dtype = exported_dtype(json_member(meta, "dtype", place), place);
  layout(json_member(meta, "layout", place), place);
  for (const Json& size : list_member(meta, "sizes", place)) {
    tensor.sizes.push_back(number(size));
  }
  for (const Json& stride : list_member(meta, "strides", place)) {
    tensor.strides.push_back(number(stride));
  }
  tensor.offset = number(json_member(meta, "storage_offset", place));
  const Json& trained = json_member(meta, "requires_grad", place);
  tensor.trainable = boolean(trained, place);
  return tensor;
}

ExportedProgram parse_exported_graph(
    std::string_view text,
    const std::string& source) {
  ExportedProgram program;
  GraphParser(source, program).parse(text);
  return program;
}

}  // namespace zcp::formats
