"""Imported by the process that commands are forked from: what takes them seconds to import or to load, once for all."""

import gc
import os

import pycurl  # noqa: F401 - before TensorFlow, whose libcurl would take the place of its own

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import apache_beam  # noqa: F401
import keras  # noqa: F401
import nltk.tokenize  # noqa: F401
import numba  # noqa: F401
import tensorflow  # noqa: F401

import pipeline.warm  # noqa: F401

gc.collect()
gc.freeze()  # no command looks through a million objects of the libraries
