// SPDX-License-Identifier: Apache-2.0
// node send.mjs http|proto|grpc URL TOKEN TRACE_ID: sends one span of that trace, exits 0 when the door acknowledged it.
import { OTLPTraceExporter as Grpc } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as Http } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as Proto } from "@opentelemetry/exporter-trace-otlp-proto";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { createRequire } from "node:module";

const [kind, url, token, traceId] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };
const made = {
  http: () => new Http({ url, headers, compression: "gzip" }),
  proto: () => new Proto({ url, headers, compression: "gzip" }),
  grpc: () => {
    const { Metadata } = createRequire(import.meta.url)("@grpc/grpc-js");
    const metadata = new Metadata();
    metadata.set("authorization", headers.authorization);
    return new Grpc({ url, metadata });
  },
};
const exporter = made[kind]();
const provider = new BasicTracerProvider({
  idGenerator: { generateTraceId: () => traceId, generateSpanId: () => "00f067aa0ba902b7" },
});
const span = provider.getTracer("js-test").startSpan("post journal", { attributes: { order: 7, paid: true } });
span.end();
exporter.export([span], (result) => {
  if (result.code !== 0) console.error(result.error);
  exporter.shutdown().finally(() => process.exit(result.code));
});
