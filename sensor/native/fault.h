// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Errors on their way to JavaScript. C++ gives facts (code, errno, what the kernel said);
// TypeScript words the message.
#ifndef SAKER_NATIVE_FAULT_H
#define SAKER_NATIVE_FAULT_H

#include <napi.h>

#include <string>
#include <vector>

namespace saker {

// An Error with `code` (stable, e.g. BPF_LOAD), `errno` (positive; 0: not the kernel's) and the
// errno's text as message.
Napi::Error Fault(Napi::Env env, const char* code, int error, const std::string& what);

// As above, with `program` and `log`: the last lines libbpf and the verifier printed.
Napi::Error ProgramFault(Napi::Env env, const char* code, int error, const std::string& program,
                         const std::vector<std::string>& log);

// A call that breaks the addon's contract (wrong type, closed handle): a bug in TypeScript, never
// the environment.
Napi::Error Misuse(Napi::Env env, const std::string& what);

// Checked views of arguments.
struct Bytes {
  uint8_t* data;
  size_t size;
};
Bytes BytesOf(const Napi::Value& value, const char* name);
std::string TextOf(const Napi::Value& value, const char* name);
uint32_t NumberOf(const Napi::Value& value, const char* name);
uint64_t U64Of(const Napi::Value& value, const char* name);

}  // namespace saker

#endif
