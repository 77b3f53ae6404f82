// Layers as a space's file writes them.
#pragma once

#include "nets/spaces/json/description.h"
#include "nets/spaces/json/item.h"

namespace zcp::spaces::json {

/// "relu", {"conv": 3, "stride": 2}, {"module": "Sequential", "layers": [...]}.
/// Throws UserError.
Layer read_layer(const Item& item);

/// A list of them.
Layers read_layers(const Item& item);

/// A number or a text with an expression.
Expression read_expression(const Item& item);

}  // namespace zcp::spaces::json
