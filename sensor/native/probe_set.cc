// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Opens, adjusts, loads and attaches one object file. Which programs and why is TypeScript's
// business.
#include "probe_set.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "addon.h"
#include "fault.h"
#include "libbpf_log.h"
#include "maps.h"

namespace saker {
namespace {

constexpr size_t kLogLines = 40;
constexpr size_t kIterChunk = 64 << 10;

// bpf_link_info of a kprobe has `missed` since 6.7, later than this libbpf's headers: read by
// position (linux/bpf.h).
constexpr size_t kLinkPerfType = 16, kLinkKprobeMissed = 48, kLinkInfoSize = 64;
constexpr uint32_t kLinkTypePerf = 7, kPerfKprobe = 3, kPerfKretprobe = 4;

// Where the variable `name` lies in .rodata; false when there is none.
bool FindConstant(const bpf_object* object, const std::string& name, uint32_t* offset,
                  uint32_t* size) {
  const btf* types = bpf_object__btf(object);
  int section = types ? btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC) : -1;
  if (section < 0) return false;
  const btf_type* type = btf__type_by_id(types, uint32_t(section));
  const btf_var_secinfo* variable = btf_var_secinfos(type);
  for (uint32_t i = 0; i < btf_vlen(type); i++, variable++) {
    const btf_type* of = btf__type_by_id(types, variable->type);
    if (name != btf__name_by_offset(types, of->name_off)) continue;
    *offset = variable->offset, *size = variable->size;
    return true;
  }
  return false;
}

}  // namespace

// new ProbeSet(path)
ProbeSet::ProbeSet(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  std::string path = TextOf(info[0], "path");
  LibbpfLog log;
  object_.reset(bpf_object__open(path.c_str()));
  if (!object_) throw ProgramFault(info.Env(), "BPF_OPEN", errno, path, log.Tail(kLogLines));
}

bpf_object* ProbeSet::Object(Napi::Env env) const {
  if (!object_) throw Misuse(env, "the probe set is closed");
  return object_.get();
}

bpf_program* ProbeSet::Program(const Napi::Value& value) const {
  std::string name = TextOf(value, "program");
  bpf_program* program = bpf_object__find_program_by_name(Object(value.Env()), name.c_str());
  if (!program) throw Misuse(value.Env(), "no program " + name);
  return program;
}

bpf_map* ProbeSet::Map(const Napi::Value& value) const {
  std::string name = TextOf(value, "map");
  bpf_map* map = bpf_object__find_map_by_name(Object(value.Env()), name.c_str());
  if (!map) throw Misuse(value.Env(), "no map " + name);
  return map;
}

// programs(): [{ name, section }]
Napi::Value ProbeSet::Programs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array all = Napi::Array::New(env);
  bpf_program* program;
  bpf_object__for_each_program(program, Object(env)) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("name", Napi::String::New(env, bpf_program__name(program)));
    one.Set("section", Napi::String::New(env, bpf_program__section_name(program)));
    all.Set(all.Length(), one);
  }
  return all;
}

// maps(): [{ name, type, keySize, valueSize, maxEntries }]
Napi::Value ProbeSet::Maps(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array all = Napi::Array::New(env);
  bpf_map* map;
  bpf_object__for_each_map(map, Object(env)) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("name", Napi::String::New(env, bpf_map__name(map)));
    one.Set("type", Napi::Number::New(env, bpf_map__type(map)));
    one.Set("keySize", Napi::Number::New(env, bpf_map__key_size(map)));
    one.Set("valueSize", Napi::Number::New(env, bpf_map__value_size(map)));
    one.Set("maxEntries", Napi::Number::New(env, bpf_map__max_entries(map)));
    all.Set(all.Length(), one);
  }
  return all;
}

// setAutoload(program, wanted)
void ProbeSet::SetAutoload(const Napi::CallbackInfo& info) {
  if (int error = bpf_program__set_autoload(Program(info[0]), info[1].ToBoolean()))
    throw Fault(info.Env(), "BPF_ADJUST", -error, TextOf(info[0], "program"));
}

// setMapSize(map, maxEntries): for a ring buffer, bytes.
void ProbeSet::SetMapSize(const Napi::CallbackInfo& info) {
  if (int error = bpf_map__set_max_entries(Map(info[0]), NumberOf(info[1], "maxEntries")))
    throw Fault(info.Env(), "BPF_ADJUST", -error, TextOf(info[0], "map"));
}

// setAutocreate(map, wanted): a map type the kernel lacks would fail the whole object.
void ProbeSet::SetAutocreate(const Napi::CallbackInfo& info) {
  if (int error = bpf_map__set_autocreate(Map(info[0]), info[1].ToBoolean()))
    throw Fault(info.Env(), "BPF_ADJUST", -error, TextOf(info[0], "map"));
}

// setInnerMap(map, prototype: BpfMap): what the elements of this map of maps look like.
void ProbeSet::SetInnerMap(const Napi::CallbackInfo& info) {
  if (int error = bpf_map__set_inner_map_fd(Map(info[0]), BpfMap::From(info[1], "prototype").fd()))
    throw Fault(info.Env(), "BPF_ADJUST", -error, TextOf(info[0], "map"));
}

// reuseMap(map, existing: BpfMap): share a map with another object.
void ProbeSet::ReuseMap(const Napi::CallbackInfo& info) {
  if (int error = bpf_map__reuse_fd(Map(info[0]), BpfMap::From(info[1], "existing").fd()))
    throw Fault(info.Env(), "BPF_ADJUST", -error, TextOf(info[0], "map"));
}

// setConstant(variable, number | bigint | Uint8Array): a `const volatile` global, found by name.
void ProbeSet::SetConstant(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string name = TextOf(info[0], "constant");
  uint32_t offset, size;
  if (loaded_) throw Misuse(env, name + ": constants are frozen once loaded");
  if (!FindConstant(Object(env), name, &offset, &size)) throw Misuse(env, "no constant " + name);
  uint8_t* memory = nullptr;
  size_t memory_size = 0;
  bpf_map* map;
  bpf_object__for_each_map(map, object_.get()) {
    const char* suffix =
        strstr(bpf_map__name(map), ".rodata");  // libbpf puts a part of the object's name in front
    if (!suffix || strcmp(suffix, ".rodata")) continue;
    memory = static_cast<uint8_t*>(
        const_cast<void*>(bpf_map__initial_value(map, &memory_size)));  // writable until load
  }
  if (!memory || size_t(offset) + size > memory_size)
    throw Misuse(env, name + ": no memory for constants");
  if (info[1].IsTypedArray()) {
    Bytes value = BytesOf(info[1], "value");
    if (value.size != size) throw Misuse(env, name + ": wrong size");
    memcpy(memory + offset, value.data, size);
  } else {
    uint64_t value = U64Of(info[1], "value");
    if (size > sizeof(value)) throw Misuse(env, name + ": not a number");
    memcpy(memory + offset, &value, size);  // little endian, as every machine we build for
  }
}

// load(): throws BPF_LOAD with the program libbpf was at and the end of the verifier's output.
void ProbeSet::Load(const Napi::CallbackInfo& info) {
  LibbpfLog log;
  if (int error = bpf_object__load(Object(info.Env())))
    throw ProgramFault(info.Env(), "BPF_LOAD", -error, log.Program(), log.Tail(kLogLines));
  loaded_ = true;
}

// map(name): a BpfMap of its own
Napi::Value ProbeSet::TakeMap(const Napi::CallbackInfo& info) {
  int fd = bpf_map__fd(Map(info[0]));
  if (fd < 0) throw Misuse(info.Env(), TextOf(info[0], "map") + ": not created");
  UniqueFd copy = UniqueFd::Duplicate(fd);
  if (!copy) throw Fault(info.Env(), "BPF_MAP_INFO", errno, TextOf(info[0], "map"));
  return BpfMap::Adopt(info.Env(), std::move(copy));
}

// attach(program): where its section says
void ProbeSet::Attach(const Napi::CallbackInfo& info) {
  bpf_program* program = Program(info[0]);
  LibbpfLog log;
  Link link(bpf_program__attach(program));
  if (!link)
    throw ProgramFault(info.Env(), "BPF_ATTACH", errno, bpf_program__name(program),
                       log.Tail(kLogLines));
  links_[bpf_program__name(program)] = std::move(link);
}

// attachCgroup(program, path): the program's own attach type, at that cgroup
void ProbeSet::AttachCgroup(const Napi::CallbackInfo& info) {
  bpf_program* program = Program(info[0]);
  std::string path = TextOf(info[1], "cgroup");
  UniqueFd cgroup(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup) throw Fault(info.Env(), "BPF_ATTACH", errno, path);
  LibbpfLog log;
  Link link(bpf_program__attach_cgroup(program, cgroup.get()));
  if (!link)
    throw ProgramFault(info.Env(), "BPF_ATTACH", errno, bpf_program__name(program),
                       log.Tail(kLogLines));
  links_[std::string(bpf_program__name(program)) + "@" + path] = std::move(link);
}

// detach(program[, cgroup path])
void ProbeSet::Detach(const Napi::CallbackInfo& info) {
  Object(info.Env());
  std::string key = TextOf(info[0], "program");
  if (!info[1].IsUndefined()) key += "@" + TextOf(info[1], "cgroup");
  links_.erase(key);
}

// pinLinks(folder): everything attached, each link by its program's name; it stays attached as long
// as its pin.
void ProbeSet::PinLinks(const Napi::CallbackInfo& info) {
  Object(info.Env());
  std::string folder = TextOf(info[0], "folder");
  for (const auto& [key, link] : links_) {
    std::string path = folder + "/" + key.substr(0, key.find('@'));
    if (bpf_obj_pin(bpf_link__fd(link.get()), path.c_str()))
      throw Fault(info.Env(), "BPF_PIN", errno, path);
  }
}

// iterate(program[, map]): everything an iter program writes; over a map's elements where it is
// such a program
Napi::Value ProbeSet::Iterate(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  bpf_program* program = Program(info[0]);
  LibbpfLog log;
  bpf_iter_link_info over{};
  LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &over, .link_info_len = sizeof(over));
  if (!info[1].IsUndefined()) over.map.map_fd = uint32_t(bpf_map__fd(Map(info[1])));
  Link link(bpf_program__attach_iter(program, info[1].IsUndefined() ? nullptr : &opts));
  if (!link)
    throw ProgramFault(env, "BPF_ATTACH", errno, bpf_program__name(program), log.Tail(kLogLines));
  UniqueFd file(bpf_iter_create(bpf_link__fd(link.get())));
  if (!file) throw Fault(env, "BPF_ITERATE", errno, bpf_program__name(program));
  std::vector<uint8_t> bytes;
  for (;;) {
    size_t used = bytes.size();
    bytes.resize(used + kIterChunk);
    ssize_t got = read(file.get(), bytes.data() + used, kIterChunk);
    int error = errno;
    bytes.resize(used + size_t(std::max<ssize_t>(got, 0)));
    if (got == 0) break;
    if (got < 0 && error != EAGAIN &&
        error != EINTR)  // EAGAIN: a million objects passed without output
      throw Fault(env, "BPF_ITERATE", error, bpf_program__name(program));
  }
  auto copy = Napi::Uint8Array::New(env, bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.Data());
  return copy;
}

// programInfo(program): { id, runCount, runTimeNs, recursionMisses, missed } (missed: null where
// not told)
Napi::Value ProbeSet::ProgramInfo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  bpf_program* program = Program(info[0]);
  bpf_prog_info about{};
  uint32_t size = sizeof(about);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &about, &size))
    throw Fault(env, "BPF_PROGRAM_INFO", errno, bpf_program__name(program));
  Napi::Object result = Napi::Object::New(env);
  result.Set("id", Napi::Number::New(env, about.id));
  result.Set("runCount", Napi::Number::New(env, double(about.run_cnt)));
  result.Set("runTimeNs", Napi::Number::New(env, double(about.run_time_ns)));
  result.Set("recursionMisses", Napi::Number::New(env, double(about.recursion_misses)));
  result.Set("missed", env.Null());
  auto link = links_.find(bpf_program__name(program));
  if (link == links_.end()) return result;
  alignas(8) uint8_t raw[kLinkInfoSize] = {};
  size = sizeof(raw);
  if (bpf_obj_get_info_by_fd(bpf_link__fd(link->second.get()), raw, &size)) return result;
  uint32_t link_type, perf_type;
  uint64_t missed;
  memcpy(&link_type, raw, sizeof(link_type));
  memcpy(&perf_type, raw + kLinkPerfType, sizeof(perf_type));
  memcpy(&missed, raw + kLinkKprobeMissed, sizeof(missed));
  if (size >= kLinkKprobeMissed + sizeof(missed) && link_type == kLinkTypePerf &&
      (perf_type == kPerfKprobe || perf_type == kPerfKretprobe))
    result.Set("missed", Napi::Number::New(env, double(missed)));
  return result;
}

// programFd(program): valid while this set is open
Napi::Value ProbeSet::ProgramFd(const Napi::CallbackInfo& info) {
  int fd = bpf_program__fd(Program(info[0]));
  if (fd < 0) throw Misuse(info.Env(), TextOf(info[0], "program") + ": not loaded");
  return Napi::Number::New(info.Env(), fd);
}

void ProbeSet::Close(const Napi::CallbackInfo&) {
  links_.clear();
  object_.reset();
}

void ProbeSet::Export(Napi::Env env, Napi::Object door) {
  door.Set("ProbeSet", DefineClass(env, "ProbeSet",
                                   {InstanceMethod("programs", &ProbeSet::Programs),
                                    InstanceMethod("maps", &ProbeSet::Maps),
                                    InstanceMethod("setAutoload", &ProbeSet::SetAutoload),
                                    InstanceMethod("setMapSize", &ProbeSet::SetMapSize),
                                    InstanceMethod("setAutocreate", &ProbeSet::SetAutocreate),
                                    InstanceMethod("setInnerMap", &ProbeSet::SetInnerMap),
                                    InstanceMethod("reuseMap", &ProbeSet::ReuseMap),
                                    InstanceMethod("setConstant", &ProbeSet::SetConstant),
                                    InstanceMethod("load", &ProbeSet::Load),
                                    InstanceMethod("map", &ProbeSet::TakeMap),
                                    InstanceMethod("attach", &ProbeSet::Attach),
                                    InstanceMethod("attachCgroup", &ProbeSet::AttachCgroup),
                                    InstanceMethod("detach", &ProbeSet::Detach),
                                    InstanceMethod("pinLinks", &ProbeSet::PinLinks),
                                    InstanceMethod("iterate", &ProbeSet::Iterate),
                                    InstanceMethod("programInfo", &ProbeSet::ProgramInfo),
                                    InstanceMethod("programFd", &ProbeSet::ProgramFd),
                                    InstanceMethod("close", &ProbeSet::Close)}));
}

void ExportProbeSet(Napi::Env env, Napi::Object door) { ProbeSet::Export(env, door); }

}  // namespace saker
