// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The order of records across rings, the adaptive wake-up, and how to end. The reasons were
// measured: ARCHITECTURE.md.
#include "ring_reader.h"

#include <sys/epoll.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "addon.h"
#include "fault.h"
#include "maps.h"

namespace saker {
namespace {

// A record committed just now may carry a time a little before its position became visible: up to
// 80 ns were seen.
constexpr uint64_t kMarginNs = 10'000;
constexpr uint64_t kMinimalScan = 4096;
constexpr size_t kMinimalBuffer = 64 << 10;  // holds the largest record

}  // namespace

RingReader& RingReader::Of(void* handle) {
  return *static_cast<RingReader*>(static_cast<uv_handle_t*>(handle)->data);
}

// new RingReader(rings: BpfMap[], quietMs, safetyMs, onReady). Of equal times the earlier ring in
// the list goes first.
RingReader::RingReader(const Napi::CallbackInfo& info)
    : ObjectWrap(info), context_(info.Env(), "saker.RingReader") {
  Napi::Env env = info.Env();
  if (!info[0].IsArray()) throw Misuse(env, "rings must be an array of BpfMap");
  if (!info[3].IsFunction()) throw Misuse(env, "onReady must be a function");
  quiet_ms_ = NumberOf(info[1], "quietMs"), safety_ms_ = NumberOf(info[2], "safetyMs");
  on_ready_ = Napi::Persistent(info[3].As<Napi::Function>());
  OpenRings(env, info[0].As<Napi::Array>());
  Watch(env);
}

void RingReader::OpenRings(Napi::Env env, const Napi::Array& maps) {
  epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) throw Fault(env, "RING_OPEN", errno, "epoll");
  for (uint32_t i = 0; i < maps.Length(); i++) {
    const BpfMap& map = BpfMap::From(maps.Get(i), "ring");
    rings_.emplace_back(map.fd(), map.max_entries());
    if (!rings_.back().ok()) throw Fault(env, "RING_OPEN", errno, "ring buffer");
    epoll_event event{};
    event.events = EPOLLIN;  // level-triggered: records held back notify nobody a second time
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, rings_.back().fd(), &event))
      throw Fault(env, "RING_OPEN", errno, "epoll");
  }
  heads_.resize(rings_.size());
}

void RingReader::Watch(Napi::Env env) {
  uv_loop_t* loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok)
    throw Fault(env, "RING_OPEN", 0, "no event loop");
  poll_ = new uv_poll_t, timer_ = new uv_timer_t;
  if (int error = uv_poll_init(loop, poll_, epoll_.get())) {
    delete std::exchange(poll_, nullptr);
    delete std::exchange(timer_, nullptr);
    throw Fault(env, "RING_OPEN", -error, "poll");
  }
  uv_timer_init(loop, timer_);
  poll_->data = timer_->data = this;
  open_handles_ = 2;
  Ref();
  napi_add_async_cleanup_hook(
      env,
      [](napi_async_cleanup_hook_handle, void* data) {
        auto& reader = *static_cast<RingReader*>(data);
        reader.ending_ = true, reader.open_handles_++;
        reader.Close();
        reader.Released();
      },
      this, &hook_);
  Arm();
}

// The kernel notifies only when the consumer had caught up, so a reader that waits before it drains
// is not woken for each record: not draining for `quiet_ms_` is the batching.
void RingReader::Arm() {
  if (closed_ || paused_) return;
  uv_poll_start(poll_, UV_READABLE, [](uv_poll_t* handle, int, int) { Of(handle).Wake(); });
  uv_timer_start(timer_, [](uv_timer_t* handle) { Of(handle).Wake(); }, safety_ms_, 0);
}

// Whatever is thrown must stop here: libuv is C, and while an environment terminates each call into
// JavaScript fails.
void RingReader::Wake() {
  uv_poll_stop(poll_);
  uv_timer_start(timer_, [](uv_timer_t* handle) { Of(handle).Arm(); }, quiet_ms_, 0);
  Napi::HandleScope scope(Env());
  try {
    on_ready_.MakeCallback(Env().Global(), {}, context_);
  } catch (const Napi::Error& error) {
    Close();
    napi_fatal_exception(Env(), error.Value());  // a handler that throws is a bug: not to be lost;
                                                 // a no-op while terminating
  }
}

void RingReader::Pause(const Napi::CallbackInfo&) {
  paused_ = true;
  if (closed_) return;
  uv_poll_stop(poll_);
  uv_timer_stop(timer_);
}

void RingReader::Resume(const Napi::CallbackInfo&) {
  paused_ = false;
  Arm();
}

void RingReader::CloseFromJs(const Napi::CallbackInfo&) { Close(); }

void RingReader::Close() {
  if (std::exchange(closed_, true)) return;
  uv_close(reinterpret_cast<uv_handle_t*>(poll_), [](uv_handle_t* handle) {
    RingReader& reader = Of(handle);
    delete reinterpret_cast<uv_poll_t*>(handle);
    reader.Released();
  });
  uv_close(reinterpret_cast<uv_handle_t*>(timer_), [](uv_handle_t* handle) {
    RingReader& reader = Of(handle);
    delete reinterpret_cast<uv_timer_t*>(handle);
    reader.Released();
  });
  rings_.clear();
}

void RingReader::Released() {
  if (--open_handles_) return;
  epoll_.reset();  // not before: libuv takes the descriptor out of its own set while closing
  napi_remove_async_cleanup_hook(hook_);
  if (ending_) return;  // the environment frees the object
  Napi::HandleScope scope(Env());
  Unref();
}

// Merges by key while it is not above `cut` and fits; what is left stays in its ring. Returns bytes
// written.
size_t RingReader::Merge(uint64_t cut, uint8_t* const to, size_t room) {
  std::fill(heads_.begin(), heads_.end(), 0);
  size_t used = 0;
  for (bool full = false; !full;) {
    size_t first = rings_.size();
    uint64_t least = ~0ull, next = ~0ull;  // the two smallest keys at the heads
    for (size_t r = 0; r < rings_.size(); r++) {
      if (heads_[r] == rings_[r].entries().size()) continue;
      const uint64_t key = rings_[r].entries()[heads_[r]].key;
      if (key < least || first == rings_.size())
        next = least, least = key, first = r;
      else
        next = std::min(next, key);
    }
    if (first == rings_.size() || least > cut) break;
    // This ring goes on as long as no other is due: records come in runs, and the heads are
    // compared once a run.
    const std::vector<Entry>& entries = rings_[first].entries();
    size_t& head = heads_[first];
    do {
      const Entry& entry = entries[head];
      if (entry.size) {
        const size_t aligned = (entry.size + 7) & ~size_t(7);
        if (used + aligned > room) {
          full = true;
          break;
        }
        memset(to + used + aligned - 8, 0, 8);
        memcpy(to + used, entry.bytes, entry.size);
        used += aligned, records_++;
      }
      malformed_ += entry.malformed;
      head++;
    } while (head < entries.size() && entries[head].key <= cut && entries[head].key < next);
  }
  for (size_t r = 0; r < rings_.size(); r++)
    if (heads_[r]) rings_[r].Release(rings_[r].entries()[heads_[r] - 1].end);
  return used;
}

// drain(buffer: Uint8Array, out: Float64Array): out = bytes written, 1 when more waits, records,
// malformed since opened.
Napi::Value RingReader::Drain(const Napi::CallbackInfo& info) {
  if (closed_) throw Misuse(info.Env(), "the reader is closed");  // the mappings are gone
  auto buffer = info[0].As<Napi::Uint8Array>();  // As, never To: those run JavaScript, which fails
                                                 // while terminating
  const size_t room = buffer.ByteLength();
  if (room < kMinimalBuffer) throw Misuse(info.Env(), "the buffer is too small");

  uint64_t cut =
      ClockNs(CLOCK_BOOTTIME) - kMarginNs;  // before the positions: what is behind them is younger
  std::vector<uint64_t> positions(rings_.size());
  uint64_t waiting = 0;
  for (size_t r = 0; r < rings_.size(); r++) {
    positions[r] = rings_[r].producer();
    waiting += positions[r] - rings_[r].consumer();
  }
  for (size_t r = 0; r < rings_.size(); r++) {
    // More than fits: each ring in proportion, so that all reach about the same time.
    const uint64_t backlog = positions[r] - rings_[r].consumer();
    const uint64_t limit =
        waiting <= room ? backlog : uint64_t(double(backlog) / double(waiting) * double(room));
    rings_[r].Scan(positions[r], std::max(limit, kMinimalScan));
    cut = std::min(cut, rings_[r].bound());
  }
  const size_t used = Merge(cut, buffer.Data(), room);

  double* out = info[1].As<Napi::Float64Array>().Data();
  out[0] = double(used), out[1] = used && waiting > room, out[2] = double(records_),
  out[3] = double(malformed_);
  return info.Env().Undefined();
}

void RingReader::Export(Napi::Env env, Napi::Object door) {
  door.Set("RingReader", DefineClass(env, "RingReader",
                                     {InstanceMethod("drain", &RingReader::Drain),
                                      InstanceMethod("pause", &RingReader::Pause),
                                      InstanceMethod("resume", &RingReader::Resume),
                                      InstanceMethod("close", &RingReader::CloseFromJs)}));
}

void ExportRingReader(Napi::Env env, Napi::Object door) { RingReader::Export(env, door); }

}  // namespace saker
