#include "analysis/store/checksum.h"

#include <sqlite3.h>

#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "common/hash.h"

namespace zcp::store {
namespace {

void append(std::string& bytes, char type, std::string_view value) {
  const std::uint64_t size = value.size();
  std::array<char, sizeof size> head;
  std::memcpy(head.data(), &size, sizeof size);
  bytes += type;
  bytes.append(head.data(), head.size());
  bytes.append(value);
}

template <typename Number>
void append_number(std::string& bytes, char type, Number number) {
  std::array<char, sizeof number> raw;
  std::memcpy(raw.data(), &number, sizeof number);
  append(bytes, type, {raw.data(), raw.size()});
}

void append_value(std::string& bytes, sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
      return append(bytes, 'n', {});
    case SQLITE_INTEGER:
      return append_number(bytes, 'i', sqlite3_value_int64(value));
    case SQLITE_FLOAT: {
      const double number = sqlite3_value_double(value);
      return append_number(bytes, 'r', number == 0 ? 0.0 : number);
    }
    default: {
      // The type is asked first: the next call may turn a blob into a text.
      const bool text = sqlite3_value_type(value) == SQLITE_TEXT;
      const void* data =
          text ? static_cast<const void*>(sqlite3_value_text(value))
               : sqlite3_value_blob(value);
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
      const std::string_view held =
          data == nullptr
              ? std::string_view()
              : std::string_view(static_cast<const char*>(data), size);
      return append(bytes, text ? 't' : 'b', held);
    }
  }
}

// SQLite is C: no exception may leave a function that it calls.
extern "C" void
row_checksum(sqlite3_context* context, int count, sqlite3_value** values) {
  try {
    std::string bytes;
    for (int i = 0; i < count; ++i) append_value(bytes, values[i]);
    sqlite3_result_int64(context, std::bit_cast<std::int64_t>(hash64(bytes)));
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

/// The running total; null when SQLite has no memory for it.
std::int64_t* total_of(sqlite3_context* context) {
  return static_cast<std::int64_t*>(
      sqlite3_aggregate_context(context, sizeof(std::int64_t)));
}

extern "C" void
add_to_total(sqlite3_context* context, int, sqlite3_value** values) {
  if (std::int64_t* total = total_of(context)) {
    *total = add_checksums(*total, sqlite3_value_int64(values[0]));
  } else {
    sqlite3_result_error_nomem(context);
  }
}

extern "C" void finish_total(sqlite3_context* context) {
  const std::int64_t* total = total_of(context);
  sqlite3_result_int64(context, total == nullptr ? 0 : *total);
}

}  // namespace

void add_checksum_functions(sqlite::Database& database) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  const auto check = [](int code) {
    if (code != SQLITE_OK) throw std::bad_alloc();
  };
  check(sqlite3_create_function_v2(
      database.handle(),
      "row_checksum",
      -1,
      kFlags,
      nullptr,
      row_checksum,
      nullptr,
      nullptr,
      nullptr));
  check(sqlite3_create_function_v2(
      database.handle(),
      "checksum_total",
      1,
      kFlags,
      nullptr,
      nullptr,
      add_to_total,
      finish_total,
      nullptr));
}

std::int64_t add_checksums(std::int64_t a, std::int64_t b) {
  return std::bit_cast<std::int64_t>(
      std::bit_cast<std::uint64_t>(a) + std::bit_cast<std::uint64_t>(b));
}

std::int64_t subtract_checksums(std::int64_t a, std::int64_t b) {
  return std::bit_cast<std::int64_t>(
      std::bit_cast<std::uint64_t>(a) - std::bit_cast<std::uint64_t>(b));
}

}  // namespace zcp::store
