package io.streamsocial.broker;

import java.util.Map;
import java.util.UUID;

/**
 * The Kafka that integration tests share: one for each test JVM, started at the first call and
 * ended with the JVM. In a container where Docker answers, otherwise a {@link LocalBroker}; the
 * tests are the same. {@link #uniqueName} keeps them apart.
 *
 * <p>A test that kills brokers, or needs three, starts a {@link LocalBroker} of its own.
 */
public final class KafkaFixture {

  private KafkaFixture() {}

  /** Where the shared Kafka listens; the first call starts it. */
  public static String bootstrap() {
    return Shared.BOOTSTRAP;
  }

  /** The prefix with a unique suffix: for topics, groups, application ids. */
  public static String uniqueName(String prefix) {
    return prefix + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  /** A new topic with a unique name. */
  public static String createTopic(String prefix, int partitions) {
    String topic = uniqueName(prefix);
    Topics.ensure(bootstrap(), topic, partitions, Map.of());
    return topic;
  }

  /** Initialised once, by the class loader's own lock. */
  private static final class Shared {
    private static final String TESTCONTAINERS = "/org/testcontainers/DockerClientFactory.class";
    static final String BOOTSTRAP = start();

    private static String start() {
      String why = "Testcontainers is not on the class path";
      if (KafkaFixture.class.getResource(TESTCONTAINERS) != null) {
        try {
          String bootstrap = DockerKafka.start();
          if (!bootstrap.isEmpty()) {
            say("Testcontainers at " + bootstrap + ", because Docker answers");
            return bootstrap;
          }
          why = "Docker does not answer";
        } catch (RuntimeException e) {
          why = "the container did not start: " + e.getMessage();
        }
      }
      LocalBroker broker = LocalBroker.start();
      Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "kafka-fixture-close"));
      say("child JVM at " + broker.bootstrap() + ", because " + why);
      return broker.bootstrap();
    }

    private static void say(String what) {
      System.out.println("Kafka for tests: " + what);
    }
  }
}
