// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "addon.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new saker::AddonData);

  Napi::Object bpf = Napi::Object::New(env);
  saker::ExportMaps(env, bpf);
  saker::ExportProbeSet(env, bpf);
  saker::ExportRingReader(env, bpf);
  exports.Set("bpf", bpf);

  Napi::Object sys = Napi::Object::New(env);
  saker::ExportSys(env, sys);
  saker::ExportNetlink(env, sys);
  saker::ExportTc(env, bpf, sys);
  exports.Set("sys", sys);
  return exports;
}

}  // namespace

NODE_API_MODULE(saker, Init)
