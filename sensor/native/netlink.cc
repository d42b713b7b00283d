// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// rtnetlink: links of our own network namespace and news of them. Nothing spawns `ip`.
#include "netlink.h"

#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <net/if.h>
#include <sys/socket.h>
#include <uv.h>

#include <cerrno>
#include <cstring>

#include "addon.h"
#include "fault.h"

namespace saker {
namespace {

constexpr size_t kAnswerBytes = 64 * 1024;  // the kernel's dumps come in pieces of at most 32 KiB
constexpr int kAnswerSeconds = 5;

size_t Aligned(size_t size) { return NLMSG_ALIGN(size); }

UniqueFd OpenRoute(uint32_t groups, int flags) {
  UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE));
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK, self.nl_groups = groups;
  if (fd && bind(fd.get(), reinterpret_cast<sockaddr*>(&self), sizeof(self))) return UniqueFd();
  return fd;
}

}  // namespace

NetlinkRequest::NetlinkRequest(uint16_t type, uint16_t flags, const void* head, size_t head_size)
    : bytes_(Aligned(sizeof(nlmsghdr)) + Aligned(head_size)) {
  auto header = reinterpret_cast<nlmsghdr*>(bytes_.data());
  header->nlmsg_len = uint32_t(bytes_.size());
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | flags;
  header->nlmsg_seq = 1;  // a socket of its own for each request
  memcpy(bytes_.data() + Aligned(sizeof(nlmsghdr)), head, head_size);
}

void NetlinkRequest::Put(uint16_t attribute, const void* data, size_t size) {
  size_t at = bytes_.size();
  bytes_.resize(at + RTA_ALIGN(RTA_LENGTH(size)));
  auto head = reinterpret_cast<rtattr*>(bytes_.data() + at);
  head->rta_type = attribute, head->rta_len = uint16_t(RTA_LENGTH(size));
  if (size) memcpy(RTA_DATA(head), data, size);
  reinterpret_cast<nlmsghdr*>(bytes_.data())->nlmsg_len = uint32_t(bytes_.size());
}

size_t NetlinkRequest::Begin(uint16_t attribute) {
  size_t at = bytes_.size();
  Put(attribute, nullptr, 0);
  return at;
}

void NetlinkRequest::End(size_t begun) {
  reinterpret_cast<rtattr*>(bytes_.data() + begun)->rta_len = uint16_t(bytes_.size() - begun);
}

int NetlinkCall(const NetlinkRequest& request,
                const std::function<void(const nlmsghdr*)>& on_message) {
  UniqueFd fd = OpenRoute(0, 0);
  if (!fd) return errno;
  timeval limit{kAnswerSeconds, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (sendto(fd.get(), request.bytes().data(), request.bytes().size(), 0,
             reinterpret_cast<sockaddr*>(&kernel), sizeof(kernel)) < 0)
    return errno;
  auto flags = reinterpret_cast<const nlmsghdr*>(request.bytes().data())->nlmsg_flags;
  const bool dump = (flags & NLM_F_DUMP) == NLM_F_DUMP;
  std::vector<uint8_t> buffer(kAnswerBytes);
  for (;;) {
    ssize_t got = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    int left = int(got);
    for (auto message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return 0;
      if (message->nlmsg_type == NLMSG_ERROR)
        return -static_cast<nlmsgerr*>(NLMSG_DATA(message))->error;
      if (on_message) on_message(message);
      // An answer that is no dump is one message, followed by an acknowledgement only where one was
      // asked for.
      if (!dump && !(flags & NLM_F_ACK)) return 0;
    }
  }
}

const rtattr* FindAttribute(const rtattr* first, int size, uint16_t wanted) {
  for (auto at = first; RTA_OK(at, size); at = RTA_NEXT(at, size))
    if ((at->rta_type & NLA_TYPE_MASK) == wanted) return at;
  return nullptr;
}

namespace {

uint32_t U32At(const rtattr* attribute) {
  uint32_t value = 0;
  if (attribute && RTA_PAYLOAD(attribute) >= sizeof(value))
    memcpy(&value, RTA_DATA(attribute), sizeof(value));
  return value;
}

std::string TextAt(const rtattr* attribute) {
  if (!attribute) return "";
  auto text = static_cast<const char*>(RTA_DATA(attribute));
  return std::string(text, strnlen(text, RTA_PAYLOAD(attribute)));
}

// links(): [{ index, name, kind, up, peerIndex, peerNsid }]. peerNsid: of the namespace the peer
// lies in, as ours numbers it; -1: in ours, or no peer.
Napi::Value Links(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Array all = Napi::Array::New(env);
  ifinfomsg head{};
  int error = NetlinkCall(
      NetlinkRequest(RTM_GETLINK, NLM_F_DUMP, &head, sizeof(head)), [&](const nlmsghdr* message) {
        if (message->nlmsg_type != RTM_NEWLINK) return;
        auto link = static_cast<const ifinfomsg*>(NLMSG_DATA(message));
        auto first = IFLA_RTA(link);
        int size = int(IFLA_PAYLOAD(message));
        auto about = FindAttribute(first, size, IFLA_LINKINFO);
        auto kind = about ? FindAttribute(static_cast<const rtattr*>(RTA_DATA(about)),
                                          int(RTA_PAYLOAD(about)), IFLA_INFO_KIND)
                          : nullptr;
        auto nsid = FindAttribute(first, size, IFLA_LINK_NETNSID);
        Napi::Object one = Napi::Object::New(env);
        one.Set("index", Napi::Number::New(env, link->ifi_index));
        one.Set("name", Napi::String::New(env, TextAt(FindAttribute(first, size, IFLA_IFNAME))));
        one.Set("kind", Napi::String::New(env, TextAt(kind)));
        one.Set("up", Napi::Boolean::New(env, link->ifi_flags & IFF_UP));
        one.Set("peerIndex", Napi::Number::New(env, U32At(FindAttribute(first, size, IFLA_LINK))));
        one.Set("peerNsid", Napi::Number::New(env, nsid ? int32_t(U32At(nsid)) : -1));
        all.Set(all.Length(), one);
      });
  if (error) throw Fault(env, "NETLINK", error, "links");
  return all;
}

// nsidOf(path of a namespace): the number our namespace gives it, -1 when it has none (then no link
// of ours leads there).
Napi::Value NsidOf(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = TextOf(info[0], "path");
  UniqueFd ns(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) throw Fault(env, "NETLINK", errno, path);
  rtgenmsg head{AF_UNSPEC};
  NetlinkRequest request(RTM_GETNSID, 0, &head, sizeof(head));
  request.PutU32(NETNSA_FD, uint32_t(ns.get()));
  int32_t nsid = -1;
  int error = NetlinkCall(request, [&](const nlmsghdr* message) {
    auto first = reinterpret_cast<const rtattr*>(static_cast<const uint8_t*>(NLMSG_DATA(message)) +
                                                 NLMSG_ALIGN(sizeof(rtgenmsg)));
    auto found =
        FindAttribute(first, int(message->nlmsg_len - NLMSG_SPACE(sizeof(rtgenmsg))), NETNSA_NSID);
    if (found) nsid = int32_t(U32At(found));
  });
  if (error) throw Fault(env, "NETLINK", error, path);
  return Napi::Number::New(env, nsid);
}

// Calls back when a link of our namespace appears, goes or changes; says not which: whoever asks
// looks at all.
class LinkWatch : public Napi::ObjectWrap<LinkWatch> {
 public:
  explicit LinkWatch(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    Napi::Env env = info.Env();
    if (!info[0].IsFunction()) throw Misuse(env, "onChange must be a function");
    auto state = new State{env,
                           Napi::Persistent(info[0].As<Napi::Function>()),
                           OpenRoute(RTMGRP_LINK, SOCK_NONBLOCK),
                           {},
                           nullptr};
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    if (!state->fd || uv_poll_init(loop, &state->poll, state->fd.get())) {
      int error = errno;
      delete state;
      throw Fault(env, "NETLINK", error, "link watch");
    }
    state->poll.data = state;
    uv_poll_start(&state->poll, UV_READABLE, &LinkWatch::OnReadable);
    uv_unref(reinterpret_cast<uv_handle_t*>(&state->poll));  // news of links keep no process alive
    napi_add_async_cleanup_hook(
        env, [](napi_async_cleanup_hook_handle, void* data) { Stop(static_cast<State*>(data)); },
        state, &state->hook);
    state_ = state;
  }

  ~LinkWatch() override {
    if (state_) Stop(state_);
  }

  static void Export(Napi::Env env, Napi::Object door) {
    door.Set("LinkWatch",
             DefineClass(env, "LinkWatch", {InstanceMethod("close", &LinkWatch::Close)}));
  }

 private:
  struct State {
    Napi::Env env;
    Napi::FunctionReference on_change;
    UniqueFd fd;
    uv_poll_t poll;
    napi_async_cleanup_hook_handle hook;
    bool stopped = false;
  };

  static void OnReadable(uv_poll_t* poll, int, int) {
    auto state = static_cast<State*>(poll->data);
    uint8_t buffer[8192];
    bool any = false;
    for (;;) {
      ssize_t got = recv(state->fd.get(), buffer, sizeof(buffer), 0);
      if (got < 0 && errno == ENOBUFS) {  // news were lost: that is news
        any = true;
        continue;
      }
      if (got <= 0) break;
      any = true;
    }
    if (!any) return;
    Napi::HandleScope scope(state->env);
    try {
      state->on_change.MakeCallback(state->env.Global(), {});
    } catch (const Napi::Error&) {
      // The callback's business is not to throw; nobody is above us who could be told.
    }
  }

  // Frees the state once libuv has let go of the handle, and only then lets the environment end.
  static void Stop(State* state) {
    if (std::exchange(state->stopped, true)) return;
    uv_poll_stop(&state->poll);
    uv_close(reinterpret_cast<uv_handle_t*>(&state->poll), [](uv_handle_t* handle) {
      auto state = static_cast<State*>(handle->data);
      auto hook = state->hook;
      delete state;
      napi_remove_async_cleanup_hook(hook);
    });
  }

  void Close(const Napi::CallbackInfo&) {
    if (state_) Stop(std::exchange(state_, nullptr));
  }

  State* state_ = nullptr;
};

}  // namespace

void ExportNetlink(Napi::Env env, Napi::Object door) {
  door.Set("links", Napi::Function::New(env, Links));
  door.Set("nsidOf", Napi::Function::New(env, NsidOf));
  LinkWatch::Export(env, door);
}

}  // namespace saker
