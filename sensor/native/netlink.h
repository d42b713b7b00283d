// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef SAKER_NATIVE_NETLINK_H
#define SAKER_NATIVE_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "unique_fd.h"

namespace saker {

// One rtnetlink request: a fixed head, then attributes, perhaps nested.
class NetlinkRequest {
 public:
  NetlinkRequest(uint16_t type, uint16_t flags, const void* head, size_t head_size);

  void Put(uint16_t attribute, const void* data, size_t size);
  void PutU32(uint16_t attribute, uint32_t value) { Put(attribute, &value, sizeof(value)); }
  void PutText(uint16_t attribute, const std::string& text) {
    Put(attribute, text.c_str(), text.size() + 1);
  }
  size_t Begin(uint16_t attribute);  // a nested attribute, until End
  void End(size_t begun);

  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

// Sends a request and hands every answer (not the closing message) to `on_message`. 0 or an errno.
int NetlinkCall(const NetlinkRequest& request,
                const std::function<void(const nlmsghdr*)>& on_message = nullptr);

// Attributes of a message, found by number.
const rtattr* FindAttribute(const rtattr* first, int size, uint16_t wanted);

}  // namespace saker

#endif
