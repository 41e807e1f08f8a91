package io.streamsocial.broker;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/** The only class that needs Testcontainers, which not every class path has. */
final class DockerKafka {

  private DockerKafka() {}

  /**
   * The bootstrap servers of a new container with the clients' own version of Kafka, or nothing
   * when Docker does not answer. Testcontainers removes it when this JVM ends.
   */
  // Not closed: it lives as long as this JVM.
  @SuppressWarnings("resource")
  static String start() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      return "";
    }
    KafkaContainer container =
        new KafkaContainer(DockerImageName.parse("apache/kafka-native:" + clientsVersion()))
            .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
            .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0");
    container.start();
    return container.getBootstrapServers();
  }

  private static String clientsVersion() {
    Properties properties = new Properties();
    try (InputStream in = Admin.class.getResourceAsStream("/kafka/kafka-version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new BrokerException("kafka-clients does not tell its version", e);
    }
    return properties.getProperty("version");
  }
}
