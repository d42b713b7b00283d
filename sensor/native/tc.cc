// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Programs on network devices: tcx links (6.6), clsact filters before. Foreign programs are listed,
// never touched.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "addon.h"
#include "fault.h"
#include "maps.h"
#include "netlink.h"

namespace saker {
namespace {

constexpr int kTcxIngress = 46,
              kTcxEgress = 47;         // enum bpf_attach_type since 6.6; our headers are older
constexpr uint32_t kTcxMost = 64;      // BPF_MPROG_MAX
constexpr uint32_t kBefore = 1u << 3;  // BPF_F_BEFORE without a neighbour: first of all

uint32_t ParentOf(bool ingress) {
  return TC_H_MAKE(TC_H_CLSACT, ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

// A program that stays on a device while this is open: the kernel takes it off when the last
// descriptor goes, a SIGKILL's too.
class TcxLink : public Napi::ObjectWrap<TcxLink> {
 public:
  // new TcxLink(programFd, ifindex, ingress)
  explicit TcxLink(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = kBefore);
    const auto type = bpf_attach_type(info[2].ToBoolean() ? kTcxIngress : kTcxEgress);
    fd_ = UniqueFd(bpf_link_create(int(NumberOf(info[0], "programFd")),
                                   int(NumberOf(info[1], "ifindex")), type, &opts));
    if (!fd_) throw Fault(info.Env(), "TCX_ATTACH", errno, "tcx");
  }

  static void Export(Napi::Env env, Napi::Object door) {
    door.Set("TcxLink", DefineClass(env, "TcxLink",
                                    {InstanceMethod("pin", &TcxLink::Pin),
                                     InstanceMethod("close", &TcxLink::Close)}));
  }

 private:
  // pin(path): on the BPF file system; the program stays as long as the pin.
  void Pin(const Napi::CallbackInfo& info) {
    std::string path = TextOf(info[0], "path");
    if (bpf_obj_pin(fd_.get(), path.c_str())) throw Fault(info.Env(), "BPF_PIN", errno, path);
  }
  void Close(const Napi::CallbackInfo&) { fd_.reset(); }

  UniqueFd fd_;
};

// tcxPrograms(ifindex, ingress): ids of the programs there, in the order in which they run.
Napi::Value TcxPrograms(const Napi::CallbackInfo& info) {
  uint32_t ids[kTcxMost] = {};
  LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ids, .prog_cnt = kTcxMost);
  const auto type = bpf_attach_type(info[1].ToBoolean() ? kTcxIngress : kTcxEgress);
  if (bpf_prog_query_opts(int(NumberOf(info[0], "ifindex")), type, &opts))
    throw Fault(info.Env(), "TCX_QUERY", errno, "tcx");
  Napi::Array all = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < opts.prog_cnt && i < kTcxMost; i++) all.Set(i, ids[i]);
  return all;
}

tcmsg HeadOf(const Napi::CallbackInfo& info, uint32_t parent) {
  tcmsg head{};
  head.tcm_family = AF_UNSPEC;
  head.tcm_ifindex = int(NumberOf(info[0], "ifindex"));
  head.tcm_parent = parent;
  return head;
}

// addClsact(ifindex): true when it was made, false when there was one.
Napi::Value AddClsact(const Napi::CallbackInfo& info) {
  tcmsg head = HeadOf(info, TC_H_CLSACT);
  head.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
  NetlinkRequest request(RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
  request.PutText(TCA_KIND, "clsact");
  int error = NetlinkCall(request);
  if (error && error != EEXIST) throw Fault(info.Env(), "TC", error, "clsact");
  return Napi::Boolean::New(info.Env(), !error);
}

// deleteClsact(ifindex): with everything in it. False when there was none.
Napi::Value DeleteClsact(const Napi::CallbackInfo& info) {
  tcmsg head = HeadOf(info, TC_H_CLSACT);
  head.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
  NetlinkRequest request(RTM_DELQDISC, NLM_F_ACK, &head, sizeof(head));
  int error = NetlinkCall(request);
  if (error && error != ENOENT && error != EINVAL && error != ENODEV)
    throw Fault(info.Env(), "TC", error, "clsact");
  return Napi::Boolean::New(info.Env(), !error);
}

// filters(ifindex, ingress): [{ priority, handle, kind, name, programId }], of a device without
// clsact none.
Napi::Value Filters(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array all = Napi::Array::New(env);
  tcmsg head = HeadOf(info, ParentOf(info[1].ToBoolean()));
  int error =
      NetlinkCall(NetlinkRequest(RTM_GETTFILTER, NLM_F_DUMP, &head, sizeof(head)),
                  [&](const nlmsghdr* message) {
                    if (message->nlmsg_type != RTM_NEWTFILTER) return;
                    auto about = static_cast<const tcmsg*>(NLMSG_DATA(message));
                    auto first = TCA_RTA(about);
                    int size = int(TCA_PAYLOAD(message));
                    auto kind = FindAttribute(first, size, TCA_KIND),
                         options = FindAttribute(first, size, TCA_OPTIONS);
                    if (!about->tcm_handle)
                      return;  // the chain itself, announced before its filters
                    std::string name;
                    uint32_t program = 0;
                    if (options) {
                      auto inner = static_cast<const rtattr*>(RTA_DATA(options));
                      int inner_size = int(RTA_PAYLOAD(options));
                      if (auto at = FindAttribute(inner, inner_size, TCA_BPF_NAME))
                        name = static_cast<const char*>(RTA_DATA(at));
                      if (auto at = FindAttribute(inner, inner_size, TCA_BPF_ID))
                        memcpy(&program, RTA_DATA(at), sizeof(program));
                    }
                    std::string of = kind ? static_cast<const char*>(RTA_DATA(kind)) : "";
                    Napi::Object one = Napi::Object::New(env);
                    one.Set("priority", Napi::Number::New(env, TC_H_MAJ(about->tcm_info) >> 16));
                    one.Set("handle", Napi::Number::New(env, about->tcm_handle));
                    one.Set("kind", Napi::String::New(env, of));
                    one.Set("name", Napi::String::New(env, of == "bpf" ? name : ""));
                    one.Set("programId", Napi::Number::New(env, of == "bpf" ? program : 0));
                    all.Set(all.Length(), one);
                  });
  if (error && error != EINVAL && error != ENODEV && error != ENOENT)
    throw Fault(env, "TC", error, "filters");
  return all;
}

// addFilter(ifindex, ingress, priority, handle, programFd, name)
void AddFilter(const Napi::CallbackInfo& info) {
  tcmsg head = HeadOf(info, ParentOf(info[1].ToBoolean()));
  head.tcm_info = TC_H_MAKE(NumberOf(info[2], "priority") << 16, htons(ETH_P_ALL));
  head.tcm_handle = NumberOf(info[3], "handle");
  NetlinkRequest request(RTM_NEWTFILTER, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head,
                         sizeof(head));
  request.PutText(TCA_KIND, "bpf");
  size_t options = request.Begin(TCA_OPTIONS);
  request.PutU32(TCA_BPF_FD, NumberOf(info[4], "programFd"));
  request.PutText(TCA_BPF_NAME, TextOf(info[5], "name"));
  request.PutU32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
  request.End(options);
  if (int error = NetlinkCall(request)) throw Fault(info.Env(), "TC", error, "filter");
}

// deleteFilter(ifindex, ingress, priority, handle): false when there was none.
Napi::Value DeleteFilter(const Napi::CallbackInfo& info) {
  tcmsg head = HeadOf(info, ParentOf(info[1].ToBoolean()));
  head.tcm_info = TC_H_MAKE(NumberOf(info[2], "priority") << 16, htons(ETH_P_ALL));
  head.tcm_handle = NumberOf(info[3], "handle");
  NetlinkRequest request(RTM_DELTFILTER, NLM_F_ACK, &head, sizeof(head));
  request.PutText(TCA_KIND, "bpf");
  int error = NetlinkCall(request);
  if (error && error != ENOENT && error != EINVAL && error != ENODEV)
    throw Fault(info.Env(), "TC", error, "filter");
  return Napi::Boolean::New(info.Env(), !error);
}

// The elements of a mappable array map of 8-byte values, stored and read whole: a program on
// another CPU sees the old word or the new one. (bpf(2) copies a value by memcpy, which promises no
// such thing.)
class SharedWords : public Napi::ObjectWrap<SharedWords> {
 public:
  // new SharedWords(map)
  explicit SharedWords(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    BpfMap& map = BpfMap::From(info[0], "map");
    count_ = map.max_entries();
    bytes_ = (count_ * sizeof(uint64_t) + 4095) & ~size_t(4095);
    void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, map.fd(), 0);
    if (memory == MAP_FAILED) throw Fault(info.Env(), "BPF_MAP_MMAP", errno, "words");
    words_ = static_cast<uint64_t*>(memory);
  }
  ~SharedWords() override { Unmap(); }

  static void Export(Napi::Env env, Napi::Object door) {
    door.Set("SharedWords", DefineClass(env, "SharedWords",
                                        {InstanceMethod("load", &SharedWords::Load),
                                         InstanceMethod("store", &SharedWords::Store),
                                         InstanceMethod("close", &SharedWords::Close)}));
  }

 private:
  uint64_t* At(const Napi::CallbackInfo& info) const {
    uint32_t index = NumberOf(info[0], "index");
    if (!words_ || index >= count_) throw Misuse(info.Env(), "no such word");
    return words_ + index;
  }
  Napi::Value Load(const Napi::CallbackInfo& info) {
    return Napi::BigInt::New(info.Env(), __atomic_load_n(At(info), __ATOMIC_SEQ_CST));
  }
  void Store(const Napi::CallbackInfo& info) {
    __atomic_store_n(At(info), U64Of(info[1], "value"), __ATOMIC_SEQ_CST);
  }
  void Close(const Napi::CallbackInfo&) { Unmap(); }
  void Unmap() {
    if (words_) munmap(std::exchange(words_, nullptr), bytes_);
  }

  uint64_t* words_ = nullptr;
  size_t count_ = 0, bytes_ = 0;
};

}  // namespace

void ExportTc(Napi::Env env, Napi::Object bpf, Napi::Object sys) {
  TcxLink::Export(env, bpf);
  SharedWords::Export(env, bpf);
  bpf.Set("tcxPrograms", Napi::Function::New(env, TcxPrograms));
  sys.Set("addClsact", Napi::Function::New(env, AddClsact));
  sys.Set("deleteClsact", Napi::Function::New(env, DeleteClsact));
  sys.Set("filters", Napi::Function::New(env, Filters));
  sys.Set("addFilter", Napi::Function::New(env, AddFilter));
  sys.Set("deleteFilter", Napi::Function::New(env, DeleteFilter));
}

}  // namespace saker
