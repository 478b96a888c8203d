# Gene symbols (assign) and gene structures (decode) of the suite; data, models and output are mounted.
#
#   docker build -t genestruct .
#   docker run --rm --read-only --tmpfs /tmp -v "$PWD/models:/models:ro" -v "$PWD/data:/data:ro" -v "$PWD/out:/out" \
#       genestruct neural.symbol_transformer assign --checkpoint /models/symbols --sequences-fasta /data/x.fa \
#       --scientific-name "Vulpes vulpes" --output /out/symbols.tsv
#   docker run ... genestruct baselines.hmm decode --scorer /models/xgb --decoder /models/hmm --genome /data/x.fa \
#       --output /out/genes.gff3
#
# The container's user has the number 1000. Where the folder of the output is of another one, add --user "$(id -u):$(id -g)".
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 genestruct
WORKDIR /opt/genestruct
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY features features
COPY baselines baselines
COPY neural neural
COPY benchmarks benchmarks
RUN pip install --no-cache-dir -c constraints.txt \
        --extra-index-url https://download.pytorch.org/whl/cpu '.[neural]'

# Where compiled kernels and indices of genomes go when the container's own files are read-only.
ENV GENESTRUCT_DATA=/data GENESTRUCT_CACHE=/tmp/genestruct NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib
USER genestruct
WORKDIR /out
VOLUME ["/data", "/models", "/out"]
ENTRYPOINT ["python", "-m"]
CMD ["neural.symbol_transformer", "--help"]
