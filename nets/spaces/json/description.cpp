#include "nets/spaces/json/description.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "common/printable.h"
#include "nets/spaces/json/layers_reader.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces::json {
namespace {

constexpr std::size_t kMostChoices = 2000;
constexpr std::size_t kMostValues = 1000;
constexpr int kMostNodes = 64;
constexpr std::size_t kMostStages = 200;

/// Names that mean something by themselves.
bool is_reserved(const std::string& name) {
  return name == "in" || name == "out" || name == "stride" || name == "classes";
}

class Reader {
 public:
  explicit Reader(const Item& top) : top_(top) {}

  Description read() {
    top_.require_keys(
        {"name",
         "summary",
         "paper",
         "spec",
         "choices",
         "operations",
         "cells",
         "stem",
         "stages",
         "head"});
    result_.file = top_.file();
    read_texts();
    read_operations();
    if (const auto choices = top_.find("choices")) read_choices(*choices);
    result_.global_choices = result_.choices.size();
    if (const auto cells = top_.find("cells")) read_cells(*cells);
    read_stages(top_.at("stages"));
    const Item stem = top_.at("stem");
    stem.require_keys({"channels", "layers"});
    result_.stem_path = stem.path();
    result_.stem_channels = read_expression(stem.at("channels"));
    result_.stem = read_layers(stem.at("layers"));
    result_.head = read_layers(top_.at("head"));
    return std::move(result_);
  }

 private:
  void read_texts() {
    const Item name = top_.at("name");
    result_.name = name.text();
    constexpr std::size_t kLongest = 64;
    const bool plain =
        std::all_of(result_.name.begin(), result_.name.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                 (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        });
    if (result_.name.empty() || result_.name.size() > kLongest || !plain) {
      name.fail("1 to 64 letters, digits, '-', '_' and '.'");
    }
    if (const auto text = top_.find("summary")) result_.summary = text->text();
    if (const auto text = top_.find("paper")) result_.paper = text->text();
    if (const auto text = top_.find("spec")) {
      result_.spec = text->text();
      if (result_.spec.empty() || printable(result_.spec) != result_.spec) {
        text->fail("a spec in visible characters");
      }
    }
  }

  void read_operations() {
    const auto operations = top_.find("operations");
    if (!operations) return;
    for (const auto& [name, item] : operations->members()) {
      if (!is_name(name) || plain_layer(name) || is_reserved(name)) {
        item.fail(
            fmt::format("the name '{}'", printable(name)),
            "one of letters, digits and _ that is no layer's and not in, out, "
            "stride or classes");
      }
      result_.operations.push_back({name, item.path(), read_layers(item)});
    }
  }

  bool is_operation(const std::string& name) const {
    return plain_layer(name) || result_.find_operation(name) != nullptr;
  }

  /// The operation that `item` names.
  std::string operation_name(const Item& item) const {
    std::string name = item.text();
    if (is_operation(name)) return name;
    item.fail("the name of an operation or of a layer without numbers");
  }

  /// A list of operations' names, or one of numbers.
  std::vector<Setting> read_values(const Item& item) const {
    std::vector<Setting> values;
    if (item.is_list() && item.elements().size() > kMostValues) {
      item.fail(
          fmt::format("{} values", item.elements().size()),
          fmt::format("at most {}", kMostValues));
    }
    for (const Item& element : item.elements()) {
      Setting value;
      if (element.is_text()) {
        value = operation_name(element);
      } else {
        constexpr std::int64_t kLargest = 1'000'000'000;
        value = element.integer(0, kLargest);
      }
      if (!values.empty() && values[0].index() != value.index()) {
        element.fail("values of one kind: numbers, or operations");
      }
      if (std::find(values.begin(), values.end(), value) != values.end()) {
        element.fail(
            fmt::format("'{}' twice", setting_text(value)), "each value once");
      }
      values.push_back(std::move(value));
    }
    if (values.empty()) item.fail("one value or more");
    return values;
  }

  std::size_t
  add_choice(std::string name, const Item& item, std::vector<Setting> values) {
    if (result_.choices.size() >= kMostChoices) {
      item.fail("more choices", fmt::format("at most {}", kMostChoices));
    }
    if (!names_.insert(name).second) {
      item.fail(fmt::format("a second choice '{}'", name), "each name once");
    }
    result_.choices.push_back(
        {std::move(name), std::move(values), item.path()});
    return result_.choices.size() - 1;
  }

  void require_choice_name(const std::string& name, const Item& item) const {
    if (is_name(name) && !is_reserved(name) && !is_operation(name)) return;
    item.fail(
        fmt::format("the name '{}'", printable(name)),
        "one of letters, digits and _ that is no layer's, no operation's and "
        "not in, out, stride or classes");
  }

  void read_choices(const Item& choices) {
    for (const auto& [name, item] : choices.members()) {
      require_choice_name(name, item);
      add_choice(name, item, read_values(item));
    }
  }

  void read_cells(const Item& cells) {
    const auto members = cells.members();
    for (const auto& [name, item] : members) {
      if (!is_name(name)) {
        item.fail(
            fmt::format("the name '{}'", printable(name)),
            "one of letters, digits and _");
      }
      read_cell(name, item, members.size() > 1 ? name + ":" : "");
    }
  }

  void read_cell(
      const std::string& name,
      const Item& item,
      const std::string& prefix) {
    item.require_keys({"nodes", "edges", "choose", "output"});
    Cell cell;
    cell.name = name;
    cell.path = item.path();
    cell.nodes = static_cast<int>(item.at("nodes").integer(2, kMostNodes));
    const Item edges = item.at("edges");
    if (edges.is_list()) {
      const std::vector<Setting> values = read_values(item.at("choose"));
      for (const Item& edge : edges.elements()) {
        Edge read = read_edge(edge.text(), edge, cell);
        read.operation = prefix + edge.text();
        add_choice(read.operation, edge, values);
        cell.edges.push_back(std::move(read));
      }
    } else {
      if (const auto choose = item.find("choose")) {
        choose->fail(
            "'choose' beside edges with operations of their own",
            "a "
            "list of edges, or no 'choose'");
      }
      for (const auto& [ends, operations] : edges.members()) {
        Edge read = read_edge(ends, operations, cell);
        read.operation = prefix + ends;
        if (operations.is_text()) {
          read.operation = operations.text();
          require_operation_or_choice(read.operation, operations);
        } else {
          add_choice(read.operation, operations, read_values(operations));
        }
        cell.edges.push_back(std::move(read));
      }
    }
    require_read_nodes(cell, edges);
    read_output(item, cell);
    result_.cells.push_back(std::move(cell));
  }

  void require_operation_or_choice(const std::string& name, const Item& item)
      const {
    const auto choice = result_.find_choice(name);
    if (choice && std::holds_alternative<std::string>(
                      result_.choices[*choice].values[0])) {
      return;
    }
    if (is_operation(name)) return;
    item.fail("an operation, a choice of operations, or a list of operations");
  }

  /// "TO<-FROM"; FROM is a number, or a choice of numbers.
  Edge read_edge(const std::string& ends, const Item& item, const Cell& cell)
      const {
    Edge edge;
    edge.path = item.path();
    const std::size_t arrow = ends.find("<-");
    const std::string form =
        fmt::format("TO<-FROM with nodes from 0 to {}", cell.nodes - 1);
    const std::string found = fmt::format("the edge '{}'", printable(ends));
    if (arrow == std::string::npos) item.fail(found, form);
    const auto to = parse_number(ends.substr(0, arrow));
    if (!to || *to >= cell.nodes) item.fail(found, form);
    edge.to = *to;
    const std::string from = ends.substr(arrow + 2);
    const auto number = parse_number(from);
    if (!number && !is_number_choice(from)) item.fail(found, form);
    if (number && *number >= edge.to) {
      item.fail(
          found,
          "an edge from a lower node to a higher one: nodes are numbered so "
          "that there is no cycle");
    }
    edge.from = number ? Expression(*number) : Expression::parse(from);
    for (const Edge& other : cell.edges) {
      if (number && other.to == edge.to && other.from.names().empty() &&
          other.from.evaluate({}) == *number) {
        item.fail(found + " twice", "each edge once");
      }
    }
    return edge;
  }

  /// Whether a choice of numbers that expressions can name is called so.
  bool is_number_choice(const std::string& name) const {
    const auto choice =
        is_name(name) ? result_.find_choice(name) : std::nullopt;
    return choice && std::holds_alternative<std::int64_t>(
                         result_.choices[*choice].values[0]);
  }

  static void require_read_nodes(const Cell& cell, const Item& edges) {
    for (int node = 1; node < cell.nodes; ++node) {
      const bool reads = std::any_of(
          cell.edges.begin(), cell.edges.end(), [node](const Edge& edge) {
            return edge.to == node;
          });
      if (!reads) {
        edges.fail(
            fmt::format("no edge into node {}", node),
            fmt::format("one like {}<-0", node));
      }
    }
  }

  static void read_output(const Item& item, Cell& cell) {
    const auto output = item.find("output");
    if (!output) {
      cell.output = {cell.nodes - 1};
      return;
    }
    if (!output->is_list()) {
      cell.output = {static_cast<int>(output->integer(0, cell.nodes - 1))};
      return;
    }
    for (const Item& node : output->elements()) {
      cell.output.push_back(static_cast<int>(node.integer(0, cell.nodes - 1)));
    }
    if (cell.output.empty()) output->fail("a node or several");
  }

  void read_stages(const Item& stages) {
    const auto elements = stages.elements();
    if (elements.size() > kMostStages) {
      stages.fail(
          fmt::format("{} stages", elements.size()),
          fmt::format("at most {}", kMostStages));
    }
    for (std::size_t i = 0; i < elements.size(); ++i) {
      read_stage(elements[i], i + 1);
    }
  }

  void read_stage(const Item& item, std::size_t number) {
    item.require_keys(
        {"channels",
         "repeat",
         "stride",
         "reduction",
         "block",
         "cell",
         "choose",
         "each"});
    Stage stage;
    stage.path = item.path();
    stage.channels = read_expression(item.at("channels"));
    if (const auto repeat = item.find("repeat")) {
      stage.repeat = read_expression(*repeat);
    }
    if (const auto stride = item.find("stride")) {
      stage.stride = read_expression(*stride);
    }
    if (const auto reduction = item.find("reduction")) {
      stage.reduction = read_layers(*reduction);
    }
    if (const auto block = item.find("block"))
      stage.block = read_layers(*block);
    if (const auto cell = item.find("cell")) stage.cell = find_cell(*cell);
    if (stage.block && stage.cell) {
      item.fail("'block' and 'cell'", "one of them");
    }
    if (!stage.block && !stage.cell && !stage.reduction) {
      item.fail("nothing to run", "'cell', 'block' or 'reduction'");
    }
    const std::string suffix = std::to_string(number);
    if (const auto choose = item.find("choose")) {
      for (const auto& [name, values] : choose->members()) {
        add_stage_choice(stage, name, values, suffix);
      }
    }
    // A repetition's choices come together: kernel2.1, width2.1, kernel2.2.
    if (const auto each = item.find("each")) {
      add_each(stage, *each, suffix, item);
    }
    result_.stages.push_back(std::move(stage));
  }

  std::size_t find_cell(const Item& item) const {
    const std::string name = item.text();
    for (std::size_t i = 0; i < result_.cells.size(); ++i) {
      if (result_.cells[i].name == name) return i;
    }
    item.fail("the name of a cell");
  }

  void add_stage_choice(
      Stage& stage,
      const std::string& name,
      const Item& values,
      const std::string& suffix) {
    require_choice_name(name, values);
    stage.choices.push_back(
        {name,
         false,
         {add_choice(name + suffix, values, read_values(values))}});
  }

  void add_each(
      Stage& stage,
      const Item& each,
      const std::string& suffix,
      const Item& item) {
    const std::int64_t most = most_repetitions(stage, item);
    const auto members = each.members();
    std::vector<StageChoice> choices;
    for (const auto& [name, values] : members) {
      require_choice_name(name, values);
      for (const StageChoice& other : stage.choices) {
        if (other.name == name) {
          values.fail(
              fmt::format("'{}' in 'choose' and in 'each'", name),
              "one of them");
        }
      }
      choices.push_back({name, true, {}});
    }
    for (std::int64_t i = 1; i <= most; ++i) {
      for (std::size_t k = 0; k < members.size(); ++k) {
        choices[k].choices.push_back(add_choice(
            fmt::format("{}{}.{}", choices[k].name, suffix, i),
            members[k].second,
            read_values(members[k].second)));
      }
    }
    stage.choices.insert(stage.choices.end(), choices.begin(), choices.end());
  }

  /// The most that the stage's "repeat" can be, which has to be a number or a
  /// choice.
  std::int64_t most_repetitions(const Stage& stage, const Item& item) const {
    std::int64_t most = 0;
    const auto names = stage.repeat.names();
    if (names.empty()) {
      most = stage.repeat.evaluate({});
    } else {
      const auto choice = stage_choice(stage, names[0]);
      const auto* values = choice ? &result_.choices[*choice].values : nullptr;
      if (names.size() > 1 || values == nullptr ||
          std::holds_alternative<std::string>((*values)[0])) {
        item.at("repeat").fail("a number or a choice beside 'each'");
      }
      for (const Setting& value : *values) {
        most =
            std::max(most, stage.repeat.evaluate([&value](const std::string&) {
              return std::get<std::int64_t>(value);
            }));
      }
    }
    if (most > kMostRepetitions) {
      item.at("repeat").fail(
          fmt::format("{} repetitions", most),
          fmt::format("at most {}", kMostRepetitions));
    }
    return most;
  }

  std::optional<std::size_t> stage_choice(
      const Stage& stage,
      const std::string& name) const {
    for (const StageChoice& choice : stage.choices) {
      if (choice.name == name) return choice.choices[0];
    }
    return result_.find_choice(name);
  }

  const Item& top_;
  Description result_;
  std::set<std::string> names_;  // of choices
};

}  // namespace

std::string setting_text(const Setting& setting) {
  if (const auto* number = std::get_if<std::int64_t>(&setting)) {
    return std::to_string(*number);
  }
  return std::get<std::string>(setting);
}

const Operation* Description::find_operation(const std::string& wanted) const {
  for (const Operation& operation : operations) {
    if (operation.name == wanted) return &operation;
  }
  return nullptr;
}

std::optional<std::size_t> Description::find_choice(
    const std::string& wanted) const {
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].name == wanted) return i;
  }
  return std::nullopt;
}

Description read_description(const Item& top) {
  try {
    return Reader(top).read();
  } catch (const std::invalid_argument& error) {
    top.fail(error.what(), "a number");
  }
}

}  // namespace zcp::spaces::json
