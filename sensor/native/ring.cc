// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "../../bpf/include/saker_event.h"

namespace saker {
namespace {

constexpr uint32_t kBusy = BPF_RINGBUF_BUSY_BIT, kDiscard = BPF_RINGBUF_DISCARD_BIT;
constexpr uint64_t kSpinNs =
    50'000;  // longer than any record takes, unless its writer lost the CPU
constexpr uint64_t kAhead =
    4096;  // bytes searched behind the last record taken: writers overtake by far less

// From one slot to the next: 8 bytes of slot header, the record, rounded up to 8.
uint64_t Step(uint32_t word) { return ((word & ~(kBusy | kDiscard)) + 8 + 7) & ~7ull; }

}  // namespace

uint64_t ClockNs(int clock) {
  timespec now;
  clock_gettime(clock, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

Ring::Ring(int fd, size_t size) : fd_(UniqueFd::Duplicate(fd)), size_(size) {
  const size_t page = size_t(sysconf(_SC_PAGESIZE));
  if (!fd_) return;
  void* consumer = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (consumer == MAP_FAILED) return;
  consumer_ = static_cast<uint64_t*>(consumer);
  void* producer = mmap(nullptr, page + 2 * size_, PROT_READ, MAP_SHARED, fd_.get(), off_t(page));
  if (producer == MAP_FAILED) return;
  producer_ = static_cast<const uint64_t*>(producer);
  data_ = static_cast<const uint8_t*>(producer) + page;
}

Ring::Ring(Ring&& other) noexcept
    : fd_(std::move(other.fd_)),
      size_(other.size_),
      consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)),
      data_(std::exchange(other.data_, nullptr)) {}

Ring::~Ring() {
  const size_t page = size_t(sysconf(_SC_PAGESIZE));
  if (producer_) munmap(const_cast<uint64_t*>(producer_), page + 2 * size_);
  if (consumer_) munmap(consumer_, page);
}

// Adds the slot at `at`. The record's own size counts, not the slot's, which is as large as the
// program had to reserve. A discarded slot is an entry too: else a ring of nothing but discarded
// slots would never be given back.
void Ring::Accept(uint64_t at, uint32_t word) {
  const auto* header = reinterpret_cast<const saker_event_header*>(Record(at));
  const uint32_t slot = word & ~(kBusy | kDiscard);
  const bool discarded = word & kDiscard;
  const bool sound =
      slot >= sizeof(*header) && header->size >= sizeof(*header) && header->size <= slot;
  if (discarded || !sound)
    entries_.push_back({nullptr, ~0ull, at + Step(word), 0, !discarded});
  else
    entries_.push_back({Record(at), header->ts_ns, at + Step(word), header->size, false});
}

void Ring::Scan(uint64_t position, uint64_t limit) {
  uint64_t at = consumer(), ahead = kAhead;
  const uint64_t stop = std::min(at + limit, position);
  entries_.clear(), bound_ = ~0ull;
  for (uint32_t word; at < stop; at += Step(word)) {
    word = Word(at);
    if (word & kBusy) {
      const uint64_t until = ClockNs(CLOCK_MONOTONIC) + kSpinNs;
      while ((word & kBusy) && ClockNs(CLOCK_MONOTONIC) < until) word = Word(at);
    }
    if (word & kBusy) {
      ahead = size_;  // anything behind it may be earlier than what other rings hold
      break;
    }
    Accept(at, word);
  }
  for (const uint64_t end = std::min(at + ahead, position); at < end; at += Step(Word(at)))
    if (!(Word(at) & (kBusy | kDiscard))) bound_ = std::min(bound_, Time(at));
  // Within a ring positions are causal, timestamps are not sorted: a record waits for no later one
  // of its own ring.
  uint64_t least = bound_;
  for (size_t i = entries_.size(); i--;) {
    least = std::min(least, entries_[i].key);
    entries_[i].key =
        least == ~0ull ? 0 : least;  // empty slots with nothing behind them: free at once
  }
}

void Ring::Release(uint64_t position) { __atomic_store_n(consumer_, position, __ATOMIC_RELEASE); }

}  // namespace saker
