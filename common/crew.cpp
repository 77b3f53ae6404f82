#include "common/crew.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace zcp {

void SpareCores::add(int count) {
  const std::scoped_lock lock(mutex_);
  free_ += count;
  most_ = std::max(most_, free_);
}

bool SpareCores::try_take() {
  const std::scoped_lock lock(mutex_);
  if (free_ <= 0) return false;
  --free_;
  return true;
}

int SpareCores::most() const {
  const std::scoped_lock lock(mutex_);
  return most_;
}

double SpareCores::seconds() const {
  const std::scoped_lock lock(mutex_);
  return seconds_;
}

void SpareCores::add_seconds(double seconds) {
  const std::scoped_lock lock(mutex_);
  seconds_ += seconds;
}

Crew::Crew(SpareCores* spare, std::function<void()> set_up)
    : spare_(spare), set_up_(std::move(set_up)) {}

Crew::~Crew() {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.clear();
  }
  for (std::thread& helper : helpers_) helper.join();
}

Crew::Handle Crew::submit(std::function<void()> work) {
  auto job = std::make_shared<Job>();
  job->work_ = std::move(work);
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(job);
  }
  changed_.notify_all();
  start_helpers();
  return job;
}

/// As many as jobs wait and cores are free.
void Crew::start_helpers() {
  if (spare_ == nullptr) return;
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (!spare_->try_take()) return;
    helpers_.emplace_back([this] { help(); });
  }
}

void Crew::help() {
  const auto begin = std::chrono::steady_clock::now();
  if (set_up_) set_up_();
  while (const Handle job = next()) run(job);
  const auto end = std::chrono::steady_clock::now();
  spare_->add_seconds(std::chrono::duration<double>(end - begin).count());
  spare_->add(1);
}

/// The job that has waited longest; null: none waits.
Crew::Handle Crew::next() {
  const std::scoped_lock lock(mutex_);
  if (waiting_.empty()) return nullptr;
  Handle job = waiting_.front();
  waiting_.pop_front();
  ++running_;
  return job;
}

bool Crew::begin(const Handle& job) {
  const std::scoped_lock lock(mutex_);
  const auto place = std::ranges::find(waiting_, job);
  if (place == waiting_.end()) return false;
  waiting_.erase(place);
  ++running_;
  return true;
}

void Crew::run(const Handle& job) {
  std::exception_ptr failure;
  try {
    job->work_();
  } catch (...) {
    failure = std::current_exception();
  }
  job->work_ = nullptr;  // lets go of what it holds
  {
    const std::scoped_lock lock(mutex_);
    job->failure_ = failure;
    job->done_ = true;
    --running_;
  }
  changed_.notify_all();
}

void Crew::wait(const Handle& job, const std::vector<Handle>& others) {
  start_helpers();  // cores may have become free
  if (begin(job)) run(job);
  const auto is_done = [&] {
    const std::scoped_lock lock(mutex_);
    return job->done_;
  };
  for (const Handle& other : others) {
    if (is_done()) break;
    if (begin(other)) run(other);
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return job->done_; });
  if (job->failure_) std::rethrow_exception(job->failure_);
}

void Crew::drop(const Handle& job) {
  std::unique_lock lock(mutex_);
  const auto place = std::ranges::find(waiting_, job);
  if (place != waiting_.end()) {
    waiting_.erase(place);
    return;
  }
  changed_.wait(lock, [&] { return job->done_; });
}

void Crew::finish() {
  for (;;) {
    start_helpers();
    if (const Handle job = next()) {
      run(job);
      continue;
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || running_ == 0; });
    if (waiting_.empty() && running_ == 0) return;
  }
}

}  // namespace zcp
