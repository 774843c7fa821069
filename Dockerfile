# One image for every Tallyport process: `tallyport ingest`, `tallyport api`, `python -m tallyport.migrate`.

FROM node:22-slim AS web
WORKDIR /web
COPY api/web/package.json api/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY api/web ./
RUN npm run build

FROM python:3.11-slim AS packages
WORKDIR /source
RUN python -m venv /opt/tallyport
ENV PATH=/opt/tallyport/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements-run.lock ./
RUN pip install --require-hashes -r requirements-run.lock -c requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY core core
COPY ingest ingest
COPY api api
COPY firmware_sim firmware_sim
COPY tallyport tallyport
COPY --from=web /web/dist api/web/dist
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/tallyport tallyport
COPY --from=packages /opt/tallyport /opt/tallyport
ENV PATH=/opt/tallyport/bin:$PATH PYTHONUNBUFFERED=1 TALLYPORT_DATA_DIR=/var/lib/tallyport/data
USER tallyport
WORKDIR /var/lib/tallyport
# A volume that is mounted here belongs to whoever owns the folder.
RUN mkdir data
EXPOSE 8000
ENTRYPOINT ["tallyport"]
CMD ["up"]
