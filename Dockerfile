# Assay in a container: `docker build -t assay .`, then `docker run --rm -v "$PWD:/work" assay check URL`.
# What is found lands in /work, which user 10001 has to be able to write; add --user "$(id -u)" to be yourself.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY . .
# The versions of everything are those that Assay is tested with. setuptools and pbr are asked for by hdrhistogram, and
# needed by nobody once it is installed.
RUN sed -n 's/^\([^ #]*==.*[^ \\]\) *\\$/\1/p' constraints.txt > /pins.txt \
    && python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && python -m venv --without-pip /opt/assay \
    && python -m pip --python /opt/assay/bin/python install --no-cache-dir --only-binary :all: --constraint /pins.txt \
        /wheels/assay-*.whl \
    && python -m pip --python /opt/assay/bin/python uninstall --yes setuptools pbr

FROM python:${PYTHON}-slim
# pip is what the image of Python brings along, and nothing here is to be installed any more.
RUN python -m pip uninstall --yes --root-user-action ignore pip \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin assay \
    && install --directory --owner assay --group assay /work
COPY --from=build /opt/assay /opt/assay
ENV PATH=/opt/assay/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["assay"]
CMD ["--help"]
