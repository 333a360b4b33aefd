# worker.mjs, bundled, in workerd: what it imports are modules too.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "worker", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "infer-relaxed.wasm", wasm = embed "infer-relaxed.wasm"),
    (name = "lenet.phyllo", data = embed "lenet.phyllo"),
  ],
  compatibilityDate = "2026-07-01",
);
