// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Reads and writes maps. Keys and values are the caller's bytes; sizes are checked here, since the
// kernel trusts them.
#include "maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <vector>

#include "addon.h"
#include "fault.h"

namespace saker {
namespace {

constexpr int kNotSupported = 524;  // ENOTSUPP: the kernel's own number, missing in errno.h

bool IsPerCpu(uint32_t type) {
  return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

// Batches came map type by map type: where this one has none, the elements go one by one.
bool LacksBatch(int error) { return error == kNotSupported || error == ENOTSUP || error == EINVAL; }

Napi::Uint8Array CopyOf(Napi::Env env, const std::vector<uint8_t>& from, size_t size) {
  auto copy = Napi::Uint8Array::New(env, size);
  std::copy_n(from.data(), size, copy.Data());
  return copy;
}

}  // namespace

// new BpfMap({ type, name, keySize, valueSize, maxEntries, flags?, inner?: BpfMap }), { fd },
// { pinned: path }, { id }, or an adopted descriptor.
BpfMap::BpfMap(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Napi::Env env = info.Env();
  if (info[0].IsExternal()) {
    fd_ = std::move(*info[0].As<Napi::External<UniqueFd>>().Data());
  } else {
    if (!info[0].IsObject()) throw Misuse(env, "map options must be an object");
    auto options = info[0].As<Napi::Object>();
    if (options.Has("fd")) {
      fd_ = UniqueFd::Duplicate(int(NumberOf(options.Get("fd"), "fd")));
      if (!fd_) throw Fault(env, "BPF_MAP_INFO", errno, "descriptor");
      Describe(env);
      return;
    }
    if (options.Has("pinned")) {
      std::string path = TextOf(options.Get("pinned"), "pinned");
      fd_ = UniqueFd(bpf_obj_get(path.c_str()));
      if (!fd_) throw Fault(env, "BPF_PIN", errno, path);
      Describe(env);
      return;
    }
    if (options.Has("id")) {
      auto id = uint32_t(NumberOf(options.Get("id"), "id"));
      fd_ = UniqueFd(bpf_map_get_fd_by_id(id));
      if (!fd_) throw Fault(env, "BPF_MAP_INFO", errno, "map " + std::to_string(id));
      Describe(env);
      return;
    }
    LIBBPF_OPTS(bpf_map_create_opts, opts);
    if (options.Has("flags")) opts.map_flags = NumberOf(options.Get("flags"), "flags");
    if (options.Has("inner")) opts.inner_map_fd = From(options.Get("inner"), "inner").fd();
    std::string name = TextOf(options.Get("name"), "name");
    fd_ = UniqueFd(bpf_map_create(bpf_map_type(NumberOf(options.Get("type"), "type")), name.c_str(),
                                  NumberOf(options.Get("keySize"), "keySize"),
                                  NumberOf(options.Get("valueSize"), "valueSize"),
                                  NumberOf(options.Get("maxEntries"), "maxEntries"), &opts));
    if (!fd_) throw Fault(env, "BPF_MAP_CREATE", errno, name);
  }
  Describe(env);
}

void BpfMap::Describe(Napi::Env env) {
  bpf_map_info about{};
  uint32_t size = sizeof(about);
  if (bpf_obj_get_info_by_fd(fd_.get(), &about, &size))
    throw Fault(env, "BPF_MAP_INFO", errno, "map info");
  type_ = about.type, id_ = about.id, flags_ = about.map_flags;
  key_size_ = about.key_size, value_size_ = about.value_size, max_entries_ = about.max_entries;
  name_ = about.name;
  value_bytes_ = IsPerCpu(type_) ? size_t(libbpf_num_possible_cpus()) * ((value_size_ + 7) & ~7u)
                                 : value_size_;
}

Napi::Object BpfMap::Adopt(Napi::Env env, UniqueFd fd) {
  return env.GetInstanceData<AddonData>()->map_class.New({Napi::External<UniqueFd>::New(env, &fd)});
}

BpfMap& BpfMap::From(const Napi::Value& value, const char* name) {
  auto data = value.Env().GetInstanceData<AddonData>();
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(data->map_class.Value()))
    throw Misuse(value.Env(), std::string(name) + " must be a BpfMap");
  BpfMap& map = *Unwrap(value.As<Napi::Object>());
  map.CheckOpen(value.Env());
  return map;
}

void BpfMap::CheckOpen(Napi::Env env) const {
  if (!fd_) throw Misuse(env, "the map is closed");
}

uint8_t* BpfMap::Key(const Napi::Value& value) const {
  Bytes key = BytesOf(value, "key");
  if (key.size != key_size_) throw Misuse(value.Env(), name_ + ": wrong key size");
  return key.data;
}

uint8_t* BpfMap::Value(const Napi::Value& bytes) const {
  Bytes value = BytesOf(bytes, "value");
  if (value.size != value_bytes_) throw Misuse(bytes.Env(), name_ + ": wrong value size");
  return value.data;
}

// lookup(key, value): fills `value`; false when there is no such key.
Napi::Value BpfMap::Lookup(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  if (bpf_map_lookup_elem(fd_.get(), Key(info[0]), Value(info[1])) == 0)
    return Napi::Boolean::New(info.Env(), true);
  if (errno != ENOENT) throw Fault(info.Env(), "BPF_MAP_LOOKUP", errno, name_);
  return Napi::Boolean::New(info.Env(), false);
}

// take(key, value): as lookup, and removes the element in the same step.
Napi::Value BpfMap::Take(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  if (bpf_map_lookup_and_delete_elem(fd_.get(), Key(info[0]), Value(info[1])) == 0)
    return Napi::Boolean::New(info.Env(), true);
  if (errno != ENOENT) throw Fault(info.Env(), "BPF_MAP_TAKE", errno, name_);
  return Napi::Boolean::New(info.Env(), false);
}

// update(key, value, flags?): flags as in bpf(2): 0 any, 1 must not exist, 2 must exist.
void BpfMap::Update(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  uint64_t flags = info[2].IsUndefined() ? 0 : U64Of(info[2], "flags");
  if (bpf_map_update_elem(fd_.get(), Key(info[0]), Value(info[1]), flags))
    throw Fault(info.Env(), "BPF_MAP_UPDATE", errno, name_);
}

// updateBatch(keys, values, count): all of `keys` and `values`, one element after the other.
void BpfMap::UpdateBatch(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  Bytes keys = BytesOf(info[0], "keys"), values = BytesOf(info[1], "values");
  uint32_t count = NumberOf(info[2], "count"), done = count;
  if (keys.size < size_t(count) * key_size_ || values.size < size_t(count) * value_bytes_)
    throw Misuse(info.Env(), name_ + ": keys or values shorter than count");
  if (!count) return;
  LIBBPF_OPTS(bpf_map_batch_opts, opts);
  if (bpf_map_update_batch(fd_.get(), keys.data, values.data, &done, &opts) == 0) return;
  if (!LacksBatch(errno)) throw Fault(info.Env(), "BPF_MAP_UPDATE", errno, name_);
  for (uint32_t i = 0; i < count; i++)
    if (bpf_map_update_elem(fd_.get(), keys.data + i * key_size_, values.data + i * value_bytes_,
                            0))
      throw Fault(info.Env(), "BPF_MAP_UPDATE", errno, name_);
}

// delete(key): false when there was none.
Napi::Value BpfMap::Delete(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  if (bpf_map_delete_elem(fd_.get(), Key(info[0])) == 0)
    return Napi::Boolean::New(info.Env(), true);
  if (errno != ENOENT) throw Fault(info.Env(), "BPF_MAP_DELETE", errno, name_);
  return Napi::Boolean::New(info.Env(), false);
}

// deleteBatch(keys, count): how many there were. One by one: the kernel's batch stops at the first
// missing key.
Napi::Value BpfMap::DeleteBatch(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  Bytes keys = BytesOf(info[0], "keys");
  uint32_t count = NumberOf(info[1], "count"), deleted = 0;
  if (keys.size < size_t(count) * key_size_)
    throw Misuse(info.Env(), name_ + ": keys shorter than count");
  for (uint32_t i = 0; i < count; i++) {
    if (bpf_map_delete_elem(fd_.get(), keys.data + i * key_size_) == 0)
      deleted++;
    else if (errno != ENOENT)
      throw Fault(info.Env(), "BPF_MAP_DELETE", errno, name_);
  }
  return Napi::Number::New(info.Env(), deleted);
}

// nextKey(key or null, next): fills `next`; false after the last.
Napi::Value BpfMap::NextKey(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  if (bpf_map_get_next_key(fd_.get(), info[0].IsNull() ? nullptr : Key(info[0]), Key(info[1])) == 0)
    return Napi::Boolean::New(info.Env(), true);
  if (errno != ENOENT) throw Fault(info.Env(), "BPF_MAP_NEXT_KEY", errno, name_);
  return Napi::Boolean::New(info.Env(), false);
}

// entries(): { keys, values, count }, packed. While others write, elements may be missed or come
// twice.
Napi::Value BpfMap::Entries(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  CheckOpen(env);
  std::vector<uint8_t> keys, values, key(key_size_), next(key_size_);
  uint32_t count = 0;
  uint8_t* previous = nullptr;
  // Bounded by the map's size: a key deleted under our feet restarts the walk
  // (bpf_map_get_next_key).
  while (count < max_entries_) {
    if (bpf_map_get_next_key(fd_.get(), previous, next.data())) {
      if (errno == ENOENT) break;
      throw Fault(env, "BPF_MAP_NEXT_KEY", errno, name_);
    }
    values.resize((count + 1) * value_bytes_);
    if (bpf_map_lookup_elem(fd_.get(), next.data(), values.data() + count * value_bytes_) == 0) {
      keys.insert(keys.end(), next.begin(), next.end());
      count++;
    } else if (errno != ENOENT) {
      throw Fault(env, "BPF_MAP_LOOKUP", errno, name_);
    }
    key.swap(next);
    previous = key.data();
  }
  Napi::Object all = Napi::Object::New(env);
  all.Set("keys", CopyOf(env, keys, count * key_size_));
  all.Set("values", CopyOf(env, values, count * value_bytes_));
  all.Set("count", Napi::Number::New(env, count));
  return all;
}

// setInner(key, map): puts a map into this map of maps.
void BpfMap::SetInner(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  int inner = From(info[1], "inner map").fd();
  if (value_bytes_ != sizeof(inner)) throw Misuse(info.Env(), name_ + ": not a map of maps");
  if (bpf_map_update_elem(fd_.get(), Key(info[0]), &inner, 0))
    throw Fault(info.Env(), "BPF_MAP_UPDATE", errno, name_);
}

void BpfMap::Close(const Napi::CallbackInfo&) { fd_.reset(); }

// pin(path): on the BPF file system; the map lives as long as the pin.
void BpfMap::Pin(const Napi::CallbackInfo& info) {
  CheckOpen(info.Env());
  std::string path = TextOf(info[0], "path");
  if (bpf_obj_pin(fd_.get(), path.c_str())) throw Fault(info.Env(), "BPF_PIN", errno, path);
}

Napi::Value BpfMap::GetInfo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object about = Napi::Object::New(env);
  about.Set("name", Napi::String::New(env, name_));
  about.Set("type", Napi::Number::New(env, type_));
  about.Set("id", Napi::Number::New(env, id_));
  about.Set("keySize", Napi::Number::New(env, key_size_));
  about.Set("valueSize", Napi::Number::New(env, value_size_));
  about.Set("valueBytes", Napi::Number::New(env, double(value_bytes_)));
  about.Set("maxEntries", Napi::Number::New(env, max_entries_));
  about.Set("flags", Napi::Number::New(env, flags_));
  about.Set("fd", Napi::Number::New(env, fd_.get()));
  return about;
}

void BpfMap::Export(Napi::Env env, Napi::Object door) {
  Napi::Function map_class = DefineClass(
      env, "BpfMap",
      {InstanceMethod("lookup", &BpfMap::Lookup), InstanceMethod("take", &BpfMap::Take),
       InstanceMethod("update", &BpfMap::Update),
       InstanceMethod("updateBatch", &BpfMap::UpdateBatch),
       InstanceMethod("delete", &BpfMap::Delete),
       InstanceMethod("deleteBatch", &BpfMap::DeleteBatch),
       InstanceMethod("nextKey", &BpfMap::NextKey), InstanceMethod("entries", &BpfMap::Entries),
       InstanceMethod("setInner", &BpfMap::SetInner), InstanceMethod("pin", &BpfMap::Pin),
       InstanceMethod("info", &BpfMap::GetInfo), InstanceMethod("close", &BpfMap::Close)});
  env.GetInstanceData<AddonData>()->map_class = Napi::Persistent(map_class);
  door.Set("BpfMap", map_class);
}

void ExportMaps(Napi::Env env, Napi::Object door) { BpfMap::Export(env, door); }

}  // namespace saker
