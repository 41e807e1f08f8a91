package io.streamsocial.bench;

import io.streamsocial.bench.machine.Machine;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.bench.posts.PostTopic;
import io.streamsocial.broker.BrokerConfig;
import io.streamsocial.broker.LocalBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A broker for contenders, with topics of posts, and a directory for their states. */
final class ContenderRig implements AutoCloseable {
  private static final long SPAN_MS = Duration.ofMinutes(20).toMillis();

  private final Path work;
  private final LocalBroker broker;

  ContenderRig() throws IOException {
    work = Files.createTempDirectory("streamsocial-contenders");
    try {
      broker =
          LocalBroker.start(
              BrokerConfig.defaults().heap("2g").optimizing().dataDir(work.resolve("kafka")));
    } catch (RuntimeException e) {
      Machine.deleteTree(work);
      throw e;
    }
  }

  String bootstrap() {
    return broker.bootstrap();
  }

  Path directory(String name) {
    return work.resolve(name);
  }

  /** Leaves the other core to the contender. */
  void pinBroker() {
    Machine.pin(broker.pid(1), 1);
  }

  /** Fills a topic with posts of the last 20 minutes; returns the digest of their counts. */
  String load(String topic, long seed, int tags, long posts) {
    long beginMs = System.currentTimeMillis() - SPAN_MS;
    return PostTopic.load(
            bootstrap(), topic, new PostSource.Parameters(seed, tags, beginMs, SPAN_MS, posts))
        .toString();
  }

  @Override
  public void close() {
    try {
      broker.close();
    } finally {
      Machine.deleteTree(work);
    }
  }
}
