// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "fault.h"

#include <bpf/libbpf.h>

namespace saker {

Napi::Error Fault(Napi::Env env, const char* code, int error, const std::string& what) {
  char reason[128];
  libbpf_strerror(error, reason, sizeof(reason));  // knows libbpf's own numbers, from 4000 on, too
  std::string text = error ? what + ": " + reason : what;
  Napi::Error fault = Napi::Error::New(env, text);
  fault.Set("code", Napi::String::New(env, code));
  fault.Set("errno", Napi::Number::New(env, error));
  return fault;
}

Napi::Error ProgramFault(Napi::Env env, const char* code, int error, const std::string& program,
                         const std::vector<std::string>& log) {
  Napi::Error fault = Fault(env, code, error, program);
  Napi::Array lines = Napi::Array::New(env, log.size());
  for (size_t i = 0; i < log.size(); i++) lines.Set(uint32_t(i), Napi::String::New(env, log[i]));
  fault.Set("program", Napi::String::New(env, program));
  fault.Set("log", lines);
  return fault;
}

Napi::Error Misuse(Napi::Env env, const std::string& what) {
  return Fault(env, "NATIVE_MISUSE", 0, what);
}

Bytes BytesOf(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray()) throw Misuse(value.Env(), std::string(name) + " must be a Uint8Array");
  auto array = value.As<Napi::Uint8Array>();
  if (array.TypedArrayType() != napi_uint8_array)
    throw Misuse(value.Env(), std::string(name) + " must be a Uint8Array");
  return {array.Data(), array.ByteLength()};
}

std::string TextOf(const Napi::Value& value, const char* name) {
  if (!value.IsString()) throw Misuse(value.Env(), std::string(name) + " must be a string");
  return value.As<Napi::String>().Utf8Value();
}

uint32_t NumberOf(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) throw Misuse(value.Env(), std::string(name) + " must be a number");
  return value.As<Napi::Number>().Uint32Value();
}

uint64_t U64Of(const Napi::Value& value, const char* name) {
  if (value.IsNumber()) return uint64_t(value.As<Napi::Number>().Int64Value());
  if (!value.IsBigInt())
    throw Misuse(value.Env(), std::string(name) + " must be a bigint or a number");
  bool lossless;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

}  // namespace saker
