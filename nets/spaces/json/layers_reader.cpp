#include "nets/spaces/json/layers_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <stdexcept>

#include "common/error.h"
#include "common/printable.h"

namespace zcp::spaces::json {
namespace {

struct PlainLayer {
  const char* name;
  LayerKind kind;
};
constexpr std::array<PlainLayer, 9> kPlainLayers{
    {{"none", LayerKind::none},
     {"skip", LayerKind::skip},
     {"relu", LayerKind::relu},
     {"leaky_relu", LayerKind::leaky_relu},
     {"tanh", LayerKind::tanh},
     {"sigmoid", LayerKind::sigmoid},
     {"bn", LayerKind::batch_norm},
     {"global_avg_pool", LayerKind::global_avg_pool},
     {"shift", LayerKind::shift}}};

/// A layer that is written as an object: the key that says which, and those
/// that may stand beside it.
struct KeyedLayer {
  const char* key;
  LayerKind kind;
  std::vector<std::string> others;
};

const std::vector<KeyedLayer>& keyed_layers() {
  static const std::vector<KeyedLayer> all{
      {"conv",
       LayerKind::conv,
       {"out", "stride", "padding", "dilation", "groups", "bias"}},
      {"depthwise",
       LayerKind::depthwise,
       {"stride", "padding", "dilation", "bias"}},
      {"linear", LayerKind::linear, {}},
      {"bn", LayerKind::batch_norm, {}},
      {"avg_pool", LayerKind::avg_pool, {"stride", "padding"}},
      {"max_pool", LayerKind::max_pool, {"stride", "padding"}},
      {"op", LayerKind::operation, {}},  // any name of a number
      {"module", LayerKind::module, {"layers"}},
      {"add", LayerKind::add, {}},
      {"concat", LayerKind::concat, {}},
      {"multiply", LayerKind::multiply, {}},
      {"residual", LayerKind::residual, {"shortcut"}},
      {"if", LayerKind::branch, {"then", "else"}}};
  return all;
}

/// An object's layer, with the item of its key.
std::pair<const KeyedLayer*, Item> keyed_layer(const Item& item) {
  std::vector<std::string> keys;
  for (const KeyedLayer& layer : keyed_layers()) {
    keys.emplace_back(layer.key);
    if (auto found = item.find(layer.key)) return {&layer, *found};
  }
  item.fail(fmt::format("an object with one of {}", fmt::join(keys, ", ")));
}

std::vector<Layers> read_parts(const Item& item) {
  std::vector<Layers> parts;
  for (const Item& part : item.elements()) parts.push_back(read_layers(part));
  if (parts.empty()) item.fail("lists of layers");
  return parts;
}

void read_batch_norm(const Item& main, Layer& layer) {
  main.require_keys({"affine", "epsilon"});
  if (const auto affine = main.find("affine")) layer.affine = affine->boolean();
  if (const auto epsilon = main.find("epsilon")) {
    layer.epsilon = epsilon->real();
    if (!(layer.epsilon > 0 && layer.epsilon <= 1)) {
      epsilon->fail("a number above 0 and up to 1");
    }
  }
}

/// {"op": NAME} and numbers that hold inside the operation.
void read_call(const Item& item, Layer& layer) {
  layer.name = item.at("op").text();
  for (const auto& [key, value] : item.members()) {
    if (key == "op") continue;
    if (!is_name(key)) {
      value.fail(
          fmt::format("the key '{}'", printable(key)),
          "a name of letters, digits and _");
    }
    if (key == "in" || key == "classes") {
      value.fail(
          fmt::format("'{}' set to something", key),
          "another name: it is a number of the network itself");
    }
    layer.numbers.emplace_back(key, read_expression(value));
  }
}

void read_condition(const Item& item, const Item& main, Layer& layer) {
  try {
    layer.condition = Condition::parse(main.text());
  } catch (const std::invalid_argument& error) {
    main.fail(error.what(), "a comparison like 'in == out'");
  }
  layer.parts.push_back(read_layers(item.at("then")));
  const auto otherwise = item.find("else");
  layer.parts.push_back(otherwise ? read_layers(*otherwise) : Layers());
}

/// The numbers of a window.
void read_window(const Item& item, const Item& main, Layer& layer) {
  layer.size = read_expression(main);
  if (const auto out = item.find("out")) layer.out = read_expression(*out);
  if (const auto stride = item.find("stride")) {
    layer.stride = read_expression(*stride);
  }
  if (const auto padding = item.find("padding")) {
    layer.padding = read_expression(*padding);
  }
  if (const auto dilation = item.find("dilation")) {
    layer.dilation = read_expression(*dilation);
  }
  if (const auto groups = item.find("groups")) {
    layer.groups = read_expression(*groups);
  }
  if (const auto bias = item.find("bias")) layer.bias = bias->boolean();
}

Layer read_object(const Item& item) {
  const auto [form, main] = keyed_layer(item);
  Layer layer;
  layer.kind = form->kind;
  layer.path = item.path();
  if (layer.kind != LayerKind::operation) {
    std::vector<std::string> keys = form->others;
    keys.insert(keys.begin(), form->key);
    item.require_keys(keys);
  }
  switch (layer.kind) {
    case LayerKind::operation:
      read_call(item, layer);
      break;
    case LayerKind::batch_norm:
      read_batch_norm(main, layer);
      break;
    case LayerKind::linear:
      layer.size = read_expression(main);
      break;
    case LayerKind::module:
      layer.name = main.text();
      if (!is_name(layer.name)) main.fail("the name of a class");
      layer.parts.push_back(read_layers(item.at("layers")));
      break;
    case LayerKind::add:
    case LayerKind::concat:
      layer.parts = read_parts(main);
      break;
    case LayerKind::multiply:
      layer.parts.push_back(read_layers(main));
      break;
    case LayerKind::residual:
      layer.parts.push_back(read_layers(main));
      if (const auto shortcut = item.find("shortcut")) {
        layer.parts.push_back(read_layers(*shortcut));
      }
      break;
    case LayerKind::branch:
      read_condition(item, main, layer);
      break;
    default:
      read_window(item, main, layer);
  }
  return layer;
}

}  // namespace

std::optional<LayerKind> plain_layer(const std::string& name) {
  for (const PlainLayer& layer : kPlainLayers) {
    if (name == layer.name) return layer.kind;
  }
  return std::nullopt;
}

Expression read_expression(const Item& item) {
  if (item.is_text()) {
    try {
      return Expression::parse(item.text());
    } catch (const std::invalid_argument& error) {
      item.fail(error.what(), "a number, or names and numbers with + - * /");
    }
  }
  if (!item.is_number()) {
    item.fail("a number, or names and numbers with + - * /");
  }
  constexpr std::int64_t kLargest = 1'000'000'000;
  return Expression(item.integer(0, kLargest));
}

Layer read_layer(const Item& item) {
  if (!item.is_text()) {
    if (!item.is_object()) item.fail("the name of a layer or an object");
    return read_object(item);
  }
  Layer layer;
  layer.path = item.path();
  layer.name = item.text();
  layer.kind = plain_layer(layer.name).value_or(LayerKind::operation);
  return layer;
}

Layers read_layers(const Item& item) {
  Layers layers;
  if (item.is_text()) {
    layers.push_back(read_layer(item));
    return layers;
  }
  if (!item.is_list()) item.fail("a list of layers");
  for (const Item& element : item.elements()) {
    layers.push_back(read_layer(element));
  }
  return layers;
}

}  // namespace zcp::spaces::json
