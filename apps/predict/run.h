// One call of `zcp predict`, after its options were read.
#pragma once

#include "apps/command.h"
#include "apps/encode/saved.h"
#include "apps/predict/request.h"

namespace zcp::apps {

/// Predicts in this program, or in the one that has LibTorch where --encodings
/// is an encoder and this one has not. Each program defines it.
int predict_somewhere(
    const Arguments& arguments,
    const PredictRequest& request);

/// Predicts and writes what was asked for; `encode` makes points where
/// --encodings is an encoder. Returns the exit status. Throws UserError also
/// for an encoder without `encode`.
int run_predict(
    const Arguments& arguments,
    PredictRequest request,
    const EncodePoints& encode = {});

}  // namespace zcp::apps
