// What several proxies need and one of them makes. No LibTorch in this header.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace zcp::engine {

/// Values by name, each made by the first who asks for it. May be asked from
/// several threads at once: who comes while a value is made waits for it.
class SharedValues {
 public:
  /// The value of this name, which `make` returns. What that throws is thrown
  /// here, and the next who asks makes it again. A name has one type and one
  /// meaning; `make` asks for no value that asks for this one.
  template <typename T>
  std::shared_ptr<const T> get(
      const std::string& name,
      const std::function<T()>& make) {
    const std::shared_ptr<Slot> slot = slot_of(name);
    const std::scoped_lock lock(slot->mutex);
    if (slot->value == nullptr) slot->value = std::make_shared<const T>(make());
    return std::static_pointer_cast<const T>(slot->value);
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::shared_ptr<const void> value;
  };

  std::shared_ptr<Slot> slot_of(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    std::shared_ptr<Slot>& slot = slots_[name];
    if (slot == nullptr) slot = std::make_shared<Slot>();
    return slot;
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Slot>> slots_;
};

/// The same of values that may be null, as those of a setting: then the value
/// is made for this caller alone.
template <typename T>
std::shared_ptr<const T> shared_value(
    const std::shared_ptr<SharedValues>& values,
    const std::string& name,
    const std::function<T()>& make) {
  if (values == nullptr) return std::make_shared<const T>(make());
  return values->get<T>(name, make);
}

}  // namespace zcp::engine
