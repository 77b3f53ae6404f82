#include "apps/predict/point_block.h"

#include <algorithm>
#include <utility>

#include "common/error.h"
#include "nets/encodings/node_graph.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {

using prediction::Block;

Block points_block(tables::Table points) {
  Block block;
  block.name = "points";
  block.columns = std::move(points.columns);
  block.values = std::move(points.values);
  return block;
}

PointBlock::PointBlock(
    const SavedPoints& points,
    const std::string& space,
    EncodePoints encode)
    : points_(points),
      encode_(std::move(encode)),
      space_(spaces::open_space(space)) {
  if (points_.table) {
    const std::vector<std::string>& specs = points_.table->arch;
    for (std::size_t row = 0; row < specs.size(); ++row) {
      rows_.emplace(specs[row], row);
    }
    return;
  }
  const SavedEncoder& encoder = *points_.encoder;
  if (encoder.space != space_->info().name) {
    throw UserError(
        "its encoder was trained on architectures of {}, found the space {}",
        encoder.space,
        space_->info().name);
  }
  if (!encode_) throw UserError("has an encoder, which this build cannot run");
}

bool PointBlock::has(const std::string& arch) const {
  const std::vector<std::string> spec{space_->normalise(arch)};
  if (points_.table) return rows_.contains(spec.front());
  const auto pool = encodings::encoded_pool(*space_, spec);
  return !encodings::misfit(pool.front(), points_.encoder->layout);
}

Block PointBlock::of(const std::vector<std::string>& archs) const {
  std::vector<std::string> specs;
  specs.reserve(archs.size());
  for (const std::string& arch : archs) {
    specs.push_back(space_->normalise(arch));
  }
  if (points_.table) return of_table(specs);
  return points_block(encode_(*points_.encoder, *space_, specs));
}

Block PointBlock::of_table(const std::vector<std::string>& specs) const {
  const tables::Table& table = *points_.table;
  tables::Table points;
  points.columns = table.columns;
  points.values.resize(table.columns.size());
  for (const std::string& spec : specs) {
    const auto found = rows_.find(spec);
    if (found == rows_.end()) {
      throw UserError("its table of points has no row of {}", spec);
    }
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      points.values[c].push_back(table.values[c][found->second]);
    }
  }
  return points_block(std::move(points));
}

}  // namespace zcp::apps
