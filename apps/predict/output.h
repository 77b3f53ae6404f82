// What `zcp predict` prints and writes.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "analysis/prediction/learning.h"
#include "apps/predict/request.h"

namespace zcp::apps {

/// A line a number of labels and model, then what it means in words.
void print_learning(
    std::span<const prediction::LearningRow> rows,
    const PredictRequest& request);

void print_learning_json(
    std::span<const prediction::LearningRow> rows,
    const PredictRequest& request);

/// "With 32 labels, gp beats the best single proxy (nwot) by ...".
std::string learning_verdict(
    const prediction::LearningRow& row,
    const std::string& baseline);

void write_importance(
    std::ostream& out,
    std::span<const prediction::LearningRow> rows);

}  // namespace zcp::apps
