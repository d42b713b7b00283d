// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// System calls that node does not offer.
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "addon.h"
#include "fault.h"
#include "ring.h"
#include "unique_fd.h"

namespace saker {
namespace {

// clocks(out: BigInt64Array): boot clock, wall clock, and how far apart the two readings may be;
// nanoseconds.
Napi::Value Clocks(const Napi::CallbackInfo& info) {
  auto out = info[0].As<Napi::BigInt64Array>();
  if (!info[0].IsTypedArray() || out.ElementLength() < 3)
    throw Misuse(info.Env(), "out must be a BigInt64Array of 3");
  const uint64_t before = ClockNs(CLOCK_BOOTTIME), wall = ClockNs(CLOCK_REALTIME),
                 after = ClockNs(CLOCK_BOOTTIME);
  out[0] = int64_t(before + (after - before) / 2), out[1] = int64_t(wall),
  out[2] = int64_t(after - before);
  return info.Env().Undefined();
}

// cgroupId(path): the id bpf_get_current_cgroup_id gives (its kernfs file handle).
Napi::Value CgroupId(const Napi::CallbackInfo& info) {
  std::string path = TextOf(info[0], "path");
  struct {
    file_handle head;
    uint64_t id;
  } handle{};
  int mount;
  handle.head.handle_bytes = sizeof(handle.id);
  if (name_to_handle_at(AT_FDCWD, path.c_str(), &handle.head, &mount, 0))
    throw Fault(info.Env(), "CGROUP_ID", errno, path);
  return Napi::BigInt::New(info.Env(), handle.id);
}

// readInRoot(root, path, maxBytes): { bytes, truncated }. Every link on the way is resolved inside
// `root`, and nothing but a regular file is opened: a subject can leave a link to a host file
// there, or a FIFO that never answers.
Napi::Value ReadInRoot(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string root = TextOf(info[0], "root"), path = TextOf(info[1], "path");
  const size_t limit = NumberOf(info[2], "maxBytes");
  UniqueFd folder(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) throw Fault(env, "READ_IN_ROOT", errno, root);
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  UniqueFd found(int(syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof(how))));
  if (!found) throw Fault(env, "READ_IN_ROOT", errno, path);
  struct stat about;
  if (fstat(found.get(), &about)) throw Fault(env, "READ_IN_ROOT", errno, path);
  if (!S_ISREG(about.st_mode))
    throw Fault(env, "NOT_A_REGULAR_FILE", 0, path + ": not a regular file");
  char again[32];
  snprintf(again, sizeof(again), "/proc/self/fd/%d", found.get());
  UniqueFd file(open(again, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) throw Fault(env, "READ_IN_ROOT", errno, path);
  std::vector<uint8_t> bytes(limit + 1);  // one more tells whether it was all
  size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t got = read(file.get(), bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Fault(env, "READ_IN_ROOT", errno, path);
    if (got == 0) break;
    used += size_t(got);
  }
  const size_t kept = used > limit ? limit : used;
  auto copy = Napi::Uint8Array::New(env, kept);
  std::copy_n(bytes.data(), kept, copy.Data());
  Napi::Object result = Napi::Object::New(env);
  result.Set("bytes", copy);
  result.Set("truncated", Napi::Boolean::New(env, used > limit));
  return result;
}

// capabilities(): the effective set of this thread, bit n = capability number n.
Napi::Value Capabilities(const Napi::CallbackInfo& info) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &header, data)) throw Fault(info.Env(), "CAPGET", errno, "capget");
  return Napi::BigInt::New(info.Env(), uint64_t(data[1].effective) << 32 | data[0].effective);
}

Napi::Value Uname(const Napi::CallbackInfo& info) {
  utsname name;
  if (uname(&name)) throw Fault(info.Env(), "UNAME", errno, "uname");
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("release", Napi::String::New(info.Env(), name.release));
  result.Set("version", Napi::String::New(info.Env(), name.version));
  result.Set("machine", Napi::String::New(info.Env(), name.machine));
  result.Set("nodename", Napi::String::New(info.Env(), name.nodename));
  return result;
}

// possibleCpus(): how many slots a per-CPU value has.
Napi::Value PossibleCpus(const Napi::CallbackInfo& info) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) throw Fault(info.Env(), "POSSIBLE_CPUS", -cpus, "/sys/devices/system/cpu/possible");
  return Napi::Number::New(info.Env(), cpus);
}

// setThreadName(name): of the calling thread, as ps -L and /proc show it; 15 bytes count.
void SetThreadName(const Napi::CallbackInfo& info) {
  if (prctl(PR_SET_NAME, TextOf(info[0], "name").c_str()))
    throw Fault(info.Env(), "THREAD_NAME", errno, "prctl");
}

// A process that cannot be mistaken for a later one with the same number.
class Pidfd : public Napi::ObjectWrap<Pidfd> {
 public:
  explicit Pidfd(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    const pid_t pid = pid_t(NumberOf(info[0], "pid"));
    fd_ = UniqueFd(int(syscall(SYS_pidfd_open, pid, 0)));
    if (!fd_) throw Fault(info.Env(), "PIDFD", errno, "pid " + std::to_string(pid));
  }

  static void Export(Napi::Env env, Napi::Object door) {
    door.Set("Pidfd", DefineClass(env, "Pidfd",
                                  {InstanceMethod("signal", &Pidfd::Signal),
                                   InstanceMethod("close", &Pidfd::Close)}));
  }

 private:
  // signal(number): false when the process is gone; 0 asks only that.
  Napi::Value Signal(const Napi::CallbackInfo& info) {
    if (!fd_) throw Misuse(info.Env(), "the pidfd is closed");
    if (syscall(SYS_pidfd_send_signal, fd_.get(), NumberOf(info[0], "signal"), nullptr, 0) == 0)
      return Napi::Boolean::New(info.Env(), true);
    if (errno != ESRCH) throw Fault(info.Env(), "PIDFD", errno, "signal");
    return Napi::Boolean::New(info.Env(), false);
  }

  void Close(const Napi::CallbackInfo&) { fd_.reset(); }

  UniqueFd fd_;
};

}  // namespace

void ExportSys(Napi::Env env, Napi::Object door) {
  door.Set("clocks", Napi::Function::New(env, Clocks));
  door.Set("cgroupId", Napi::Function::New(env, CgroupId));
  door.Set("readInRoot", Napi::Function::New(env, ReadInRoot));
  door.Set("capabilities", Napi::Function::New(env, Capabilities));
  door.Set("uname", Napi::Function::New(env, Uname));
  door.Set("possibleCpus", Napi::Function::New(env, PossibleCpus));
  door.Set("setThreadName", Napi::Function::New(env, SetThreadName));
  Pidfd::Export(env, door);
}

}  // namespace saker
