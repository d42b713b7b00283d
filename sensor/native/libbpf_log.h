// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#ifndef SAKER_NATIVE_LIBBPF_LOG_H
#define SAKER_NATIVE_LIBBPF_LOG_H

#include <string>
#include <vector>

namespace saker {

// Keeps what libbpf prints on this thread while it lives (libbpf itself would print to stderr).
class LibbpfLog {
 public:
  LibbpfLog();
  ~LibbpfLog();
  LibbpfLog(const LibbpfLog&) = delete;
  LibbpfLog& operator=(const LibbpfLog&) = delete;

  // The last lines, oldest first.
  std::vector<std::string> Tail(size_t lines) const;
  // The program libbpf named last ("prog 'NAME': ..."); empty when none.
  std::string Program() const;

  void Append(const char* text, size_t size);

 private:
  std::string text_;
  LibbpfLog* outer_;
};

}  // namespace saker

#endif
