// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef SAKER_NATIVE_MAPS_H
#define SAKER_NATIVE_MAPS_H

#include <napi.h>

#include "unique_fd.h"

namespace saker {

// One BPF map, held by a file descriptor of its own: it outlives the object file it came from.
class BpfMap : public Napi::ObjectWrap<BpfMap> {
 public:
  explicit BpfMap(const Napi::CallbackInfo& info);

  static Napi::Object Adopt(Napi::Env env, UniqueFd fd);
  static BpfMap& From(const Napi::Value& value, const char* name);
  static void Export(Napi::Env env, Napi::Object door);

  int fd() const { return fd_.get(); }
  uint32_t max_entries() const { return max_entries_; }

 private:
  void Describe(Napi::Env env);
  void CheckOpen(Napi::Env env) const;
  uint8_t* Key(const Napi::Value& value) const;
  uint8_t* Value(const Napi::Value& value) const;

  Napi::Value Lookup(const Napi::CallbackInfo& info);
  Napi::Value Take(const Napi::CallbackInfo& info);
  void Update(const Napi::CallbackInfo& info);
  void UpdateBatch(const Napi::CallbackInfo& info);
  Napi::Value Delete(const Napi::CallbackInfo& info);
  Napi::Value DeleteBatch(const Napi::CallbackInfo& info);
  Napi::Value NextKey(const Napi::CallbackInfo& info);
  Napi::Value Entries(const Napi::CallbackInfo& info);
  void SetInner(const Napi::CallbackInfo& info);
  void Pin(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  Napi::Value GetInfo(const Napi::CallbackInfo& info);

  UniqueFd fd_;
  uint32_t type_ = 0, id_ = 0, key_size_ = 0, value_size_ = 0, max_entries_ = 0, flags_ = 0;
  size_t value_bytes_ =
      0;  // in user space: a per-CPU value is one slot, a multiple of 8, for each possible CPU
  std::string name_;
};

}  // namespace saker

#endif
