// What an importer could not use of its source: said, never dropped.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace zcp::importers {

/// Counts by kind, with the first of each.
class Unused {
 public:
  /// One more of a kind, such as "values that contradict each other";
  /// `example` says where it stands and what was found there.
  void add(const std::string& kind, const std::string& example);

  /// All of another, behind what there is.
  void add(const Unused& other);

  bool empty() const { return kinds_.empty(); }

  /// A line a kind, in the order in which they first came:
  /// "values that contradict each other: 3, first ...".
  std::vector<std::string> lines() const;

 private:
  struct Kind {
    std::string name;
    std::size_t count = 0;
    std::string first;
  };

  Kind& kind_of(const std::string& name, const std::string& example);

  std::vector<Kind> kinds_;
};

// The kinds that several importers have. Their fields are empty in the table.
inline const std::string kContradictions =
    "values that contradict each other, left empty";
inline const std::string kNoNumbers = "values that are no number, left empty";

}  // namespace zcp::importers
