// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef SAKER_NATIVE_PROBE_SET_H
#define SAKER_NATIVE_PROBE_SET_H

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <string>
#include <unordered_map>

namespace saker {

// One object file: opened, adjusted, loaded, attached. Everything it attached is detached when it
// is closed or collected.
class ProbeSet : public Napi::ObjectWrap<ProbeSet> {
 public:
  explicit ProbeSet(const Napi::CallbackInfo& info);

  static void Export(Napi::Env env, Napi::Object door);

 private:
  struct CloseObject {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
  };
  struct DestroyLink {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
  };
  using Link = std::unique_ptr<bpf_link, DestroyLink>;

  bpf_object* Object(Napi::Env env) const;
  bpf_program* Program(const Napi::Value& name) const;
  bpf_map* Map(const Napi::Value& name) const;

  // Before load.
  Napi::Value Programs(const Napi::CallbackInfo& info);
  Napi::Value Maps(const Napi::CallbackInfo& info);
  void SetAutoload(const Napi::CallbackInfo& info);
  void SetMapSize(const Napi::CallbackInfo& info);
  void SetAutocreate(const Napi::CallbackInfo& info);
  void SetInnerMap(const Napi::CallbackInfo& info);
  void ReuseMap(const Napi::CallbackInfo& info);
  void SetConstant(const Napi::CallbackInfo& info);
  void Load(const Napi::CallbackInfo& info);
  // After load.
  Napi::Value TakeMap(const Napi::CallbackInfo& info);
  void Attach(const Napi::CallbackInfo& info);
  void AttachCgroup(const Napi::CallbackInfo& info);
  void Detach(const Napi::CallbackInfo& info);
  void PinLinks(const Napi::CallbackInfo& info);
  Napi::Value Iterate(const Napi::CallbackInfo& info);
  Napi::Value ProgramInfo(const Napi::CallbackInfo& info);
  Napi::Value ProgramFd(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  std::unique_ptr<bpf_object, CloseObject> object_;
  std::unordered_map<std::string, Link> links_;  // destroyed before the object
  bool loaded_ = false;
};

}  // namespace saker

#endif
