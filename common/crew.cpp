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

Crew::Crew(SpareCores* spare, std::function<void()> set_up, double memory)
    : spare_(spare), set_up_(std::move(set_up)), memory_(memory) {}

Crew::~Crew() {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.clear();
  }
  for (std::thread& helper : helpers_) helper.join();
}

Crew::Handle Crew::submit(std::function<void()> work, double memory) {
  auto job = std::make_shared<Job>();
  job->work_ = std::move(work);
  job->memory_ = memory;
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(job);
  }
  changed_.notify_all();
  start_helpers();
  return job;
}

/// As many as jobs wait that may run, and cores are free.
void Crew::start_helpers() {
  if (spare_ == nullptr) return;
  const std::scoped_lock lock(mutex_);
  for (const Handle& job : waiting_) {
    if (!fits(*job)) continue;
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

/// Whether there is memory for the job.
bool Crew::fits(const Job& job) const {
  return memory_ == 0 || running_ == 0 || taken_ + job.memory_ <= memory_;
}

bool Crew::any_fits() const {
  return std::ranges::any_of(
      waiting_, [&](const Handle& job) { return fits(*job); });
}

/// The job that has waited longest of those that there is memory for; null:
/// none waits.
Crew::Handle Crew::next() {
  const std::scoped_lock lock(mutex_);
  const auto place = std::ranges::find_if(
      waiting_, [&](const Handle& one) { return fits(*one); });
  if (place == waiting_.end()) return nullptr;
  Handle job = *place;
  take(place);
  return job;
}

bool Crew::begin(const Handle& job, bool whatever) {
  const std::scoped_lock lock(mutex_);
  const auto place = std::ranges::find(waiting_, job);
  if (place == waiting_.end() || !(whatever || fits(*job))) return false;
  take(place);
  return true;
}

/// Moves a job from those that wait to those that run.
void Crew::take(std::deque<Handle>::iterator place) {
  taken_ += (*place)->memory_;
  ++running_;
  waiting_.erase(place);
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
    taken_ -= job->memory_;
  }
  changed_.notify_all();
}

void Crew::wait(const Handle& job, const std::vector<Handle>& others) {
  start_helpers();  // cores may have become free
  if (begin(job, true)) run(job);
  const auto is_done = [&] {
    const std::scoped_lock lock(mutex_);
    return job->done_;
  };
  for (const Handle& other : others) {
    if (is_done()) break;
    if (begin(other, false)) run(other);
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
    changed_.wait(lock, [&] { return any_fits() || running_ == 0; });
    if (waiting_.empty() && running_ == 0) return;
  }
}

}  // namespace zcp
