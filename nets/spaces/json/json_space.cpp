#include "nets/spaces/json/json_space.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"
#include "nets/spaces/json/description.h"
#include "nets/spaces/json/item.h"
#include "nets/spaces/json/network.h"
#include "nets/spaces/json/spec_form.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces::json {
namespace {

using Values = std::vector<std::size_t>;

/// How many members; 0 where 2^62 do not hold them.
std::int64_t size_of(const Description& description) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  std::int64_t size = 1;
  for (const Choice& choice : description.choices) {
    const auto values = std::ssize(choice.values);
    if (size > kMost / values) return 0;
    size *= values;
  }
  return size;
}

/// Of everything that decides specs and networks, in whatever layout.
std::uint64_t content_hash(const nlohmann::ordered_json& document) {
  nlohmann::ordered_json content = document;
  content.erase("summary");
  content.erase("paper");
  return hash64(content.dump());
}

class JsonSpace final : public Space {
 public:
  JsonSpace(Description description, std::uint64_t hash)
      : description_(std::move(description)), form_(description_) {
    info_.name = description_.name + "@" + hash_hex(hash);
    info_.summary = description_.summary.empty()
                        ? "described by " + description_.file
                        : description_.summary;
    info_.syntax = form_.syntax();
    info_.paper = description_.paper;
    info_.size = size_of(description_);
    info_.example = draw(0);
  }

  // The form refers to the description.
  JsonSpace(const JsonSpace&) = delete;
  JsonSpace& operator=(const JsonSpace&) = delete;

  const SpaceInfo& info() const override { return info_; }

  /// The index is the values as digits, that of the last choice the lowest.
  std::string spec(std::int64_t index) const override {
    Values values(description_.choices.size());
    for (std::size_t i = values.size(); i-- > 0;) {
      const auto count = std::ssize(description_.choices[i].values);
      values[i] = static_cast<std::size_t>(index % count);
      index /= count;
    }
    return form_.format(values);
  }

  std::string draw(std::uint64_t seed) const override {
    if (info_.size > 0) return Space::draw(seed);
    Values values(description_.choices.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<std::size_t>(draw_integer(
          std::ssize(description_.choices[i].values),
          derive_seed(seed, "choice", i)));
    }
    return form_.format(values);
  }

  /// Another value of one of the choices that have several.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    Values values = form_.parse(spec);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (description_.choices[i].values.size() > 1) open.push_back(i);
    }
    if (open.empty()) {
      throw UserError(
          "spec '{}': {} has no other member", spec, description_.name);
    }
    const std::size_t choice = open[static_cast<std::size_t>(
        draw_integer(std::ssize(open), seed, "choice"))];
    const auto count = description_.choices[choice].values.size();
    const auto step =
        1 + static_cast<std::size_t>(draw_integer(
                static_cast<std::int64_t>(count) - 1, seed, "value"));
    values[choice] = (values[choice] + step) % count;
    return form_.format(values);
  }

  std::vector<int> choices() const override {
    std::vector<int> sizes;
    // Options number a space, which a larger one is not.
    if (info_.size == 0) return sizes;
    for (const Choice& choice : description_.choices) {
      sizes.push_back(static_cast<int>(choice.values.size()));
    }
    return sizes;
  }

  std::vector<int> options_of(std::string_view spec) const override {
    std::vector<int> options;
    for (const std::size_t value : form_.parse(spec)) {
      options.push_back(static_cast<int>(value));
    }
    return options;
  }

  std::string normalise(std::string_view spec) const override {
    return form_.format(form_.parse(spec));
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    require_classes(description_.name, output);
    if (skeleton.channels > 0 || skeleton.cells_per_stage > 0 ||
        !skeleton.affine) {
      throw UserError(
          "{}: its file says how wide and deep its networks are, not "
          "--channels and --cells",
          description_.file);
    }
    const Values values = form_.parse(spec);
    std::vector<Setting> settings;
    for (std::size_t i = 0; i < values.size(); ++i) {
      settings.push_back(description_.choices[i].values[values[i]]);
    }
    return build_network(
        description_, settings, spec, input, output.channels, folding);
  }

 private:
  Description description_;
  SpecForm form_;
  SpaceInfo info_;
};

std::string read_text(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw UserError("--space {}: found a folder, expected a JSON file", path);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw UserError(
        "--space {}: no such file, or one that cannot be read", path);
  }
  // One byte more than a space may have, so that the limit is noticed.
  constexpr std::size_t kMost = (std::size_t{1} << 20) + 1;
  std::string text(kMost, '\0');
  file.read(text.data(), static_cast<std::streamsize>(kMost));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

std::unique_ptr<const Space> parse_space(
    std::string_view text,
    const std::string& file) {
  const Document document(text, file);
  Description description = read_description(document.top());
  check(description);
  return std::make_unique<JsonSpace>(
      std::move(description), content_hash(document.value()));
}

std::unique_ptr<const Space> read_space(const std::string& path) {
  return parse_space(read_text(path), path);
}

}  // namespace zcp::spaces::json

namespace zcp::spaces {

std::shared_ptr<const Space> open_space(const std::string& name) {
  if (name.ends_with(".json")) return json::read_space(name);
  // Built-in spaces live as long as the program.
  return {&find_space(name), [](const Space*) {}};
}

}  // namespace zcp::spaces
