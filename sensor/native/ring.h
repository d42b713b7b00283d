// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef SAKER_NATIVE_RING_H
#define SAKER_NATIVE_RING_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "unique_fd.h"

namespace saker {

// One slot found in a ring, not yet consumed.
struct Entry {
  const uint8_t* bytes;
  uint64_t key;    // smallest timestamp from this slot to the last one its ring holds
  uint64_t end;    // consumer position behind it
  uint32_t size;   // of the record; 0: nothing to deliver
  bool malformed;  // its header names an impossible size
};

// A BPF ring buffer as user space sees it (kernel/bpf/ringbuf.c): a page with the consumer's
// position, one with the producer's, then the data, mapped twice so that no record wraps. Needs no
// libbpf: its own reader can neither look ahead nor leave a record behind.
class Ring {
 public:
  // Duplicates `fd`. `size`: the map's max_entries. On failure `ok()` is false and errno says why.
  Ring(int fd, size_t size);
  Ring(Ring&& other) noexcept;
  ~Ring();

  bool ok() const { return data_ != nullptr; }
  int fd() const { return fd_.get(); }
  size_t size() const { return size_; }
  uint64_t producer() const { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE); }
  uint64_t consumer() const { return *consumer_; }

  // Finds records from the consumer's position on, at most `limit` bytes and not past `position`. A
  // record still being written is waited for shortly, then it and all behind it are left. Past its
  // end the scan looks only for the earliest timestamp left behind: `bound()`.
  void Scan(uint64_t position, uint64_t limit);
  const std::vector<Entry>& entries() const { return entries_; }
  uint64_t bound() const { return bound_; }

  // Gives everything before `position` back to the kernel.
  void Release(uint64_t position);

 private:
  uint32_t Word(uint64_t at) const {
    return __atomic_load_n(reinterpret_cast<const uint32_t*>(data_ + (at & (size_ - 1))),
                           __ATOMIC_ACQUIRE);
  }
  const uint8_t* Record(uint64_t at) const { return data_ + (at & (size_ - 1)) + 8; }
  uint64_t Time(uint64_t at) const { return *reinterpret_cast<const uint64_t*>(Record(at)); }
  void Accept(uint64_t at, uint32_t word);

  UniqueFd fd_;
  size_t size_;
  uint64_t* consumer_ = nullptr;
  const uint64_t* producer_ = nullptr;
  const uint8_t* data_ = nullptr;
  std::vector<Entry> entries_;
  uint64_t bound_ = 0;
};

// Nanoseconds of a clock, as the kernel's bpf_ktime_get_* gives them.
uint64_t ClockNs(int clock);

}  // namespace saker

#endif
