// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What each file of the addon puts into its door; addon.cc calls them all and does nothing else.
#ifndef SAKER_NATIVE_ADDON_H
#define SAKER_NATIVE_ADDON_H

#include <napi.h>

namespace saker {

// State of one environment (main thread, worker, jest's module registry): never shared, freed with
// it.
struct AddonData {
  Napi::FunctionReference map_class;
};

// Door `bpf`.
void ExportMaps(Napi::Env env, Napi::Object door);
void ExportProbeSet(Napi::Env env, Napi::Object door);
void ExportRingReader(Napi::Env env, Napi::Object door);
// Door `sys`.
void ExportSys(Napi::Env env, Napi::Object door);
void ExportNetlink(Napi::Env env, Napi::Object door);
// Both.
void ExportTc(Napi::Env env, Napi::Object bpf, Napi::Object sys);

}  // namespace saker

#endif
