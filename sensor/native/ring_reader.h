// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef SAKER_NATIVE_RING_READER_H
#define SAKER_NATIVE_RING_READER_H

#include <napi.h>
#include <uv.h>

#include <vector>

#include "ring.h"

namespace saker {

// Watches all rings of one probe set and hands their records over as causally ordered batches.
//
// Life: the object references itself while it is open, since libuv's handles and the cleanup hook
// hold bare pointers. It ends by close() or with its environment, by an asynchronous cleanup hook:
// node unloads this file only after the last libuv callback has run (a synchronous hook crashes
// there).
class RingReader : public Napi::ObjectWrap<RingReader> {
 public:
  explicit RingReader(const Napi::CallbackInfo& info);

  static void Export(Napi::Env env, Napi::Object door);

 private:
  static RingReader& Of(void* handle);

  Napi::Value Drain(const Napi::CallbackInfo& info);
  void Pause(const Napi::CallbackInfo& info);
  void Resume(const Napi::CallbackInfo& info);
  void CloseFromJs(const Napi::CallbackInfo& info);

  void OpenRings(Napi::Env env, const Napi::Array& maps);
  void Watch(Napi::Env env);
  void Arm();
  void Wake();
  void Close();
  void Released();
  size_t Merge(uint64_t cut, uint8_t* to, size_t room);

  std::vector<Ring> rings_;
  std::vector<size_t> heads_;  // per ring, the first entry not merged yet
  UniqueFd epoll_;
  uv_poll_t* poll_ = nullptr;
  uv_timer_t* timer_ = nullptr;
  Napi::FunctionReference on_ready_;
  Napi::AsyncContext context_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  uint64_t quiet_ms_, safety_ms_;
  uint64_t records_ = 0, malformed_ = 0;
  int open_handles_ = 0;  // libuv's, and the hook while it runs
  bool closed_ = false, paused_ = false, ending_ = false;
};

}  // namespace saker

#endif
