# One instance of StreamSocial Trending, or any other of its commands.
#
#   docker build -t streamsocial-trending .
#   docker run --read-only --tmpfs /tmp:exec -m 2g -v state:/var/lib/streamsocial -p 127.0.0.1:8080:8080 \
#     -e TRENDING_INSECURE=true -e KAFKA_BOOTSTRAP=kafka:9092 streamsocial-trending
#   docker run --rm streamsocial-trending serve --help
#
# Every option has an environment variable; docker-compose.yml is a whole installation. The same image without
# Docker: Jib in cli/pom.xml. What both hold is the same, down to paths, user and entry point, but for the archive of
# classes: Jib runs nothing, so its image has none.
FROM maven:3.9.11-eclipse-temurin-17 AS build
WORKDIR /build

# Plugins and libraries are a layer of their own, which lasts until a pom changes: without sources, the same
# command fetches them and builds empty jars, of which nothing may stay.
COPY .mvn/ .mvn/
COPY pom.xml ./
COPY store/pom.xml store/
COPY processor/pom.xml processor/
COPY processor-test/pom.xml processor-test/
COPY broker/pom.xml broker/
COPY http/pom.xml http/
COPY cli/pom.xml cli/
COPY bench/pom.xml bench/
COPY bom/pom.xml bom/
RUN mvn -B -ntp -pl cli -am package -Dmaven.test.skip=true -Dspotless.check.skip=true && rm -rf */target

COPY store/src/main/ store/src/main/
COPY processor/src/main/ processor/src/main/
COPY broker/src/main/ broker/src/main/
COPY http/src/main/ http/src/main/
COPY cli/src/main/ cli/src/main/
# Our own jars apart from the libraries, which are large and change seldom: they are a layer of their own below.
RUN mvn -B -ntp -pl cli -am package -Dmaven.test.skip=true -Dspotless.check.skip=true && \
    mkdir own && mv cli/target/lib/store-*.jar cli/target/lib/processor-*.jar cli/target/lib/http-*.jar own/

# The archive of the classes that serve loads, which is of use only to the Java and the jars that it was made with.
FROM eclipse-temurin:17-jre-noble AS archive
COPY --from=build /build/cli/target/lib/ /app/libs/
COPY --from=build /build/own/ /app/libs/
COPY --from=build /build/cli/target/cli-*.jar /app/classpath/
COPY --from=build /build/cli/target/lib-broker/ /broker/
COPY deploy/image/app/ /app/
COPY deploy/archive-classes /
RUN ls /app/classpath/*.jar /app/libs/*.jar | paste -sd: > /app/jib-classpath-file && /archive-classes /app /broker

# A JRE with glibc and libstdc++, which RocksDB needs: not Alpine. The tag moves with Java's security updates; where
# builds must be the same, pin its digest. On a newer JRE all works, too; from 24 on it warns of RocksDB's and Netty's
# native code unless JDK_JAVA_OPTIONS has the two options that ./trending gives.
FROM eclipse-temurin:17-jre-noble
LABEL org.opencontainers.image.title="StreamSocial Trending" \
      org.opencontainers.image.description="What is trending right now, answered from the state of a stream processor." \
      org.opencontainers.image.licenses="Apache-2.0"

COPY --from=build /build/cli/target/lib/ /app/libs/
COPY --from=build /build/own/ /app/libs/
COPY --from=build /build/cli/target/cli-*.jar /app/classpath/
COPY --from=archive /app/serve.jsa /app/jvm-options /app/
# The class path by name, as Jib writes it. A new volume starts as a copy of the directory, its owner included.
RUN ls /app/classpath/*.jar /app/libs/*.jar | paste -sd: > /app/jib-classpath-file && \
    install -d -o 10001 -g 10001 /var/lib/streamsocial

# Numbers, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/streamsocial
VOLUME /var/lib/streamsocial
EXPOSE 8080
# With the address open, serve refuses to start without tokens, unless TRENDING_INSECURE=true says that the net is trusted.
ENV TRENDING_HOST=0.0.0.0 \
    PORT=8080 \
    TRENDING_STATE_DIR=/var/lib/streamsocial

# Readiness, by the API: with TLS or another port, API_URL says where (https://localhost:8080).
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
  CMD ["java", "-Xmx64m", "-XX:TieredStopAtLevel=1", "-cp", "@/app/jib-classpath-file", "io.streamsocial.cli.Main", "query", "ready"]

# No shell between: SIGTERM reaches the JVM, which hands its partitions over and ends in less than 10 s.
# RocksDB and the compressors unpack their native code into /tmp, which must be writable and executable.
ENTRYPOINT ["java", "@/app/jvm-options", "-cp", "@/app/jib-classpath-file", "io.streamsocial.cli.Main"]
CMD ["serve"]
