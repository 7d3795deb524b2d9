"""A small model behind llama.cpp's OpenAI-compatible server.   local_model.py MODEL.gguf PORT

Prints `ready` once it answers, and runs until it is stopped.
"""

from __future__ import annotations

import signal
import sys

import xllamacpp


def main(model: str, port: int):
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_ctx = 8192
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 2
    parameters.model_alias = {"smollm2:135m"}
    server = xllamacpp.Server(parameters)
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    del server


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
