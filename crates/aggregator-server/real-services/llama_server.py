"""Starts llama.cpp's own HTTP server: llama_server.py MODEL PORT."""

import os
import signal
import sys

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.model_alias = {"tiny"}
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(sys.argv[2])
parameters.n_ctx = 8192
parameters.cpuparams.n_threads = 1
parameters.cpuparams_batch.n_threads = 1
parameters.warmup = False
parameters.offline = True
server = xllamacpp.Server(parameters)
# Its threads do not end by themselves.
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
while True:
    signal.pause()
