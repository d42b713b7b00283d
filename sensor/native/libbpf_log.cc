// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>

// Debian's libbpf.a is not position independent in one respect: it reads `stderr` relative to its
// own code, so the symbol must lie in this file. The linker (--wrap=stderr) gives libbpf ours,
// which names the same stream.
extern "C" {
extern FILE* __real_stderr;
FILE* __wrap_stderr = __real_stderr;
}

namespace saker {
namespace {

constexpr size_t kMaxBytes = 1 << 20;  // a verifier log can be many megabytes: its end tells why

thread_local LibbpfLog* current = nullptr;

int Print(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG || !current) return 0;
  va_list again;
  va_copy(again, arguments);
  int size = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (size <= 0) return 0;
  std::string text(size_t(size) + 1, '\0');
  vsnprintf(text.data(), text.size(), format, arguments);
  current->Append(text.data(), size_t(size));
  return 0;
}

}  // namespace

LibbpfLog::LibbpfLog() : outer_(current) {
  static const auto before =
      libbpf_set_print(Print);  // once: libbpf has one printer for all threads
  (void)before;
  current = this;
}

LibbpfLog::~LibbpfLog() { current = outer_; }

void LibbpfLog::Append(const char* text, size_t size) {
  text_.append(text, size);
  if (text_.size() > kMaxBytes) text_.erase(0, text_.size() - kMaxBytes / 2);
}

std::vector<std::string> LibbpfLog::Tail(size_t lines) const {
  std::vector<std::string> tail;
  size_t end = text_.size();
  while (end > 0 && tail.size() < lines) {
    size_t start = text_.rfind('\n', end - 1);
    start = start == std::string::npos ? 0 : start + 1;
    if (start < end) tail.insert(tail.begin(), text_.substr(start, end - start));
    end = start ? start - 1 : 0;
  }
  return tail;
}

std::string LibbpfLog::Program() const {
  size_t at = text_.rfind("prog '");
  if (at == std::string::npos) return "";
  at += 6;
  return text_.substr(at, text_.find('\'', at) - at);
}

}  // namespace saker
