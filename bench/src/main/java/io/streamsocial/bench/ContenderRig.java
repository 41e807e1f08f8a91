package io.streamsocial.bench;

import io.streamsocial.bench.machine.Machine;
import io.streamsocial.bench.posts.JobView;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.bench.posts.PostTopic;
import io.streamsocial.bench.posts.Truth;
import io.streamsocial.bench.posts.Users;
import io.streamsocial.broker.BrokerConfig;
import io.streamsocial.broker.LocalBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;

/** A broker for contenders, with topics of posts, and a directory for their states. */
final class ContenderRig implements AutoCloseable {
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

  /**
   * Fills a topic with posts up to now.
   *
   * @param views that are asked of the truth
   */
  Truth load(
      String topic, long seed, int tags, long posts, Users users, Collection<JobView> views) {
    long spanMs = JobView.span(views).toMillis();
    long beginMs = System.currentTimeMillis() - spanMs;
    return PostTopic.load(
        bootstrap(),
        topic,
        new PostSource.Parameters(seed, tags, beginMs, spanMs, posts, users),
        views);
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
